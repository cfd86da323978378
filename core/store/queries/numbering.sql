-- Which messages of devices that number them are missing.

-- name: last_numbers
-- The newest number and time of each device that numbers its messages.
SELECT device_number, last_seq, last_time FROM device_contact WHERE last_seq > 0;

-- name: missing
-- All spans of missing messages.
SELECT device_number, first_seq, last_seq, began_at, ended_at FROM missing_messages ORDER BY device_number, first_seq;

-- name: forget_missing
-- Drop the spans of some devices, before they are written anew.
DELETE FROM missing_messages WHERE device_number = ANY(%(devices)s);

-- name: put_missing
-- Write spans of missing messages.
INSERT INTO missing_messages (device_number, first_seq, last_seq, began_at, ended_at, noticed_at)
SELECT given.*, %(now)s
FROM unnest(
    %(device)s::integer[], %(first_seq)s::bigint[], %(last_seq)s::bigint[],
    %(began_at)s::timestamptz[], %(ended_at)s::timestamptz[]
) AS given;

-- name: put_blind_time
-- What stays missing is time in which something could not have been noticed, in the home where the device was.
INSERT INTO blind_time (subject, began_at, ended_at, cause, known_at)
SELECT 'home:' || assignment.home_id, %(began_at)s, %(ended_at)s, %(cause)s, %(now)s
FROM device_assignment AS assignment
WHERE assignment.device_number = %(device)s AND assignment.during @> %(began_at)s
ON CONFLICT (subject, cause, began_at) DO UPDATE SET ended_at = greatest(blind_time.ended_at, excluded.ended_at);

-- name: drop_blind_time
-- The messages came after all.
DELETE FROM blind_time
USING device_assignment AS assignment
WHERE assignment.device_number = %(device)s AND assignment.during @> %(began_at)s
  AND blind_time.subject = 'home:' || assignment.home_id
  AND blind_time.cause = %(cause)s AND blind_time.began_at = %(began_at)s;
