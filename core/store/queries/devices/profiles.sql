-- Device profiles, one row a version.

-- name: in_use
-- The profiles of some keys, oldest first.
SELECT profile_id, name, version, vendor, model, source, fields
FROM device_profile
WHERE profile_id = ANY(%(profiles)s)
ORDER BY created_at, profile_id;
