-- When sensors said that somebody is there, and when they said that nobody is.

-- name: changes
-- Of each part of the devices of a home that says whether somebody is there: Unix seconds of each edge to "somebody", and of
-- each first "nobody" after it, in order of time.
WITH said AS (
    SELECT
        device.device_number, device.place, reading.metric, reading.channel, reading.time, reading.seq, reading.value,
        is_life_sign(reading.flags) AS is_edge,
        lag(reading.value) OVER (
            PARTITION BY device.device_number, reading.metric, reading.channel ORDER BY reading.time, reading.seq
        ) AS before
    FROM device_assignment AS here
    JOIN device USING (device_number)
    JOIN device_latest AS ever ON ever.device_number = here.device_number AND ever.metric = ANY(%(metrics)s)
    JOIN reading ON reading.device_number = here.device_number AND reading.metric = ever.metric
        AND reading.time > %(since)s AND reading.time <= %(until)s
        AND NOT is_retained(reading.flags) AND here.during @> reading.time
    WHERE here.home_id = %(home)s AND here.during && tstzrange(%(since)s, %(until)s, '[]')
        AND (here.resident_id IS NULL OR here.resident_id = %(resident)s)
)
SELECT
    device_number AS device, metric, coalesce(channel, '') AS channel, place,
    array_agg(extract(epoch FROM time)::float8 ORDER BY time, seq) AS times,
    array_agg(value > 0 ORDER BY time, seq) AS is_there
FROM said
WHERE (value > 0 AND is_edge) OR (value = 0 AND before > 0)
GROUP BY device_number, metric, channel, place
ORDER BY device_number, metric, channel;
