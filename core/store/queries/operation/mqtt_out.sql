-- What is published to other systems: how residents are, and what happens to alerts about them.

-- name: hold
-- Become the one who publishes; it stays so until the connection ends.
SELECT pg_try_advisory_lock(%(key)s);

-- name: states
-- How the watched residents of some offices are, without those whose erasure was asked for.
WITH published AS (
    SELECT r.resident_id, r.public_id, r.name, r.office_id, r.home_id, r.paused_from, r.paused_until
    FROM resident AS r
    WHERE r.ended_at IS NULL
        AND (%(offices)s::integer[] IS NULL OR r.office_id = ANY(%(offices)s::integer[]))
        AND NOT EXISTS (SELECT FROM erasure AS e WHERE e.resident_number = r.resident_id)
),
covered AS (
    SELECT
        p.resident_id, count(*) AS expected,
        count(*) FILTER (WHERE %(now)s - c.last_received_at
            <= greatest(%(missed)s * d.heartbeat_s * interval '1 second', %(shortest)s::interval)) AS in_contact
    FROM published AS p
    JOIN device_assignment AS a
        ON a.home_id = p.home_id AND upper_inf(a.during) AND (a.resident_id IS NULL OR a.resident_id = p.resident_id)
    JOIN device AS d ON d.device_number = a.device_number AND d.retired_at IS NULL AND d.heartbeat_s IS NOT NULL
    LEFT JOIN device_contact AS c ON c.device_number = a.device_number
    GROUP BY p.resident_id
),
alerted AS (
    SELECT resident_id, count(*) AS open_alerts, min(severity) AS worst
    FROM alert
    WHERE handling <> 'closed' AND severity <= %(worst_severity)s AND resident_id IS NOT NULL
    GROUP BY resident_id
)
SELECT
    p.resident_id AS resident, p.public_id::text AS public_id, p.name, p.office_id AS office,
    coalesce(p.paused_from <= %(now)s AND %(now)s < p.paused_until, false) AS is_paused,
    CASE WHEN w.due_at >= %(known_since)s AND ward.evaluated_through >= %(known_since)s THEN w.state ELSE 'cannot_tell' END
        AS state,
    coalesce(a.open_alerts, 0) AS open_alerts, a.worst,
    coalesce(c.expected, 0) AS expected, coalesce(c.in_contact, 0) AS in_contact
FROM published AS p
LEFT JOIN evaluation AS w ON w.resident_id = p.resident_id
LEFT JOIN evaluation AS ward ON ward.resident_id IS NULL
LEFT JOIN alerted AS a ON a.resident_id = p.resident_id
LEFT JOIN covered AS c ON c.resident_id = p.resident_id
ORDER BY p.resident_id;

-- name: forget_events
-- Nobody published until now: what happened before is no event any more.
DELETE FROM mqtt_out_event WHERE NOT EXISTS (SELECT FROM mqtt_out);

-- name: keep_events
-- From now on what happens to alerts is kept until it is published.
INSERT INTO mqtt_out (is_only) VALUES (true) ON CONFLICT DO NOTHING;

-- name: end_events
-- Nobody publishes any more.
DELETE FROM mqtt_out;

-- name: events
-- What happened and was not published yet, with whose alert it is; nobody's if it is not published.
SELECT
    e.alert_event_id AS number, e.alert_id AS alert, e.kind, e.at, a.rule, a.severity, r.office_id AS office,
    r.public_id::text AS public_id
FROM mqtt_out_event
JOIN alert_event AS e USING (alert_event_id)
JOIN alert AS a USING (alert_id)
LEFT JOIN resident AS r
    ON r.resident_id = a.resident_id AND a.severity <= %(worst_severity)s
    AND r.ended_at IS NULL
    AND (%(offices)s::integer[] IS NULL OR r.office_id = ANY(%(offices)s::integer[]))
    AND NOT EXISTS (SELECT FROM erasure AS x WHERE x.resident_number = r.resident_id)
ORDER BY e.alert_event_id
LIMIT %(limit)s;

-- name: end_event
-- These are published.
DELETE FROM mqtt_out_event WHERE alert_event_id = ANY(%(numbers)s::bigint[]);
