-- Which messages of devices that number them are missing.

-- name: last_seqs
-- The newest number and time of each device that numbers its messages.
SELECT device_number, last_seq, coalesce(last_seq_at, last_time) FROM device_contact WHERE last_seq > 0;

-- name: gaps
-- All spans of missing messages.
SELECT device_number AS device, first_seq, last_seq, began_at, ended_at FROM sequence_gap ORDER BY device_number, first_seq;

-- name: drop_gaps
-- Drop the spans of some devices, before they are written anew.
DELETE FROM sequence_gap WHERE device_number = ANY(%(devices)s);

-- name: put_gaps
-- Write spans of missing messages.
INSERT INTO sequence_gap (device_number, first_seq, last_seq, began_at, ended_at, noticed_at)
SELECT given.*, %(now)s
FROM unnest(
    %(device)s::integer[], %(first_seq)s::bigint[], %(last_seq)s::bigint[],
    %(began_at)s::timestamptz[], %(ended_at)s::timestamptz[]
) AS given;

-- name: put_blind_time
-- What stays missing is time in which something could not have been noticed, in the home where the device was; evaluate it anew.
WITH blind AS (
    INSERT INTO blind_time (subject_kind, home_id, began_at, ended_at, cause, known_at)
    SELECT 'home', assignment.home_id, %(began_at)s, %(ended_at)s, %(cause)s, %(now)s
    FROM device_assignment AS assignment
    WHERE assignment.device_number = %(device)s AND assignment.during @> %(began_at)s
    ON CONFLICT (subject_kind, subject_number, area, cause, began_at) DO UPDATE
    SET ended_at = greatest(blind_time.ended_at, excluded.ended_at)
    RETURNING home_id
)
INSERT INTO home_change (home_id, earliest, urgent)
SELECT home_id, %(began_at)s, false FROM blind;

-- name: drop_blind_time
-- The messages came after all; unless those of another device in the home are missing since the same moment.
WITH seen AS (
    DELETE FROM blind_time
    USING device_assignment AS assignment
    WHERE assignment.device_number = %(device)s AND assignment.during @> %(began_at)s
      AND blind_time.subject_kind = 'home' AND blind_time.subject_number = assignment.home_id
      AND blind_time.cause = %(cause)s AND blind_time.began_at = %(began_at)s
      AND NOT EXISTS (
          SELECT FROM sequence_gap AS other
          JOIN device_assignment AS beside ON beside.device_number = other.device_number
              AND beside.during @> %(began_at)s
          WHERE other.device_number <> %(device)s AND other.began_at = %(began_at)s
            AND beside.home_id = assignment.home_id
      )
    RETURNING blind_time.home_id
)
INSERT INTO home_change (home_id, earliest, urgent)
SELECT home_id, %(began_at)s, false FROM seen;

-- name: blind_beginnings
-- Which missing spans are on record as blind time.
SELECT missing.device_number, missing.began_at
FROM sequence_gap AS missing
JOIN device_assignment AS assignment
    ON assignment.device_number = missing.device_number AND assignment.during @> missing.began_at
JOIN blind_time ON blind_time.subject_kind = 'home' AND blind_time.subject_number = assignment.home_id
    AND blind_time.cause = %(cause)s AND blind_time.began_at = missing.began_at;

-- name: add_batch
-- Leave the numbers that a batch held, when several workers share the messages.
INSERT INTO sequence_batch (device, seq, at, is_claim)
VALUES (%(device)s::integer[], %(seq)s::bigint[], %(at)s::timestamptz[], %(is_claim)s::boolean[]);

-- name: take_batches
-- Take what was left, the oldest first, a few hundred batches at a time.
WITH next AS (
    SELECT sequence_batch_id FROM sequence_batch ORDER BY sequence_batch_id LIMIT 500 FOR UPDATE SKIP LOCKED
)
DELETE FROM sequence_batch USING next WHERE sequence_batch.sequence_batch_id = next.sequence_batch_id
RETURNING sequence_batch.device, sequence_batch.seq, sequence_batch.at, sequence_batch.is_claim;

-- name: put_last_seqs
-- Keep how far devices have come.
UPDATE device_contact SET last_seq = given.seq, last_seq_at = given.at
FROM unnest(%(device)s::integer[], %(seq)s::bigint[], %(at)s::timestamptz[]) AS given (device_number, seq, at)
WHERE device_contact.device_number = given.device_number AND device_contact.last_seq <= given.seq;

-- name: forget_seq_times
-- One worker alone keeps the time with each batch.
UPDATE device_contact SET last_seq_at = NULL WHERE last_seq_at IS NOT NULL;

-- name: reset_times
-- Since when devices that lost their memory count anew.
SELECT device_number, sequence_reset_at FROM device_contact WHERE sequence_reset_at IS NOT NULL;

-- name: reset
-- A device lost its memory and counts from 1 again; with the batch that shows it, after the contacts.
UPDATE device_contact SET last_seq = given.seq, last_seq_at = NULL, sequence_reset_at = given.since
FROM unnest(%(device)s::integer[], %(seq)s::bigint[], %(since)s::timestamptz[]) AS given (device_number, seq, since)
WHERE device_contact.device_number = given.device_number;

-- name: slowest_worker
-- How far the slowest worker at work has come.
SELECT min(watermark) FROM ingest_progress WHERE reported_at >= %(since)s;
