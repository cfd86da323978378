-- Devices that gateways describe, until somebody registers them.

-- name: keep
-- Keep what gateways said, unless the device is registered, under whatever name, or too many wait; a gateway repeats itself at every start.
INSERT INTO device_proposal AS known
    (sender, name, model, device_classes, address, described, first_seen_at, last_seen_at)
SELECT
    said.sender, said.name, said.model, string_to_array(said.classes, ','), said.address, said.described::jsonb, %(now)s,
    %(now)s
FROM unnest(
    %(sender)s::text[], %(name)s::text[], %(model)s::text[], %(classes)s::text[], %(address)s::text[],
    %(described)s::text[]
) AS said (sender, name, model, classes, address, described)
WHERE NOT EXISTS (SELECT FROM device WHERE device.sender = said.sender)
    AND NOT EXISTS (
        SELECT FROM device
        WHERE said.address <> '' AND device.address = said.address AND device.retired_at IS NULL
            AND split_part(device.sender, '/', 1) = split_part(said.sender, '/', 1))
    AND (EXISTS (SELECT FROM device_proposal AS old WHERE old.sender = said.sender)
        OR (SELECT count(*) FROM device_proposal) < %(most)s)
ORDER BY said.sender
ON CONFLICT (sender) DO UPDATE SET
    name = excluded.name,
    model = CASE WHEN excluded.model = '' THEN known.model ELSE excluded.model END,
    device_classes = ARRAY(SELECT DISTINCT unnest(known.device_classes || excluded.device_classes) ORDER BY 1),
    address = CASE WHEN excluded.address = '' THEN known.address ELSE excluded.address END,
    described = CASE WHEN excluded.described = '{}' THEN known.described ELSE excluded.described END,
    last_seen_at = excluded.last_seen_at;

-- name: described
-- What gateways said before of some devices: of proposals, to add to it.
SELECT sender, described FROM device_proposal WHERE sender = ANY(%(senders)s) AND described <> '{}';

-- name: waiting
-- What nobody has registered or dismissed, by sender; or one of it.
SELECT p.proposal_id AS number, p.sender, p.name, p.model, p.device_classes, p.address, p.described, p.first_seen_at,
    p.last_seen_at
FROM device_proposal AS p
WHERE p.dismissed_at IS NULL AND NOT EXISTS (SELECT FROM device WHERE device.sender = p.sender)
    AND (%(number)s::integer IS NULL OR p.proposal_id = %(number)s)
ORDER BY p.sender;

-- name: strangers
-- Senders that said something, that nobody registered, and that neither wait as proposals nor were dismissed, those that call first.
WITH said AS (
    SELECT sender, last_at, true AS is_call FROM unassigned_call WHERE presses > 0
    UNION ALL
    SELECT sender, last_at, true FROM unclear_call
    UNION ALL
    SELECT sender, last_at, false FROM unread_field
    UNION ALL
    SELECT substring(refused.detail FROM %(sender_of_detail)s), refused.received_at, false
    FROM (
        SELECT detail, received_at FROM quarantine
        WHERE released_at IS NULL AND reason = 'unknown_device'
        ORDER BY quarantine_id DESC
        LIMIT %(looked_at)s
    ) AS refused
)
SELECT sender, max(last_at) AS last_at, bool_or(is_call) AS is_call
FROM said
WHERE sender IS NOT NULL
    AND NOT EXISTS (SELECT FROM device WHERE device.sender = said.sender)
    AND NOT EXISTS (SELECT FROM device_proposal AS known WHERE known.sender = said.sender AND (known.dismissed_at IS NULL OR %(sender)s::text IS NULL))
    AND (%(sender)s::text IS NULL OR said.sender = %(sender)s)
GROUP BY sender
ORDER BY bool_or(is_call) DESC, max(last_at) DESC, sender
LIMIT %(most)s;

-- name: propose
-- Let a sender wait as a proposal, also one that was dismissed, and return its number.
INSERT INTO device_proposal AS known (sender, name, model, device_classes, first_seen_at, last_seen_at)
VALUES (%(sender)s, %(name)s, '', '{}', %(now)s, %(now)s)
ON CONFLICT (sender) DO UPDATE SET dismissed_at = NULL
RETURNING proposal_id;

-- name: dismiss
-- Do not propose a device any more.
UPDATE device_proposal SET dismissed_at = %(now)s
WHERE proposal_id = %(number)s AND dismissed_at IS NULL
RETURNING proposal_id;

-- name: forget
-- Drop a proposal that was followed.
DELETE FROM device_proposal WHERE proposal_id = %(number)s;

-- name: described_devices
-- Registered devices that gateways speak of, by name or by address, with the profile that each follows.
SELECT d.device_number, d.sender, d.address, d.profile_id, d.follows_descriptions, profile.source, profile.name AS profile
FROM device AS d
LEFT JOIN device_profile AS profile USING (profile_id)
WHERE d.retired_at IS NULL
    AND (d.sender = ANY(%(senders)s) OR lower(normalize(d.sender)) = ANY(%(folded)s) OR (d.address <> '' AND d.address = ANY(%(addresses)s)));

-- name: set_address
-- Keep the addresses of devices.
UPDATE device SET address = said.address
FROM unnest(%(device)s::integer[], %(address)s::text[]) AS said (device_number, address)
WHERE device.device_number = said.device_number;

-- name: rename
-- Let devices, and parts of theirs that are registered by themselves, be called as their bridge calls them now.
UPDATE device SET sender = said.sender || substr(device.sender, length(said.former) + 1)
FROM unnest(%(former)s::text[], %(sender)s::text[]) AS said (former, sender)
WHERE device.sender = said.former OR left(device.sender, length(said.former) + 1) = said.former || '#';

-- name: note_rename
-- Keep on record that a bridge calls a device by another name, unless that is the last that is known of it.
INSERT INTO device_rename (device_number, at, former_sender, sender, is_followed)
SELECT said.device_number, %(now)s, said.former, said.sender, said.is_followed
FROM unnest(%(device)s::integer[], %(former)s::text[], %(sender)s::text[], %(is_followed)s::boolean[])
    AS said (device_number, former, sender, is_followed)
WHERE NOT EXISTS (
    SELECT FROM device_rename AS last
    WHERE last.device_number = said.device_number AND last.sender = said.sender
        AND last.is_followed = said.is_followed AND last.former_sender = said.former)
ON CONFLICT DO NOTHING;

-- name: renames
-- How bridges renamed devices in use since a moment, the newest first.
SELECT d.device_id, r.at, r.former_sender, r.sender, r.is_followed
FROM device_rename AS r
JOIN device AS d USING (device_number)
WHERE r.at >= %(since)s AND d.retired_at IS NULL
ORDER BY r.at DESC, d.device_id;
