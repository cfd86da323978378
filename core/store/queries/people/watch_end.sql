-- The end of the watch over a resident.

-- name: lock_home
-- Let nobody else of a resident's home be ended or watched again meanwhile.
SELECT home.home_id
FROM home
JOIN resident ON resident.home_id = home.home_id
WHERE resident.resident_id = %(resident)s
FOR NO KEY UPDATE OF home;

-- name: watch
-- Whether a resident is watched, and how many others at home are; locked.
SELECT
    resident_id AS resident, home_id AS home, ended_at, end_reason,
    (
        SELECT count(*)
        FROM resident AS other
        WHERE other.home_id = resident.home_id AND other.resident_id <> resident.resident_id AND other.ended_at IS NULL
    ) AS others_at_home
FROM resident
WHERE resident_id = %(resident)s
FOR UPDATE;

-- name: end
-- Note that a resident is watched no more, unless somebody else changed them first.
UPDATE resident SET ended_at = %(now)s, end_reason = %(reason)s, version = version + 1
WHERE resident_id = %(resident)s AND version = %(version)s;

-- name: resume
-- Note that a resident is watched again, as somebody new from a moment on if one is given.
UPDATE resident
SET ended_at = NULL, end_reason = NULL, watched_from = coalesce(%(since)s, watched_from), version = version + 1
WHERE resident_id = %(resident)s;

-- name: contacts
-- The contacts of a resident.
SELECT contact_id FROM contact WHERE resident_id = %(resident)s;
