-- How long a part of a home may give no sign, and when.

-- name: quiet_limits
-- The limits of residents, or the one of a number, that hold today, and since when a device is there that can give the sign; null where none is.
SELECT
    l.quiet_limit_id AS number, l.resident_id AS resident, coalesce(device.place, l.place) AS place, l.device_number AS device,
    coalesce(device.kind, '') AS kind, l.quiet_min, l.hours, l.created_at, watching.since AS watched_since
FROM quiet_limit AS l
JOIN resident USING (resident_id)
LEFT JOIN device USING (device_number)
CROSS JOIN LATERAL (
    SELECT min(lower(here.during)) AS since
    FROM device_assignment AS here
    JOIN device AS one USING (device_number)
    WHERE here.home_id = resident.home_id AND upper_inf(here.during)
        AND (here.resident_id IS NULL OR here.resident_id = l.resident_id)
        AND (here.device_number = l.device_number OR (l.device_number IS NULL AND l.place IN ('', one.place)))
) AS watching
WHERE (l.resident_id = ANY(%(residents)s) OR l.quiet_limit_id = %(limit)s) AND l.deleted_at IS NULL
ORDER BY l.resident_id, l.quiet_limit_id;

-- name: add_quiet_limit
-- Set a new limit.
INSERT INTO quiet_limit (resident_id, place, device_number, quiet_min, hours, created_at)
VALUES (%(resident)s, %(place)s, %(device)s, %(quiet_min)s, %(hours)s, %(now)s)
RETURNING quiet_limit_id;

-- name: follow_successor
-- Let the limits about a device look at the one that was put in its place.
UPDATE quiet_limit SET device_number = %(successor)s WHERE device_number = %(device)s AND deleted_at IS NULL;

-- name: remove_quiet_limit
-- End a limit; its row stays with what was raised by it.
UPDATE quiet_limit SET deleted_at = %(now)s
WHERE quiet_limit_id = %(limit)s AND deleted_at IS NULL
RETURNING resident_id;
