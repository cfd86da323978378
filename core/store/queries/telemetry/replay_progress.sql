-- What a replay of recorded data looks at.

-- name: stored_through
-- The time before which everything is stored, by the worker that is behind.
SELECT min(watermark) FROM ingest_progress;

-- name: stored_readings
-- Readings of some devices, exactly as stored, in the order in which a comparison goes through them.
SELECT device.device_id, reading.time, reading.metric, reading.value
FROM reading
JOIN device USING (device_number)
WHERE device.device_id = ANY(%(device_ids)s) AND reading.time >= %(begin)s AND reading.time < %(end)s
ORDER BY device.device_id COLLATE "C", reading.time, reading.metric, reading.value;

-- name: stored_fixes
-- Positions of some devices, in the same order.
SELECT device.device_id, fix.time, fix.lat, fix.lon
FROM fix
JOIN device USING (device_number)
WHERE device.device_id = ANY(%(device_ids)s) AND fix.time >= %(begin)s AND fix.time < %(end)s
ORDER BY device.device_id COLLATE "C", fix.time, fix.lat, fix.lon;

-- name: over_but_open
-- Alerts whose condition has cleared and that nobody has closed.
SELECT alert_id FROM alert WHERE condition = 'cleared' AND handling <> 'closed' ORDER BY alert_id;

-- name: raised_alerts
-- All alerts with the home they are about.
SELECT
    alert.rule, alert.subject_kind, alert.subject_number, alert.area, home.name AS home, alert.severity, alert.began_at,
    alert.raised_at, alert.cleared_at, alert.reason
FROM alert
LEFT JOIN resident ON resident.resident_id = alert.resident_id
LEFT JOIN home ON home.home_id = resident.home_id
ORDER BY alert.raised_at, alert.alert_id;
