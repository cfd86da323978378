-- Calls of canaries on their way to their sink.

-- name: note
-- Take up the latest call of each canary, once.
INSERT INTO canary_flight (device_number, pressed_at, found_at)
SELECT device.device_number, latest.time, %(now)s
FROM device
JOIN device_latest AS latest USING (device_number)
WHERE
    device.kind = 'canary' AND device.retired_at IS NULL
    AND latest.metric = %(metric)s AND latest.value > 0 AND latest.time > %(oldest)s
ON CONFLICT (device_number, pressed_at) DO NOTHING;

-- name: forget
-- Flights of long ago.
DELETE FROM canary_flight WHERE found_at < %(before)s;

-- name: lease_one
-- Take the newest that nobody has taken to the sink; older ones that still wait say nothing new.
UPDATE canary_flight AS flight
SET lease_until = %(lease_until)s, attempts = attempts + 1
FROM device
WHERE
    device.device_number = flight.device_number
    AND (flight.device_number, flight.pressed_at) = (
        SELECT device_number, pressed_at
        FROM canary_flight
        WHERE
            accepted_at IS NULL AND found_at > %(oldest)s AND attempts < %(most_attempts)s
            AND (lease_until IS NULL OR lease_until <= %(machine_now)s)
        ORDER BY pressed_at DESC
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
RETURNING flight.device_number AS number, device.device_id, flight.pressed_at, flight.found_at;

-- name: finish
-- Write how an attempt ended; one that failed is tried again after its lease.
UPDATE canary_flight
SET accepted_at = %(accepted_at)s, error = %(error)s
WHERE device_number = %(number)s AND pressed_at = %(pressed_at)s AND accepted_at IS NULL;

-- name: state
-- The latest call that came through, and the latest that was found.
SELECT
    (SELECT max(found_at) FROM canary_flight) AS found_at, done.pressed_at, done.accepted_at,
    (SELECT error FROM canary_flight ORDER BY pressed_at DESC LIMIT 1) AS error
FROM (SELECT 1) AS always
LEFT JOIN LATERAL (
    SELECT pressed_at, accepted_at FROM canary_flight WHERE accepted_at IS NOT NULL ORDER BY accepted_at DESC LIMIT 1
) AS done ON true;

-- name: flight
-- How far the first call of a device at or after a moment has come.
SELECT flight.found_at, flight.accepted_at, flight.error
FROM canary_flight AS flight
JOIN device USING (device_number)
WHERE device.device_id = %(device_id)s AND flight.pressed_at >= %(since)s
ORDER BY flight.pressed_at
LIMIT 1;

-- name: last_seq
-- The last number that a device gave a message.
SELECT contact.last_seq
FROM device
JOIN device_contact AS contact USING (device_number)
WHERE device.device_id = %(device_id)s;
