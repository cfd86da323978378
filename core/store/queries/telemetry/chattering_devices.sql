-- Devices that chatter, and the last life sign of their homes without them.

-- name: mark
-- Keep which devices of a home chatter from now on.
INSERT INTO chattering_device (device_number, since)
SELECT device_number, %(at)s FROM unnest(%(devices)s::integer[]) AS found (device_number)
ON CONFLICT DO NOTHING;

-- name: unmark
-- Some are calm again.
DELETE FROM chattering_device WHERE device_number = ANY(%(devices)s);

-- name: put_last_sign
-- Show the last life sign that is believed, in place of one that is not or is older; who waits for another goes on without.
UPDATE home_latest SET life_sign_at = %(life_sign_at)s, device_number = %(device)s
WHERE home_id = (
    SELECT home_id FROM home_latest
    WHERE home_id = %(home)s AND (device_number = ANY(%(chattering)s) OR life_sign_at < %(life_sign_at)s)
    FOR UPDATE SKIP LOCKED
);

-- name: drop_last_sign
-- No life sign of the home is believed.
DELETE FROM home_latest
WHERE home_id = (
    SELECT home_id FROM home_latest
    WHERE home_id = %(home)s AND device_number = ANY(%(chattering)s)
    FOR UPDATE SKIP LOCKED
);
