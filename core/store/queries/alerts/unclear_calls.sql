-- Fields of devices that look like a call for help or a hazard and are not understood.

-- name: note
-- Keep when a field was first and last not understood.
INSERT INTO unclear_call AS known (sender, field, first_at, last_at)
SELECT * FROM unnest(%(sender)s::text[], %(field)s::text[], %(first_at)s::timestamptz[], %(last_at)s::timestamptz[])
ON CONFLICT (sender, field) DO UPDATE SET last_at = excluded.last_at WHERE known.last_at < excluded.last_at;

-- name: forget
-- Keep only so many, those that came last.
DELETE FROM unclear_call
WHERE (sender, field) IN (SELECT sender, field FROM unclear_call ORDER BY last_at DESC, sender, field OFFSET %(most)s);

-- name: since
-- The fields that were not understood after a moment, the newest first, with the device in use that has the sender.
SELECT unclear_call.sender, unclear_call.field, unclear_call.first_at, unclear_call.last_at, unclear_call.told_at, device.device_id
FROM unclear_call
LEFT JOIN device ON device.sender = unclear_call.sender AND device.retired_at IS NULL
WHERE unclear_call.last_at > %(since)s
ORDER BY unclear_call.first_at DESC, unclear_call.sender, unclear_call.field;

-- name: of_sender
-- The fields of a sender, and of its parts, that are not understood so far, the newest first.
SELECT sender, field, first_at, last_at, told_at
FROM unclear_call
WHERE sender = %(sender)s OR starts_with(sender, %(sender)s || '#')
ORDER BY first_at DESC, sender, field;

-- name: mark_notified
-- Note that the staff were notified of fields.
UPDATE unclear_call
SET told_at = %(now)s
FROM unnest(%(sender)s::text[], %(field)s::text[]) AS said (sender, field)
WHERE unclear_call.sender = said.sender AND unclear_call.field = said.field;

-- name: drop_understood
-- Drop fields of messages that are understood now; without a field all of a sender.
DELETE FROM unclear_call
USING unnest(%(sender)s::text[], %(field)s::text[]) AS understood (sender, field)
WHERE unclear_call.sender = understood.sender AND unclear_call.field = coalesce(understood.field, unclear_call.field);
