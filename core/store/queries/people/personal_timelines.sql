-- Readings and fixes of a resident: those that their devices, or their home's, measured while they were theirs.

-- name: reading_edges
-- The first and the last time of each span that has any.
SELECT min(found.first_at), max(found.last_at)
FROM unnest(%(span_devices)s::integer[], %(span_since)s::timestamptz[], %(span_until)s::timestamptz[])
    AS span (device, since, until)
CROSS JOIN LATERAL (
    SELECT min(r.time) AS first_at, max(r.time) AS last_at
    FROM reading AS r WHERE r.device_number = span.device AND r.time >= span.since AND r.time < span.until
) AS found;

-- name: fix_edges
-- The first and the last time of each span that has any.
SELECT min(found.first_at), max(found.last_at)
FROM unnest(%(span_devices)s::integer[], %(span_since)s::timestamptz[], %(span_until)s::timestamptz[])
    AS span (device, since, until)
CROSS JOIN LATERAL (
    SELECT min(f.time) AS first_at, max(f.time) AS last_at
    FROM fix AS f WHERE f.device_number = span.device AND f.time >= span.since AND f.time < span.until
) AS found;

-- name: delete_reading
-- Delete the readings of a stretch of time.
DELETE FROM reading AS r
USING unnest(%(span_devices)s::integer[], %(span_since)s::timestamptz[], %(span_until)s::timestamptz[])
    AS span (device, since, until)
WHERE
    r.device_number = span.device AND r.time >= span.since AND r.time < span.until
    AND r.time >= %(first)s AND r.time < %(last)s;

-- name: delete_fix
-- Delete the fixes of a stretch of time.
DELETE FROM fix AS f
USING unnest(%(span_devices)s::integer[], %(span_since)s::timestamptz[], %(span_until)s::timestamptz[])
    AS span (device, since, until)
WHERE
    f.device_number = span.device AND f.time >= span.since AND f.time < span.until
    AND f.time >= %(first)s AND f.time < %(last)s;

-- name: read_reading
-- The readings of a stretch of time, in order.
SELECT r.time, d.device_id, r.metric, r.value, r.channel, r.received_at, r.acted_from, r.seq, r.flags
FROM reading AS r
JOIN unnest(%(span_devices)s::integer[], %(span_since)s::timestamptz[], %(span_until)s::timestamptz[])
    AS span (device, since, until)
    ON r.device_number = span.device AND r.time >= span.since AND r.time < span.until
JOIN device AS d ON d.device_number = r.device_number
WHERE r.time >= %(first)s AND r.time < %(last)s
ORDER BY r.time, r.device_number, r.metric, r.seq;

-- name: read_fix
-- The fixes of a stretch of time, in order.
SELECT
    f.time, d.device_id, f.lat, f.lon, f.accuracy_m, f.altitude_m, f.speed_kmh, f.course_deg, f.received_at, f.seq,
    f.flags
FROM fix AS f
JOIN unnest(%(span_devices)s::integer[], %(span_since)s::timestamptz[], %(span_until)s::timestamptz[])
    AS span (device, since, until)
    ON f.device_number = span.device AND f.time >= span.since AND f.time < span.until
JOIN device AS d ON d.device_number = f.device_number
WHERE f.time >= %(first)s AND f.time < %(last)s
ORDER BY f.time, f.device_number, f.seq;
