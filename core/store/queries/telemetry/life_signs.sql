-- Life signs as those who look at an alert or a device need them.

-- name: sign
-- What gave the life sign of a resident's home at a moment, and when it came: later than that where only the stretch of time is known.
SELECT d.kind, d.sender, d.profile_id AS profile, r.metric, coalesce(r.channel, '') AS channel, r.time, r.acted_from
FROM device_assignment AS a
JOIN device AS d USING (device_number)
JOIN resident AS p ON p.resident_id = %(resident)s
JOIN reading AS r ON r.device_number = a.device_number AND a.during @> coalesce(r.acted_from, r.time)
WHERE a.home_id = p.home_id AND (a.resident_id IS NULL OR a.resident_id = p.resident_id)
    AND r.time >= %(earliest)s AND r.time <= %(until)s
    AND coalesce(r.acted_from, r.time) BETWEEN %(earliest)s AND %(latest)s
    AND is_life_sign(r.flags) AND NOT is_retained(r.flags)
ORDER BY r.time
LIMIT 1;

-- name: after_it
-- How many messages came in a span of time that show nobody's act, and when the last of them was.
SELECT count(DISTINCT (r.device_number, r.received_at)) AS messages, max(r.time) AS last_at
FROM device_assignment AS a
JOIN resident AS p ON p.resident_id = %(resident)s
JOIN reading AS r ON r.device_number = a.device_number AND a.during @> r.time
WHERE a.home_id = p.home_id AND (a.resident_id IS NULL OR a.resident_id = p.resident_id)
    AND r.time > %(since)s AND r.time <= %(until)s
    AND NOT is_life_sign(r.flags) AND NOT is_retained(r.flags);

-- name: said
-- Of each metric and part of a device that can show that a person acted: how often it came, how often a life sign, and when it was one last; not what the broker had kept.
SELECT
    metric, coalesce(channel, '') AS channel, count(*) AS readings, min(time) AS first_at, max(time) AS last_at,
    count(*) FILTER (WHERE is_life_sign(flags)) AS life_signs,
    max(coalesce(acted_from, time)) FILTER (WHERE is_life_sign(flags)) AS life_sign_at
FROM reading
WHERE device_number = %(device)s AND time > %(since)s AND time <= %(until)s AND metric = ANY(%(metrics)s)
    AND NOT is_retained(flags)
GROUP BY metric, coalesce(channel, '')
ORDER BY metric, channel;
