-- How soon people answered alerts.

-- name: answered
-- Alerts about residents of an office (null: of all) that were opened in a span of time, no drills, with the first time of each step.
SELECT
    a.resident_id AS resident, a.opened_at,
    sent.accepted_at, sent.arrived_at, done.claimed_at, done.on_site_at, done.closed_at
FROM alert AS a
JOIN resident AS r ON r.resident_id = a.resident_id
CROSS JOIN LATERAL (
    SELECT min(d.accepted_at) AS accepted_at, min(d.arrived_at) AS arrived_at
    FROM notification AS n
    JOIN delivery AS d USING (notification_id)
    WHERE n.alert_id = a.alert_id
) AS sent
CROSS JOIN LATERAL (
    SELECT
        min(e.at) FILTER (WHERE e.kind = 'claimed') AS claimed_at,
        min(e.at) FILTER (WHERE e.kind = 'prolonged' AND e.detail ->> 'progress' = 'on_site') AS on_site_at,
        min(e.at) FILTER (WHERE e.kind = 'closed') AS closed_at
    FROM alert_event AS e
    WHERE e.alert_id = a.alert_id AND (e.user_id IS NOT NULL OR e.contact_id IS NOT NULL)
) AS done
WHERE
    a.opened_at >= %(since)s AND a.opened_at < %(until)s
    AND a.severity >= %(most_urgent)s AND a.severity <= %(least_urgent)s
    AND a.outcome IS DISTINCT FROM 'drill'
    AND (%(office)s::integer IS NULL OR r.office_id = %(office)s)
ORDER BY a.alert_id;
