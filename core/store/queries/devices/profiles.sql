-- Device profiles, one row a version, and which devices follow them.

-- name: in_use
-- The profiles of some keys, oldest first.
SELECT profile_id, name, version, vendor, model, source, fields, models, documents
FROM device_profile
WHERE profile_id = ANY(%(profiles)s)
ORDER BY created_at, profile_id;

-- name: lock
-- Let one new version at a time be numbered.
SELECT pg_advisory_xact_lock(%(key)s);

-- name: version
-- One version of a profile, the newest if none is named.
SELECT profile_id, name, version, vendor, model, source, fields, models, documents
FROM device_profile
WHERE name = %(name)s AND version = coalesce(%(version)s::integer, version)
ORDER BY version DESC
LIMIT 1;

-- name: newest
-- The newest version of every profile, and how many devices in use follow any version of it, by name.
SELECT DISTINCT ON (profile.name)
    profile.profile_id, profile.name, profile.version, profile.vendor, profile.model, profile.source, profile.fields,
    profile.models, profile.documents,
    (
        SELECT count(*) FROM device
        JOIN device_profile AS followed USING (profile_id)
        WHERE followed.name = profile.name AND device.retired_at IS NULL
    ) AS devices
FROM device_profile AS profile
ORDER BY profile.name, profile.version DESC;

-- name: add
-- Store a version of a profile.
INSERT INTO device_profile (name, version, vendor, model, source, fields, models, documents, created_at)
VALUES (
    %(name)s, %(version)s, %(vendor)s, %(model)s, %(source)s, %(fields)s, %(models)s, %(documents)s, %(now)s)
RETURNING profile_id;

-- name: follow
-- Let a device follow a profile, or none, and mean what is said; and say whether descriptions may give it one.
UPDATE device SET
    profile_id = %(profile)s, meaning = coalesce(%(meaning)s::text, meaning),
    follows_descriptions = coalesce(%(follows_descriptions)s::boolean, follows_descriptions)
WHERE device_number = %(device)s;

-- name: count_anew
-- Count anew what a device says, now that its messages are read otherwise.
UPDATE device_state SET said = 0, said_since = NULL, lowest = NULL, highest = NULL WHERE device_number = %(device)s;

-- name: followed
-- What a device follows, and what its presses or states mean.
SELECT profile_id, meaning, follows_descriptions FROM device WHERE device_number = %(device)s;

-- name: sender
-- How the messages of a device come; of a part that is registered by itself, those of the whole.
SELECT split_part(sender, '#', 1) FROM device WHERE device_number = %(device)s;
