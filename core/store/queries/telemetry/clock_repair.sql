-- What a clock that was ahead left behind: times that have yet to come, which would stand until they do.

-- name: ahead
-- Whether anything was received, or worked through, later than it can have been.
SELECT
    EXISTS (SELECT FROM ingest_progress WHERE watermark > %(latest)s OR reported_at > %(latest)s)
    OR EXISTS (SELECT FROM device_contact WHERE last_received_at > %(latest)s OR last_time > %(newest)s)
    OR EXISTS (SELECT FROM home_latest WHERE life_sign_at > %(newest)s)
    OR EXISTS (SELECT FROM device_latest WHERE time > %(newest)s)
    OR EXISTS (SELECT FROM device_state WHERE time > %(newest)s);

-- name: repair_progress
-- How far ingest has come cannot be further than now.
UPDATE ingest_progress
SET watermark = least(watermark, %(now)s), reported_at = least(reported_at, %(now)s)
WHERE watermark > %(latest)s OR reported_at > %(latest)s;

-- name: repair_contacts
-- A device was last in contact when the newest of its readings came that can be believed; now, if there is none.
UPDATE device_contact AS contact
SET
    last_received_at = CASE WHEN contact.last_received_at > %(latest)s THEN coalesce(
        (
            SELECT max(reading.received_at) FROM reading
            WHERE reading.device_number = contact.device_number AND reading.received_at <= %(latest)s
                AND reading.time <= %(newest)s AND reading.time > %(since)s
        ),
        %(now)s
    ) ELSE contact.last_received_at END,
    last_time = least(contact.last_time, %(now)s),
    last_seq_at = least(contact.last_seq_at, %(now)s),
    sequence_reset_at = least(contact.sequence_reset_at, %(now)s)
WHERE contact.last_received_at > %(latest)s OR contact.last_time > %(newest)s;

-- name: repair_values
-- The newest value that can be believed.
UPDATE device_latest AS latest
SET (time, value) = (
    SELECT reading.time, reading.value FROM reading
    WHERE reading.device_number = latest.device_number AND reading.metric = latest.metric
        AND reading.time <= %(newest)s AND reading.time > %(since)s
    ORDER BY reading.time DESC LIMIT 1
)
WHERE latest.time > %(newest)s AND EXISTS (
    SELECT FROM reading
    WHERE reading.device_number = latest.device_number AND reading.metric = latest.metric
        AND reading.time <= %(newest)s AND reading.time > %(since)s
);

-- name: forget_values
-- Of the others nothing is known any more.
DELETE FROM device_latest WHERE time > %(newest)s;

-- name: forget_states
-- The next state of these is the first that is known.
DELETE FROM device_state WHERE time > %(newest)s;

-- name: repair_homes
-- The newest life sign that can be believed.
UPDATE home_latest AS home
SET life_sign_at = found.time, device_number = found.device_number
FROM (
    SELECT DISTINCT ON (assignment.home_id)
        assignment.home_id, coalesce(reading.acted_from, reading.time) AS time, reading.device_number
    FROM home_latest AS wrong
    JOIN device_assignment AS assignment ON assignment.home_id = wrong.home_id
    JOIN reading ON reading.device_number = assignment.device_number AND assignment.during @> reading.time
    WHERE wrong.life_sign_at > %(newest)s AND is_life_sign(reading.flags)
        AND reading.time <= %(newest)s AND reading.time > %(since)s
        AND NOT EXISTS (SELECT FROM chattering_device AS chatter WHERE chatter.device_number = reading.device_number)
    ORDER BY assignment.home_id, coalesce(reading.acted_from, reading.time) DESC
) AS found
WHERE home.home_id = found.home_id;

-- name: forget_homes
-- Of the others no life sign is known any more.
DELETE FROM home_latest WHERE life_sign_at > %(newest)s;
