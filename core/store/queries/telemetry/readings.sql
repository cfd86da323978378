-- What was measured, as the people who look at a resident need it. Devices count for the time they were assigned.

-- name: readings
-- Readings of a resident's home in a span, oldest first, page by page.
SELECT
    d.device_id, d.kind, d.place, r.device_number AS device, r.metric, r.time, r.value, r.received_at, r.seq, r.flags
FROM device_assignment AS a
JOIN device AS d USING (device_number)
JOIN resident AS p ON p.resident_id = %(resident)s
JOIN reading AS r ON r.device_number = a.device_number AND a.during @> r.time
WHERE a.home_id = p.home_id AND (a.resident_id IS NULL OR a.resident_id = p.resident_id)
    AND r.time >= %(since)s AND r.time < %(until)s
    AND (%(metric)s::smallint IS NULL OR r.metric = %(metric)s)
    AND (%(after_time)s::timestamptz IS NULL
        OR (r.time, r.device_number, r.metric, r.seq)
            > (%(after_time)s, %(after_device)s, %(after_metric)s, %(after_seq)s))
ORDER BY r.time, r.device_number, r.metric, r.seq
LIMIT %(limit)s;

-- name: latest_values
-- The newest value of a metric of each device of a resident's home, by place.
SELECT d.device_id, d.kind, d.place, l.metric, l.time, l.value
FROM device_assignment AS a
JOIN device AS d USING (device_number)
JOIN resident AS p ON p.resident_id = %(resident)s
JOIN device_latest AS l ON l.device_number = a.device_number
WHERE a.home_id = p.home_id AND (a.resident_id IS NULL OR a.resident_id = p.resident_id)
    -- A value from before it came here is another home's.
    AND upper_inf(a.during) AND a.during @> l.time AND l.metric = ANY(%(metrics)s)
ORDER BY d.place, d.device_id, l.metric;

-- name: rhythm
-- How many life signs, and whether anything at all, came from a resident's home in each part of a span.
SELECT
    time_bucket(%(part)s::interval, r.time) AS began_at,
    count(*) FILTER (WHERE is_life_sign(r.flags)) AS life_signs,
    count(*) AS readings
FROM device_assignment AS a
JOIN resident AS p ON p.resident_id = %(resident)s
JOIN reading AS r ON r.device_number = a.device_number AND a.during @> r.time
WHERE a.home_id = p.home_id AND (a.resident_id IS NULL OR a.resident_id = p.resident_id)
    AND r.time >= %(since)s AND r.time < %(until)s AND NOT is_retained(r.flags)
GROUP BY began_at
ORDER BY began_at;

-- name: away
-- The parts of a span in which a resident's tracker was clearly not at home; the distance is good to a percent.
SELECT DISTINCT time_bucket(%(part)s::interval, f.time) AS part_at
FROM device_assignment AS a
JOIN resident AS p ON p.resident_id = a.resident_id
JOIN home AS h ON h.home_id = p.home_id
JOIN fix AS f ON f.device_number = a.device_number AND a.during @> f.time
WHERE a.resident_id = %(resident)s AND h.lat IS NOT NULL AND h.lon IS NOT NULL
    AND f.time >= %(since)s AND f.time < %(until)s
    AND NOT is_clock_suspect(f.flags)
    AND f.accuracy_m <= %(worst_accuracy_m)s
    AND sqrt(power(f.lat - h.lat, 2) + power((f.lon - h.lon) * cos(radians(h.lat)), 2)) * %(metres_per_degree)s
        > %(away_m)s + f.accuracy_m
ORDER BY part_at;

-- name: fixes
-- Positions of a resident's own trackers in a span, oldest first, page by page; none of which nobody knows when it was.
SELECT
    d.device_id, f.device_number AS device, f.time, f.lat, f.lon, f.accuracy_m, f.speed_kmh, f.course_deg,
    f.received_at, f.seq
FROM device_assignment AS a
JOIN device AS d USING (device_number)
JOIN fix AS f ON f.device_number = a.device_number AND a.during @> f.time
WHERE a.resident_id = %(resident)s
    AND NOT is_clock_suspect(f.flags)
    AND f.time >= %(since)s AND f.time < %(until)s
    AND (%(after_time)s::timestamptz IS NULL
        OR (f.time, f.device_number, f.seq) > (%(after_time)s, %(after_device)s, %(after_seq)s))
ORDER BY f.time, f.device_number, f.seq
LIMIT %(limit)s;

-- name: latest_fix
-- The newest position of a resident's own trackers of which it is known when it was.
SELECT
    d.device_id, f.device_number AS device, f.time, f.lat, f.lon, f.accuracy_m, f.speed_kmh, f.course_deg,
    f.received_at, f.seq
FROM device_assignment AS a
JOIN device AS d USING (device_number)
CROSS JOIN LATERAL (
    SELECT fix.device_number, fix.time, fix.lat, fix.lon, fix.accuracy_m, fix.speed_kmh, fix.course_deg, fix.received_at, fix.seq
    FROM fix
    WHERE fix.device_number = a.device_number AND a.during @> fix.time AND fix.time >= %(since)s
        AND fix.time <= %(until)s AND NOT is_clock_suspect(fix.flags)
    ORDER BY fix.time DESC
    LIMIT 1
) AS f
WHERE a.resident_id = %(resident)s
ORDER BY f.time DESC
LIMIT 1;

-- name: values_of
-- How often devices said what of some metrics, of which part, in a span of time, the most frequent first.
SELECT metric, coalesce(channel, '') AS channel, value, count(*) AS times
FROM reading
WHERE device_number = ANY(%(devices)s) AND time >= %(since)s AND metric = ANY(%(metrics)s)
GROUP BY metric, coalesce(channel, ''), value
ORDER BY times DESC, metric, channel, value
LIMIT %(most)s;
