-- What was measured in a home besides life signs, and where the home is.

-- name: series
-- Some metrics of the devices of a home in a span: device, place, kind, metric, Unix seconds and values, per device in order of time;
-- and after how many seconds it reports the next movement, by its profile.
SELECT
    device.device_number AS device, device.place, device.kind, found.metric,
    array_agg(extract(epoch FROM found.time)::float8 ORDER BY found.time) AS times,
    array_agg(found.value ORDER BY found.time) AS values,
    (
        SELECT max(extract(epoch FROM (field ->> 'hold')::interval)::float8)
        FROM device_profile AS profile
        CROSS JOIN jsonb_array_elements(profile.fields) AS field
        WHERE profile.profile_id = device.profile_id AND field ->> 'evidence' = 'pulse'
    ) AS hold_s
FROM device_assignment AS here
JOIN device USING (device_number)
JOIN device_latest AS ever ON ever.device_number = here.device_number AND ever.metric = ANY(%(metrics)s)
JOIN LATERAL (
    SELECT reading.time, reading.metric, reading.value
    FROM reading
    WHERE reading.device_number = here.device_number AND reading.metric = ever.metric
        AND reading.time > %(since)s AND reading.time <= %(until)s
        AND NOT is_retained(reading.flags) AND here.during @> reading.time
) AS found ON true
WHERE here.home_id = %(home)s AND here.during && tstzrange(%(since)s, %(until)s, '[]')
    AND (here.resident_id IS NULL OR here.resident_id = %(resident)s)
GROUP BY device.device_number, device.place, device.kind, found.metric
ORDER BY device.device_number;

-- name: report_times
-- When each device that stays in a home reported anything in a span: the first and the last time of every hour, in Unix seconds.
SELECT here.device_number, array_agg(reported.first) || array_agg(reported.last)
FROM device_assignment AS here
JOIN device USING (device_number)
JOIN LATERAL (
    SELECT extract(epoch FROM min(reading.time))::float8 AS first, extract(epoch FROM max(reading.time))::float8 AS last
    FROM reading
    WHERE reading.device_number = here.device_number
        AND reading.time > %(since)s AND reading.time <= %(until)s
        AND NOT is_retained(reading.flags) AND here.during @> reading.time
    GROUP BY time_bucket('1 hour', reading.time)
) AS reported ON true
WHERE here.home_id = %(home)s AND here.during && tstzrange(%(since)s, %(until)s, '[]')
    AND device.kind NOT IN ('tracker', 'canary')
GROUP BY here.device_number;

-- name: rule_inputs
-- Where the home of each of some residents is, and whether a door at night is to be raised.
SELECT resident.resident_id AS resident, home.lat, home.lon, resident.alert_on_night_exit
FROM resident
JOIN home USING (home_id)
WHERE resident.resident_id = ANY(%(residents)s);
