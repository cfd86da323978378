-- Erasures of residents: asked for, worked off, proven, and the list that is applied after a restore.

-- name: ask
-- Ask for one; nothing if one was asked for already.
INSERT INTO erasure (resident_number, asked_at, asked_by_user)
VALUES (%(resident)s, %(now)s, %(user)s)
ON CONFLICT (resident_number) DO NOTHING
RETURNING erasure_id;

-- name: is_there
-- Whether a resident, or what an erasure of them had begun with, is in this database.
SELECT FROM resident WHERE resident_id = %(resident)s
UNION ALL
SELECT FROM erasure WHERE resident_number = %(resident)s AND state = 'running';

-- name: pass_numbers
-- Let no new resident get a number up to one.
SELECT setval(pg_get_serial_sequence('resident', 'resident_id'), %(highest)s)
FROM resident_resident_id_seq AS numbers
WHERE numbers.last_value < %(highest)s;

-- name: has_record
-- Whether there is a record of erasures.
SELECT to_regclass('public.erasure') IS NOT NULL;

-- name: ask_again
-- Take up one that a restored backup does not know as done.
UPDATE erasure SET state = 'waiting', keys = NULL, report = NULL, done_at = NULL, removed = '{}'
WHERE resident_number = %(resident)s AND state <> 'running';

-- name: of_resident
-- The one of a resident.
SELECT erasure_id FROM erasure WHERE resident_number = %(resident)s;

-- name: get
-- One of them.
SELECT
    e.erasure_id AS number, e.resident_number AS resident, e.asked_at, u.name AS asked_by, e.state, e.removed, e.report,
    e.done_at
FROM erasure AS e
LEFT JOIN user_account AS u ON u.user_id = e.asked_by_user
WHERE e.erasure_id = %(erasure)s;

-- name: listing
-- The latest of them.
SELECT
    e.erasure_id AS number, e.resident_number AS resident, e.asked_at, u.name AS asked_by, e.state, e.removed, e.report,
    e.done_at
FROM erasure AS e
LEFT JOIN user_account AS u ON u.user_id = e.asked_by_user
ORDER BY e.erasure_id DESC
LIMIT %(limit)s;

-- name: listed
-- All that were begun: what a restored backup has to be rid of too.
SELECT resident_number AS resident, asked_at FROM erasure WHERE state <> 'waiting' ORDER BY erasure_id;

-- name: is_work_left
-- Whether one waits, or was left behind, and nobody works.
SELECT CASE
    WHEN EXISTS (SELECT FROM erasure WHERE state IN ('waiting', 'running')) THEN pg_try_advisory_xact_lock(%(key)s)
    ELSE false
END;

-- name: open_since
-- When the oldest was asked for that is not finished; null if all are.
SELECT min(asked_at) FROM erasure WHERE state IN ('waiting', 'running');

-- name: hold
-- Become the one worker, for as long as the connection lasts.
SELECT pg_try_advisory_lock(%(key)s);

-- name: next
-- The oldest that is not finished.
SELECT erasure_id FROM erasure WHERE state IN ('waiting', 'running') ORDER BY erasure_id LIMIT 1;

-- name: keys
-- What one looks for; null before it began.
SELECT keys FROM erasure WHERE erasure_id = %(erasure)s FOR UPDATE;

-- name: begin
-- Keep what one looks for until all of it is gone.
UPDATE erasure SET state = 'running', keys = %(keys)s WHERE erasure_id = %(erasure)s;

-- name: note
-- Count what was deleted, in the transaction that deletes it.
UPDATE erasure
SET removed = removed || jsonb_build_object(%(table)s::text, coalesce((removed ->> %(table)s)::bigint, 0) + %(rows)s::bigint)
WHERE erasure_id = %(erasure)s;

-- name: finish
-- Keep the proof, and forget what was looked for.
UPDATE erasure SET state = %(state)s, report = %(report)s, keys = NULL, done_at = %(now)s
WHERE erasure_id = %(erasure)s;
