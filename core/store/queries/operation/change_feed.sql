-- What changed while somebody was not listening.

-- name: latest_event
-- The number of the newest alert event.
SELECT coalesce(max(alert_event_id), 0) FROM alert_event;

-- name: changed_since
-- Alerts with an event behind a number, least recently changed first.
SELECT alert_id
FROM alert_event
WHERE alert_event_id > %(event)s
GROUP BY alert_id
ORDER BY max(alert_event_id)
LIMIT %(limit)s;
