-- Readings and fixes of one batch, into their tables.

-- name: copy_new_readings
-- Add readings that cannot be stored yet; one that is refuses them all.
COPY reading (device_number, time, metric, seq, value, received_at, flags) FROM STDIN (FORMAT binary);

-- name: store_readings
-- Insert readings that are new, and return per device what was new among them.
WITH fresh AS (
    INSERT INTO reading (device_number, time, metric, seq, value, received_at, flags, channel, acted_from)
    SELECT * FROM unnest(
        %(device)b::integer[], %(time)b::timestamptz[], %(metric)b::smallint[], %(seq)b::bigint[],
        %(value)b::float8[], %(received_at)b::timestamptz[], %(flags)b::smallint[],
        %(channel)s::text[], %(acted_from)s::timestamptz[]
    )
    ON CONFLICT DO NOTHING
    RETURNING device_number, time, metric, value, flags, acted_from
)
SELECT
    device_number, count(*), min(least(time, acted_from)), max(time),
    max(coalesce(acted_from, time)) FILTER (WHERE is_life_sign(flags)),
    coalesce(bool_or(value > 0 AND NOT is_retained(flags) AND metric = ANY(%(urgent)s)), false)
FROM fresh
GROUP BY device_number;

-- name: refresh_retained_calls
-- Calls for help that the broker had kept came as an old state; now the device itself sends them. Return per device which.
WITH called_again AS (
    SELECT known.device_number, known.time, known.metric, known.seq, known.value, given.received_at, given.flags, known.channel
    FROM unnest(
        %(device)b::integer[], %(time)b::timestamptz[], %(metric)b::smallint[], %(seq)b::bigint[],
        %(value)b::float8[], %(received_at)b::timestamptz[], %(flags)b::smallint[]
    ) AS given (device_number, time, metric, seq, value, received_at, flags)
    JOIN reading AS known ON known.device_number = given.device_number AND known.time = given.time
        AND known.metric = given.metric AND known.seq = given.seq AND known.value = given.value
    WHERE known.time >= %(oldest)s AND known.time <= %(newest)s AND is_retained(known.flags)
), put AS (
    -- An UPDATE would lock the parts of all years. These are there already, so each is a conflict.
    INSERT INTO reading (device_number, time, metric, seq, value, received_at, flags, channel)
    SELECT device_number, time, metric, seq, value, received_at, flags, channel FROM called_again
    ON CONFLICT (device_number, time, metric, seq) DO UPDATE
    SET received_at = excluded.received_at, flags = excluded.flags
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
        %(value)b::float8[], %(received_at)b::timestamptz[], %(flags)b::smallint[],
        %(channel)s::text[], %(acted_from)s::timestamptz[], %(since)b::timestamptz[]
    ) AS given (device_number, time, metric, seq, value, received_at, flags, channel, acted_from, since)
), fresh AS (
    INSERT INTO reading (device_number, time, metric, seq, value, received_at, flags, channel, acted_from)
    SELECT device_number, time, metric, seq, value, received_at, flags, channel, acted_from
    FROM given
    WHERE NOT EXISTS (
        SELECT FROM reading AS known
        WHERE known.device_number = given.device_number AND known.time >= given.since
          AND known.time >= %(oldest)s
          AND known.metric = given.metric AND known.seq = given.seq
          AND (NOT is_retained(known.flags) OR is_retained(given.flags))
    )
    ON CONFLICT DO NOTHING
    RETURNING device_number, time, metric, value, flags, acted_from
)
SELECT
    device_number, count(*), min(least(time, acted_from)), max(time),
    max(coalesce(acted_from, time)) FILTER (WHERE is_life_sign(flags)),
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
          AND known.time >= %(oldest)s
    )
    ON CONFLICT DO NOTHING
    RETURNING device_number, time
)
SELECT device_number, count(*), min(time), max(time), NULL::timestamptz, false
FROM fresh
GROUP BY device_number;
