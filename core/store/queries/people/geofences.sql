-- Where a resident is expected to stay, and when.

-- name: geofences
-- The geofences of a resident that hold today.
SELECT geofence_id AS number, resident_id AS resident, name, shape, hours, created_at
FROM geofence
WHERE resident_id = %(resident)s AND deleted_at IS NULL
ORDER BY geofence_id;

-- name: geofence
-- One geofence by key.
SELECT geofence_id AS number, resident_id AS resident, name, shape, hours, created_at
FROM geofence
WHERE geofence_id = %(geofence)s AND deleted_at IS NULL;

-- name: add_geofence
-- Draw a new geofence.
INSERT INTO geofence (resident_id, name, shape, hours, created_at)
VALUES (%(resident)s, %(name)s, %(shape)s, %(hours)s, %(now)s)
RETURNING geofence_id;

-- name: replace_geofence
-- Change a geofence.
UPDATE geofence SET name = %(name)s, shape = %(shape)s, hours = %(hours)s
WHERE geofence_id = %(geofence)s AND deleted_at IS NULL
RETURNING geofence_id;

-- name: removed
-- The geofences of a resident that were removed since a moment, the newest first.
SELECT geofence_id AS number, resident_id AS resident, name, shape, hours, created_at
FROM geofence
WHERE resident_id = %(resident)s AND deleted_at >= %(since)s
ORDER BY deleted_at DESC, geofence_id DESC;

-- name: restore_geofence
-- Undo a removal.
UPDATE geofence SET deleted_at = NULL
WHERE geofence_id = %(geofence)s AND resident_id = %(resident)s AND deleted_at >= %(since)s
RETURNING geofence_id;

-- name: remove_geofence
-- End a geofence; old alerts still point to it.
UPDATE geofence SET deleted_at = %(now)s
WHERE geofence_id = %(geofence)s AND deleted_at IS NULL
RETURNING resident_id;
