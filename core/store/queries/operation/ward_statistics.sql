-- The ward's figures of one month, before small counts are merged: whom each is about is needed to know which are small.

-- name: watched
-- Everybody watched over at any time of a month, by office.
SELECT coalesce(office.name, '') AS label, resident.resident_id AS person, 1 AS n
FROM resident
LEFT JOIN office USING (office_id)
WHERE resident.watched_from < %(until)s AND (resident.ended_at IS NULL OR resident.ended_at >= %(since)s);

-- name: alerts
-- The alerts of a month about people, not about equipment, by rule, office and how they ended. What is about a home counts as one person.
SELECT
    alert.rule,
    coalesce(office.name, '') AS office,
    coalesce(alert.outcome, '') AS outcome,
    coalesce(alert.resident_id, - alert.home_id) AS person,
    count(*) AS n
FROM alert
LEFT JOIN office USING (office_id)
WHERE
    alert.opened_at >= %(since)s AND alert.opened_at < %(until)s
    AND alert.severity < %(equipment)s
    AND (alert.resident_id IS NOT NULL OR alert.home_id IS NOT NULL)
GROUP BY alert.rule, office.name, alert.outcome, coalesce(alert.resident_id, - alert.home_id);

-- name: months
-- Of each month how many people were watched over, how many alerts there were about people, and about how many.
SELECT
    month.since,
    (
        SELECT count(*) FROM resident
        WHERE resident.watched_from < month.until AND (resident.ended_at IS NULL OR resident.ended_at >= month.since)
    ) AS watched,
    count(alert.alert_id) AS alerts,
    count(DISTINCT coalesce(alert.resident_id, - alert.home_id)) AS about
FROM unnest(%(since)s::timestamptz[], %(until)s::timestamptz[]) AS month (since, until)
LEFT JOIN alert
    ON alert.opened_at >= month.since AND alert.opened_at < month.until
    AND alert.severity < %(equipment)s
    AND (alert.resident_id IS NOT NULL OR alert.home_id IS NOT NULL)
GROUP BY month.since, month.until
ORDER BY month.since;

-- name: first
-- Since when anybody is watched over; null if nobody is.
SELECT min(watched_from) FROM resident;
