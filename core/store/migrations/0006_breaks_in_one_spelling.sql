-- A connection has one name, however its device and its bridge are spelled: in small letters, with composed marks.
DELETE FROM connection_break AS one
USING connection_break AS other
WHERE lower(normalize(one.senders)) = lower(normalize(other.senders)) AND one.began_at = other.began_at
    AND (coalesce(one.ended_at, '-infinity'), one.senders) < (coalesce(other.ended_at, '-infinity'), other.senders);

UPDATE connection_break SET senders = lower(normalize(senders)) WHERE senders <> lower(normalize(senders));
