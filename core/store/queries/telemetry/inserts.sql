-- Readings and fixes of one batch, into their tables.

-- name: copy_new_readings
-- Add readings that cannot be stored yet; one that is refuses them all.
COPY reading (device_number, time, metric, seq, value, received_at, flags) FROM STDIN (FORMAT binary);

-- name: store_readings
-- Insert readings that are new, and return per device what was new among them.
WITH fresh AS (
    INSERT INTO reading (device_number, time, metric, seq, value, received_at, flags)
    SELECT * FROM unnest(
        %(device)b::integer[], %(time)b::timestamptz[], %(metric)b::smallint[], %(seq)b::bigint[],
        %(value)b::float8[], %(received_at)b::timestamptz[], %(flags)b::smallint[]
    )
    ON CONFLICT DO NOTHING
    RETURNING device_number, time, metric, value, flags
)
SELECT
    device_number, count(*), min(time), max(time),
    max(time) FILTER (WHERE is_life_sign(flags)),
    coalesce(bool_or(value > 0 AND NOT is_retained(flags) AND metric = ANY(%(urgent)s)), false)
FROM fresh
GROUP BY device_number;

-- name: refresh_retained_calls
-- Calls for help that the broker had kept came as an old state; now the device itself sends them. Return per device which.
WITH called_again AS (
    UPDATE reading AS known
    SET received_at = given.received_at, flags = given.flags
    FROM unnest(
        %(device)b::integer[], %(time)b::timestamptz[], %(metric)b::smallint[], %(seq)b::bigint[],
        %(value)b::float8[], %(received_at)b::timestamptz[], %(flags)b::smallint[]
    ) AS given (device_number, time, metric, seq, value, received_at, flags)
    WHERE known.device_number = given.device_number AND known.time = given.time AND known.metric = given.metric
      AND known.seq = given.seq AND known.value = given.value AND is_retained(known.flags)
    RETURNING known.device_number, known.time, known.flags
)
SELECT device_number, count(*), min(time), max(time), max(time) FILTER (WHERE is_life_sign(flags)), true
FROM called_again
GROUP BY device_number;

-- name: store_doubtful_readings
-- The same for readings whose time is ours: a repeat would come at another time, so its number is looked for first. What the broker
-- had kept is no sign that the device's own message came before.
WITH given AS (
    SELECT * FROM unnest(
        %(device)b::integer[], %(time)b::timestamptz[], %(metric)b::smallint[], %(seq)b::bigint[],
        %(value)b::float8[], %(received_at)b::timestamptz[], %(flags)b::smallint[], %(since)b::timestamptz[]
    ) AS given (device_number, time, metric, seq, value, received_at, flags, since)
), fresh AS (
    INSERT INTO reading (device_number, time, metric, seq, value, received_at, flags)
    SELECT device_number, time, metric, seq, value, received_at, flags
    FROM given
    WHERE NOT EXISTS (
        SELECT FROM reading AS known
        WHERE known.device_number = given.device_number AND known.time >= given.since
          AND known.metric = given.metric AND known.seq = given.seq
          AND (NOT is_retained(known.flags) OR is_retained(given.flags))
    )
    ON CONFLICT DO NOTHING
    RETURNING device_number, time, metric, value, flags
)
SELECT
    device_number, count(*), min(time), max(time),
    max(time) FILTER (WHERE is_life_sign(flags)),
    coalesce(bool_or(value > 0 AND NOT is_retained(flags) AND metric = ANY(%(urgent)s)), false)
FROM fresh
GROUP BY device_number;

-- name: store_fixes
-- Insert fixes that are new, and return per device what was new among them.
WITH given AS (
    SELECT * FROM unnest(
        %(device)b::integer[], %(time)b::timestamptz[], %(seq)b::bigint[], %(lat)b::float8[], %(lon)b::float8[],
        %(accuracy_m)b::real[], %(altitude_m)b::real[], %(speed_kmh)b::real[], %(course_deg)b::real[],
        %(received_at)b::timestamptz[], %(flags)b::smallint[], %(since)b::timestamptz[]
    ) AS given (
        device_number, time, seq, lat, lon, accuracy_m, altitude_m, speed_kmh, course_deg, received_at, flags, since
    )
), fresh AS (
    INSERT INTO fix (
        device_number, time, seq, lat, lon, accuracy_m, altitude_m, speed_kmh, course_deg, received_at, flags
    )
    SELECT device_number, time, seq, lat, lon, accuracy_m, altitude_m, speed_kmh, course_deg, received_at, flags
    FROM given
    WHERE since IS NULL OR NOT EXISTS (
        SELECT FROM fix AS known
        WHERE known.device_number = given.device_number AND known.time >= given.since AND known.seq = given.seq
    )
    ON CONFLICT DO NOTHING
    RETURNING device_number, time
)
SELECT device_number, count(*), min(time), max(time), NULL::timestamptz, false
FROM fresh
GROUP BY device_number;

-- name: lock_states
-- Let nobody else evaluate the states of these devices until the end of the transaction.
SELECT pg_advisory_xact_lock(1, device_number) FROM unnest(%(devices)s::integer[]) AS given (device_number)
ORDER BY device_number;

-- name: correct_state_changes
-- After a state came late: of a device's states only those are life signs that differ from the one before.
WITH given AS (
    SELECT * FROM unnest(%(device)b::integer[], %(metric)b::smallint[], %(since)b::timestamptz[])
        AS given (device_number, metric, since)
), span AS (
    SELECT
        given.device_number, given.metric,
        (SELECT before.time FROM reading AS before
         WHERE before.device_number = given.device_number AND before.metric = given.metric
           AND before.time < given.since AND NOT is_retained(before.flags)
         ORDER BY before.time DESC LIMIT 1) AS first,
        (SELECT after.time FROM reading AS after
         WHERE after.device_number = given.device_number AND after.metric = given.metric
           AND after.time > given.since AND NOT is_retained(after.flags)
         ORDER BY after.time LIMIT 1) AS last,
        given.since
    FROM given
), state AS (
    SELECT
        reading.device_number, reading.time, reading.metric, reading.seq, reading.flags,
        span.first,
        reading.value IS DISTINCT FROM
            lag(reading.value) OVER (PARTITION BY reading.device_number, reading.metric
                                     ORDER BY reading.time, reading.seq) AS changed
    FROM span
    JOIN reading ON reading.device_number = span.device_number AND reading.metric = span.metric
        AND reading.time >= coalesce(span.first, span.since) AND reading.time <= coalesce(span.last, span.since)
        AND NOT is_retained(reading.flags)
)
UPDATE reading
SET flags = CASE
    WHEN state.changed THEN reading.flags | %(life_sign)s::smallint
    ELSE reading.flags & ~%(life_sign)s::smallint
END
FROM state
WHERE reading.device_number = state.device_number AND reading.time = state.time
  AND reading.metric = state.metric AND reading.seq = state.seq
  -- The first state of the span is only there to compare with.
  AND state.time IS DISTINCT FROM state.first
  AND is_life_sign(state.flags) <> state.changed
  -- Of what has a suspect time and no number nobody knows when it was.
  AND NOT (is_clock_suspect(state.flags) AND state.seq <= 0);
