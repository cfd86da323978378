-- The ward's figures of one month, before small counts are merged: whom each is about is needed to know which are small.

-- name: watched
-- Everybody watched over at any time of a month, by office.
SELECT coalesce(office.name, '') AS label, ARRAY[resident.resident_id] AS people, 1 AS n
FROM resident
LEFT JOIN office USING (office_id)
WHERE resident.watched_from < %(until)s AND (resident.ended_at IS NULL OR resident.ended_at >= %(since)s);

-- name: alerts
-- The alerts of a month about people, not about equipment, by rule, office, how they ended, and whom they are about: of a home, all who were watched over there.
WITH alert_about AS (
    SELECT
        alert.rule,
        coalesce(office.name, '') AS office,
        coalesce(alert.outcome, '') AS outcome,
        CASE
            WHEN alert.resident_id IS NOT NULL THEN ARRAY[alert.resident_id]
            ELSE ARRAY(
                SELECT lives.resident_id FROM resident AS lives
                WHERE
                    lives.home_id = alert.home_id AND lives.watched_from <= alert.opened_at
                    AND (lives.ended_at IS NULL OR lives.ended_at > alert.opened_at)
                ORDER BY lives.resident_id
            )
        END AS people
    FROM alert
    LEFT JOIN office USING (office_id)
    WHERE
        alert.opened_at >= %(since)s AND alert.opened_at < %(until)s
        AND alert.severity < %(equipment)s
        AND (alert.resident_id IS NOT NULL OR alert.home_id IS NOT NULL)
)
SELECT rule, office, outcome, people, count(*) AS n
FROM alert_about
WHERE people <> '{}'
GROUP BY rule, office, outcome, people;

-- name: months
-- Of each month how many people were watched over, how many alerts there were about people, and about how many.
SELECT
    month.since,
    (
        SELECT count(*) FROM resident
        WHERE resident.watched_from < month.until AND (resident.ended_at IS NULL OR resident.ended_at >= month.since)
    ) AS watched,
    count(DISTINCT alert_about.alert_id) AS alerts,
    count(DISTINCT alert_about.person) AS about
FROM unnest(%(since)s::timestamptz[], %(until)s::timestamptz[]) AS month (since, until)
LEFT JOIN (
    SELECT alert.alert_id, alert.opened_at, coalesce(alert.resident_id, lives.resident_id) AS person
    FROM alert
    LEFT JOIN resident AS lives
        ON alert.resident_id IS NULL AND lives.home_id = alert.home_id AND lives.watched_from <= alert.opened_at
        AND (lives.ended_at IS NULL OR lives.ended_at > alert.opened_at)
    WHERE alert.severity < %(equipment)s AND coalesce(alert.resident_id, lives.resident_id) IS NOT NULL
) AS alert_about
    ON alert_about.opened_at >= month.since AND alert_about.opened_at < month.until
GROUP BY month.since, month.until
ORDER BY month.since;

-- name: first
-- Since when anybody is watched over; null if nobody is.
SELECT min(watched_from) FROM resident;
