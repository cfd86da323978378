-- Whether the service sees anything at all.

-- name: health
-- How far ingest and the detectors have come, who reported last, and when anything was last received.
SELECT
    (SELECT max(watermark) FROM ingest_progress) AS ingest_watermark,
    (SELECT max(reported_at) FROM ingest_progress) AS ingest_reported_at,
    (SELECT evaluated_through FROM evaluation WHERE resident_id IS NULL) AS evaluated_through,
    (
        SELECT least(ward.evaluated_through, (SELECT min(due_at) FROM evaluation WHERE resident_id IS NOT NULL))
        FROM evaluation AS ward
        WHERE ward.resident_id IS NULL
    ) AS all_evaluated_through,
    (SELECT max(last_received_at) FROM device_contact) AS last_received_at,
    (SELECT count(*) FROM quarantine WHERE released_at IS NULL) AS quarantined,
    (SELECT count(*) FROM evaluation WHERE failed_rule IS NOT NULL) AS failing_watches;

-- name: gateway_last_contacts
-- When something last came through each gateway; devices without one stand under an empty name.
SELECT coalesce(device.gateway_id, ''), max(device_contact.last_received_at)
FROM device JOIN device_contact USING (device_number)
WHERE device.retired_at IS NULL
GROUP BY 1 ORDER BY 2 DESC LIMIT %(limit)s;

-- name: is_out_of_contact
-- Whether not one of the devices that should send regularly was in contact within two of its heartbeats and a minute.
SELECT count(*) > 0 AND bool_and(
    greatest(device_contact.last_received_at, device.registered_at)
    < %(now)s - interval '1 minute' - 2 * device.heartbeat_s * interval '1 second'
)
FROM device LEFT JOIN device_contact USING (device_number)
WHERE device.heartbeat_s IS NOT NULL AND device.retired_at IS NULL;

-- name: all_silent
-- Whether nothing at all came, of any device but the canary, for two of the shortest heartbeats and the slack.
SELECT coalesce(
    max(greatest(device_contact.last_received_at, device.registered_at))
    < %(now)s - %(slack)s - 2 * min(device.heartbeat_s) * interval '1 second', false
)
FROM device LEFT JOIN device_contact USING (device_number)
WHERE device.kind <> 'canary' AND device.retired_at IS NULL;

-- name: latest_value
-- The newest value that a device reported of a metric, and when.
SELECT device_latest.time, device_latest.value
FROM device_latest JOIN device USING (device_number)
WHERE device.device_id = %(device_id)s AND device_latest.metric = %(metric)s;

-- name: device_clocks
-- How many devices' clocks are off by more than this, which the most and by how much, and what the database's own clock shows.
SELECT
    (SELECT count(*) FROM device_contact WHERE abs(clock_skew_s) > %(seconds)s) AS wrong,
    worst.device_id AS worst_device_id, worst.clock_skew_s AS worst_skew_s, clock_timestamp() AS server
FROM (SELECT 1) AS always
LEFT JOIN LATERAL (
    SELECT device.device_id, device_contact.clock_skew_s
    FROM device_contact JOIN device USING (device_number)
    WHERE abs(device_contact.clock_skew_s) > %(seconds)s
    ORDER BY abs(device_contact.clock_skew_s) DESC LIMIT 1
) AS worst ON true;

-- name: stored_messages
-- How many messages all ingest workers have stored.
SELECT coalesce(sum(stored_messages), 0) FROM ingest_progress;

-- name: suspect_clocks
-- The devices in use that sent places or readings whose time cannot be known, and how many since two moments.
SELECT device.device_id, count(*)
FROM (
    SELECT device_number FROM fix WHERE time >= %(places_since)s AND is_clock_suspect(flags)
    UNION ALL
    SELECT device_number FROM reading WHERE time >= %(readings_since)s AND is_clock_suspect(flags)
) AS suspect
JOIN device USING (device_number)
WHERE device.retired_at IS NULL
GROUP BY device.device_id ORDER BY count(*) DESC, device.device_id;
