-- Devices that gateways describe, until somebody registers them.

-- name: keep
-- Keep what gateways said, unless the device is registered or too many wait; a gateway repeats itself at every start.
INSERT INTO device_proposal AS known (sender, name, model, device_classes, first_seen_at, last_seen_at)
SELECT said.sender, said.name, said.model, string_to_array(said.classes, ','), %(now)s, %(now)s
FROM unnest(%(sender)s::text[], %(name)s::text[], %(model)s::text[], %(classes)s::text[])
    AS said (sender, name, model, classes)
WHERE NOT EXISTS (SELECT FROM device WHERE device.sender = said.sender)
    AND (EXISTS (SELECT FROM device_proposal AS old WHERE old.sender = said.sender)
        OR (SELECT count(*) FROM device_proposal) < %(most)s)
ORDER BY said.sender
ON CONFLICT (sender) DO UPDATE SET
    name = excluded.name,
    model = CASE WHEN excluded.model = '' THEN known.model ELSE excluded.model END,
    device_classes = ARRAY(SELECT DISTINCT unnest(known.device_classes || excluded.device_classes) ORDER BY 1),
    last_seen_at = excluded.last_seen_at;

-- name: waiting
-- What nobody has registered or dismissed, by sender; or one of it.
SELECT p.proposal_id AS number, p.sender, p.name, p.model, p.device_classes, p.first_seen_at, p.last_seen_at
FROM device_proposal AS p
WHERE p.dismissed_at IS NULL AND NOT EXISTS (SELECT FROM device WHERE device.sender = p.sender)
    AND (%(number)s::integer IS NULL OR p.proposal_id = %(number)s)
ORDER BY p.sender;

-- name: dismiss
-- Do not propose a device any more.
UPDATE device_proposal SET dismissed_at = %(now)s
WHERE proposal_id = %(number)s AND dismissed_at IS NULL
RETURNING proposal_id;

-- name: forget
-- Drop a proposal that was followed.
DELETE FROM device_proposal WHERE proposal_id = %(number)s;
