-- What waits is sealed, in order.

-- name: is_any
-- Whether anything waits.
SELECT EXISTS (SELECT FROM ledger_pending);

-- name: try_work
-- Become the one that seals until the transaction ends.
SELECT pg_try_advisory_xact_lock(%(key)s);

-- name: work
-- The same, after whoever seals now.
SELECT pg_advisory_xact_lock(%(key)s);

-- name: waiting
-- What waits the longest.
SELECT ledger_pending_id AS pending, source, row_number AS row, at, cause, erasure_id AS erasure
FROM ledger_pending
ORDER BY ledger_pending_id
LIMIT %(limit)s;

-- name: contents
-- What rows of the ledger say now, one for each that is asked for and in that order; null where one is gone. What stands here may never
-- change: a column that is added to one of the tables stands in the rows of another kind of entry.
SELECT
    coalesce(a.salt, w.salt, o.salt, c.salt) AS salt,
    CASE
        WHEN a.access_log_id IS NOT NULL THEN jsonb_build_object(
            'at', a.at AT TIME ZONE 'UTC', 'user', a.user_id, 'contact', a.by_contact_id, 'resident', a.resident_id, 'what', a.what,
            'reason', a.reason, 'until', a.until AT TIME ZONE 'UTC'
        )
        WHEN w.watch_change_id IS NOT NULL THEN jsonb_build_object(
            'at', w.at AT TIME ZONE 'UTC', 'user', w.user_id, 'contact', w.by_contact_id, 'of_resident', w.resident_id, 'of_home', w.home_id,
            'of_contact', w.contact_id, 'of_office', w.office_id, 'of_account', w.account_id, 'what', w.what, 'before', w.before,
            'after', w.after
        )
        WHEN o.office_change_id IS NOT NULL THEN jsonb_build_object(
            'at', o.at AT TIME ZONE 'UTC', 'user', o.user_id, 'of_office', o.office_id, 'what', o.what, 'before', o.before, 'after', o.after
        )
        WHEN c.ledger_cut_id IS NOT NULL THEN jsonb_build_object(
            'at', c.at AT TIME ZONE 'UTC', 'before', c.before AT TIME ZONE 'UTC', 'through', c.through, 'entries', c.entries,
            'seal', encode(c.seal, 'hex')
        )
    END::text AS content
FROM unnest(%(sources)s::text[], %(rows)s::bigint[]) WITH ORDINALITY AS asked (source, row_number, place)
LEFT JOIN access_log AS a ON asked.source = 'access_log' AND a.access_log_id = asked.row_number
LEFT JOIN watch_change AS w ON asked.source = 'watch_change' AND w.watch_change_id = asked.row_number
LEFT JOIN office_change AS o ON asked.source = 'office_change' AND o.office_change_id = asked.row_number
LEFT JOIN ledger_cut AS c ON asked.source = 'ledger_cut' AND c.ledger_cut_id = asked.row_number
ORDER BY asked.place;

-- name: head
-- The last entry; where all of them went, the last that did.
SELECT number, seal
FROM (
    SELECT ledger_seal_id AS number, seal FROM ledger_seal
    UNION ALL
    SELECT through, seal FROM ledger_cut
) AS known
ORDER BY number DESC
LIMIT 1;

-- name: add
-- Add entries.
INSERT INTO ledger_seal (ledger_seal_id, source, row_number, at, cause, erasure_id, digest, seal)
SELECT *
FROM unnest(
    %(numbers)s::bigint[], %(sources)s::text[], %(rows)s::bigint[], %(moments)s::timestamptz[], %(causes)s::text[],
    %(erasures)s::integer[], %(digests)s::bytea[], %(seals)s::bytea[]
);

-- name: done
-- What was sealed waits no more.
DELETE FROM ledger_pending WHERE ledger_pending_id = ANY(%(pending)s);

-- name: state
-- How much waits, since when, and the number of the last entry.
SELECT
    (SELECT count(*) FROM ledger_pending) AS waiting,
    (SELECT min(at) FROM ledger_pending) AS oldest,
    coalesce((SELECT max(ledger_seal_id) FROM ledger_seal), (SELECT max(through) FROM ledger_cut), 0) AS head;

-- name: say_why
-- Say for the rest of the transaction why rows of the ledger change or go, and when.
SELECT set_config('mimamori.ledger_cause', %(cause)s, true), set_config('mimamori.ledger_at', %(at)s, true);
