-- Devices where they are now, and their last contact.

-- name: device_overviews
-- The devices in a scope with their place, their last message and their battery, page by page.
SELECT
    d.device_number AS number, d.device_id, d.sender, d.kind, d.place, d.model, d.gateway_id, d.heartbeat_s,
    d.registered_at, a.home_id AS home, h.name AS home_name, h.area, a.resident_id AS resident, c.last_received_at,
    c.last_time, c.clock_skew_s,
    (SELECT l.value FROM device_latest AS l WHERE l.device_number = d.device_number AND l.metric = %(charge)s)
        AS battery_pct,
    (SELECT l.value FROM device_latest AS l WHERE l.device_number = d.device_number AND l.metric = %(low)s)
        AS battery_low
FROM device AS d
LEFT JOIN device_assignment AS a ON a.device_number = d.device_number AND upper_inf(a.during)
LEFT JOIN home AS h USING (home_id)
LEFT JOIN device_contact AS c ON c.device_number = d.device_number
WHERE d.retired_at IS NULL
    AND (%(everything)s
        OR EXISTS (
            SELECT FROM resident AS r
            WHERE r.home_id = a.home_id AND (a.resident_id IS NULL OR a.resident_id = r.resident_id)
                AND (r.office_id = %(office)s
                    OR EXISTS (
                        SELECT FROM family_link AS f
                        WHERE f.resident_id = r.resident_id AND f.user_id = %(family_user)s))))
    AND (%(device_id)s::text IS NULL OR d.device_id = %(device_id)s)
    AND (%(resident)s::integer IS NULL
        OR a.resident_id = %(resident)s
        OR (a.resident_id IS NULL AND a.home_id = (SELECT home_id FROM resident WHERE resident_id = %(resident)s)))
    AND (%(after)s::text IS NULL OR d.device_id > %(after)s)
ORDER BY d.device_id
LIMIT %(limit)s;

-- name: contact_count
-- How many devices with a heartbeat are in contact, of how many, and the last contact of any device of the scope.
WITH seen AS (
    SELECT
        d.heartbeat_s, c.last_received_at,
        %(now)s - c.last_received_at
            <= greatest(%(missed)s * d.heartbeat_s * interval '1 second', %(shortest)s::interval) AS is_in_contact
    FROM device AS d
    JOIN device_assignment AS a ON a.device_number = d.device_number AND upper_inf(a.during)
    LEFT JOIN device_contact AS c ON c.device_number = d.device_number
    WHERE d.retired_at IS NULL
        AND (%(everything)s
            OR EXISTS (
                SELECT FROM resident AS r
                WHERE r.home_id = a.home_id AND (a.resident_id IS NULL OR a.resident_id = r.resident_id)
                    AND (r.office_id = %(office)s
                        OR EXISTS (
                            SELECT FROM family_link AS f
                            WHERE f.resident_id = r.resident_id AND f.user_id = %(family_user)s))))
)
SELECT
    count(*) FILTER (WHERE heartbeat_s IS NOT NULL AND is_in_contact) AS in_contact,
    count(*) FILTER (WHERE heartbeat_s IS NOT NULL) AS expected,
    max(last_received_at) AS last_received_at
FROM seen;

-- name: single_states
-- States of devices in use, or of one, that were said often and are the only ones that were said.
SELECT
    d.device_number AS device, d.device_id, d.sender, d.kind, d.profile_id, d.meaning, state.metric, state.channel, state.said,
    state.said_since AS since, state.time AS last_at
FROM device_state AS state
JOIN device AS d USING (device_number)
WHERE state.said >= %(many)s AND state.lowest = state.highest AND state.lowest > 0 AND d.retired_at IS NULL
    AND (%(device)s::integer IS NULL OR d.device_number = %(device)s)
ORDER BY d.device_id, state.metric, state.channel;

-- name: ids_of_senders
-- The devices in use that some senders are.
SELECT sender, device_id FROM device WHERE sender = ANY(%(senders)s) AND retired_at IS NULL ORDER BY device_id;

-- name: measured
-- Which metrics a device ever measured.
SELECT metric FROM device_latest WHERE device_number = %(device)s ORDER BY metric;
