-- What is looked for and then added must not be added twice by two who look at one moment.

-- name: hold
-- Let nobody else add such a thing to the same owner before this transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended(%(what)s, %(owner)s));
