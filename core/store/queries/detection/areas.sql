-- Neighbourhoods: which of their homes are in contact.

-- name: last_contacts
-- Of each area how many homes were in contact since a time, and since when those are silent that are silent for a while, each with how long it
-- may be. A home speaks by its gateway; one without, by all its devices that stay in it.
WITH link AS (
    SELECT
        here.home_id, device.kind = 'gateway' AS is_gateway, device.heartbeat_s, contact.last_received_at AS contact_at,
        (SELECT max(latest.time) FROM device_latest AS latest
         WHERE latest.device_number = here.device_number AND latest.metric = ANY(%(status_metrics)s) AND latest.value = 0
        ) AS offline_at
    FROM device_assignment AS here
    JOIN device USING (device_number)
    JOIN device_contact AS contact USING (device_number)
    WHERE here.during @> %(until)s AND device.retired_at IS NULL AND device.kind <> 'tracker'
        AND contact.last_received_at >= %(since)s
), voice AS (
    SELECT
        home_id,
        CASE WHEN bool_or(is_gateway) THEN min(contact_at) FILTER (WHERE is_gateway) ELSE max(contact_at) END AS contact_at,
        CASE WHEN bool_or(is_gateway) THEN max(heartbeat_s) FILTER (WHERE is_gateway) ELSE max(heartbeat_s) END AS heartbeat_s,
        -- A last will and the contact that it makes carry nearly the same time.
        max(offline_at) FILTER (WHERE is_gateway AND offline_at >= contact_at - interval '1 second') AS offline_at
    FROM link
    GROUP BY home_id
), limits AS (
    SELECT
        home.area, coalesce(offline_at, contact_at) AS since,
        greatest(
            CASE WHEN offline_at IS NULL THEN greatest(%(missed)s * heartbeat_s, %(least_s)s) ELSE %(restart_s)s END, %(slack_s)s
        )::float8 AS allowed_s
    FROM voice
    JOIN home USING (home_id)
    WHERE home.area <> '' AND (offline_at IS NOT NULL OR heartbeat_s IS NOT NULL)
)
SELECT
    area, count(*) AS homes,
    coalesce(array_agg(since ORDER BY since) FILTER (WHERE %(until)s - since >= make_interval(secs => %(share)s * allowed_s)), '{}')
        AS since,
    coalesce(array_agg(allowed_s ORDER BY since) FILTER (WHERE %(until)s - since >= make_interval(secs => %(share)s * allowed_s)), '{}')
        AS allowed_s
FROM limits
GROUP BY area;
