-- By what the rows of one resident are found.

-- name: resident
-- Where they live, and what they are called; locked, so that nobody changes it meanwhile.
SELECT
    r.home_id AS home, r.name, r.kana, r.phone, r.public_id::text AS public_id, r.ended_at IS NOT NULL AS has_ended, h.name AS home_name,
    (SELECT count(*) FROM resident AS o WHERE o.home_id = r.home_id AND o.resident_id <> r.resident_id)::integer AS others
FROM resident AS r
JOIN home AS h USING (home_id)
WHERE r.resident_id = %(resident)s
FOR UPDATE OF r;

-- name: contacts
-- Who is notified about them, with each address.
SELECT c.contact_id AS number, c.name, coalesce(array_agg(ch.address) FILTER (WHERE ch.address IS NOT NULL), '{}') AS addresses
FROM contact AS c
LEFT JOIN contact_channel AS ch USING (contact_id)
WHERE c.resident_id = %(resident)s
GROUP BY c.contact_id
ORDER BY c.contact_id;

-- name: geofences
-- Their usual areas, also those that were removed.
SELECT geofence_id FROM geofence WHERE resident_id = %(resident)s ORDER BY geofence_id;

-- name: accounts
-- Accounts of their family that see nobody else and belong to no other contact.
SELECT u.user_id AS number, u.login, u.name
FROM user_account AS u
JOIN family_link AS f USING (user_id)
WHERE
    f.resident_id = %(resident)s AND u.role = 'family'
    AND NOT EXISTS (
        SELECT FROM family_link AS o WHERE o.user_id = u.user_id AND o.resident_id <> %(resident)s
    )
    AND NOT EXISTS (
        SELECT FROM contact AS c WHERE c.user_id = u.user_id AND c.resident_id IS DISTINCT FROM %(resident)s
    )
ORDER BY u.user_id;

-- name: spans
-- When which device was theirs, or their home's and nobody's own.
SELECT
    a.device_number AS device, lower(a.during) AS since, upper(a.during) AS until, d.device_id, d.sender, d.address,
    d.kind, d.gateway_id,
    NOT EXISTS (
        SELECT FROM device_assignment AS o
        WHERE o.device_number = a.device_number AND o.resident_id IS DISTINCT FROM %(resident)s
    ) AS is_own,
    EXISTS (
        SELECT FROM device_assignment AS o
        WHERE
            o.device_number = a.device_number AND upper_inf(o.during)
            AND o.resident_id IS DISTINCT FROM %(resident)s AND o.home_id IS DISTINCT FROM %(home)s
    ) AS is_elsewhere
FROM device_assignment AS a
JOIN device AS d USING (device_number)
WHERE
    a.resident_id = %(resident)s
    OR (a.home_id = %(home)s AND coalesce(a.resident_id, %(resident)s) = %(resident)s)
ORDER BY a.device_number, lower(a.during);

-- name: alerts
-- Alerts about them, their areas, their home and their devices while those were theirs.
SELECT a.alert_id
FROM alert AS a
WHERE
    a.resident_id = %(resident)s
    OR a.geofence_id = ANY(%(geofences)s)
    OR (a.home_id = %(home)s AND coalesce(a.resident_id, %(resident)s) = %(resident)s)
    OR a.device_number = ANY(%(own_devices)s)
    OR EXISTS (
        SELECT FROM unnest(%(span_devices)s::integer[], %(span_since)s::timestamptz[], %(span_until)s::timestamptz[])
            AS span (device, since, until)
        WHERE span.device = a.device_number AND a.began_at >= span.since AND a.began_at < span.until
    )
ORDER BY a.alert_id;
