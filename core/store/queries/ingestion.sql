-- One batch of messages: readings, fixes, latest state, news for the runner, and how far ingest has come.

-- name: store_readings
-- Insert readings that are new, and tell per device what was new among them.
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
    max(time) FILTER (WHERE flags & 1 = 1),
    coalesce(bool_or(flags & 1 = 1 AND metric = ANY(%(urgent)s)), false)
FROM fresh
GROUP BY device_number;

-- name: store_doubtful_readings
-- The same for readings whose time is ours: a repeat would come at another time, so its number is looked for first.
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
    )
    ON CONFLICT DO NOTHING
    RETURNING device_number, time, metric, value, flags
)
SELECT
    device_number, count(*), min(time), max(time),
    max(time) FILTER (WHERE flags & 1 = 1),
    coalesce(bool_or(flags & 1 = 1 AND metric = ANY(%(urgent)s)), false)
FROM fresh
GROUP BY device_number;

-- name: store_fixes
-- Insert fixes that are new, and tell per device what was new among them.
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
-- Let nobody else judge the states of these devices until the end of the transaction.
SELECT pg_advisory_xact_lock(1, device_number) FROM unnest(%(devices)s::integer[]) AS given (device_number)
ORDER BY device_number;

-- name: mend_state_changes
-- After a state came late: of a device's states only those are life signs that differ from the one before.
WITH given AS (
    SELECT * FROM unnest(%(device)b::integer[], %(metric)b::smallint[], %(since)b::timestamptz[])
        AS given (device_number, metric, since)
), span AS (
    SELECT
        given.device_number, given.metric,
        (SELECT before.time FROM reading AS before
         WHERE before.device_number = given.device_number AND before.metric = given.metric
           AND before.time < given.since AND before.flags & 2 = 0
         ORDER BY before.time DESC LIMIT 1) AS first,
        (SELECT after.time FROM reading AS after
         WHERE after.device_number = given.device_number AND after.metric = given.metric
           AND after.time > given.since AND after.flags & 2 = 0
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
        AND reading.flags & 2 = 0
)
UPDATE reading
SET flags = CASE WHEN state.changed THEN reading.flags | 1 ELSE reading.flags & ~1::smallint END
FROM state
WHERE reading.device_number = state.device_number AND reading.time = state.time
  AND reading.metric = state.metric AND reading.seq = state.seq
  -- The first state of the span is only there to compare with.
  AND state.time IS DISTINCT FROM state.first
  AND (state.flags & 1 = 1) <> state.changed;

-- name: store_latest
-- Keep the latest value of each metric of each device, by the time it happened.
INSERT INTO device_latest (device_number, metric, time, value)
SELECT * FROM unnest(%(device)b::integer[], %(metric)b::smallint[], %(time)b::timestamptz[], %(value)b::float8[])
ON CONFLICT (device_number, metric) DO UPDATE SET time = excluded.time, value = excluded.value
WHERE excluded.time > device_latest.time
   OR (excluded.time = device_latest.time AND excluded.value <> device_latest.value);

-- name: store_contacts
-- Keep when we last heard of each device, its numbering and the skew of its clock.
INSERT INTO device_contact (device_number, last_received_at, last_time, last_seq, clock_skew_s)
SELECT * FROM unnest(
    %(device)b::integer[], %(received_at)b::timestamptz[], %(time)b::timestamptz[], %(seq)b::bigint[],
    %(skew_s)b::float8[]
)
ON CONFLICT (device_number) DO UPDATE SET
    last_received_at = greatest(excluded.last_received_at, device_contact.last_received_at),
    last_time = greatest(excluded.last_time, device_contact.last_time),
    last_seq = greatest(excluded.last_seq, device_contact.last_seq),
    clock_skew_s = coalesce(excluded.clock_skew_s, device_contact.clock_skew_s);

-- name: store_news
-- Mark the homes in which the devices were at the time of what is new.
INSERT INTO home_news (home_id, earliest, urgent)
SELECT assignment.home_id, min(fresh.earliest), bool_or(fresh.urgent)
FROM unnest(%(device)b::integer[], %(earliest)b::timestamptz[], %(latest)b::timestamptz[], %(urgent)b::boolean[])
    AS fresh (device_number, earliest, latest, urgent)
JOIN device_assignment AS assignment
    ON assignment.device_number = fresh.device_number
   AND assignment.during && tstzrange(fresh.earliest, fresh.latest, '[]')
GROUP BY assignment.home_id;

-- name: store_home_latest
-- Keep the latest life sign in each home.
INSERT INTO home_latest (home_id, life_sign_at, device_number)
SELECT DISTINCT ON (assignment.home_id) assignment.home_id, fresh.life_sign_at, fresh.device_number
FROM unnest(%(device)b::integer[], %(life_sign_at)b::timestamptz[]) AS fresh (device_number, life_sign_at)
JOIN device_assignment AS assignment
    ON assignment.device_number = fresh.device_number AND assignment.during @> fresh.life_sign_at
ORDER BY assignment.home_id, fresh.life_sign_at DESC
ON CONFLICT (home_id) DO UPDATE SET life_sign_at = excluded.life_sign_at, device_number = excluded.device_number
WHERE excluded.life_sign_at > home_latest.life_sign_at;

-- name: notify_news
-- Wake the runner; `urgent` tells that somebody called for help.
SELECT pg_notify('news', %(payload)s);

-- name: report_progress
-- Tell how far this worker has come; never backwards.
INSERT INTO ingest_progress (worker, complete_through, stored_messages, reported_at)
VALUES (%(worker)s, %(complete_through)s, %(messages)s, %(now)s)
ON CONFLICT (worker) DO UPDATE SET
    complete_through = greatest(excluded.complete_through, ingest_progress.complete_through),
    stored_messages = ingest_progress.stored_messages + excluded.stored_messages,
    reported_at = excluded.reported_at;

-- name: progress
-- How far a worker had come.
SELECT complete_through FROM ingest_progress WHERE worker = %(worker)s;

-- name: devices
-- Registered devices with the zone of the home they are in now.
SELECT device.device_number, device.device_id, device.sender, device.kind, device.gateway_id, home.time_zone
FROM device
LEFT JOIN device_assignment AS assignment
    ON assignment.device_number = device.device_number AND assignment.during @> %(now)s
LEFT JOIN home ON home.home_id = assignment.home_id
WHERE device.retired_at IS NULL AND (%(senders)s::text[] IS NULL OR device.sender = ANY(%(senders)s::text[]));

-- name: latest_states
-- The latest known states of the metrics for which only a change is a life sign.
SELECT device_number, metric, time, value FROM device_latest WHERE metric = ANY(%(metrics)s);

-- name: begin_blind_time
-- Note that from now on the whole ward cannot be heard.
INSERT INTO blind_time (subject, began_at, cause, known_at) VALUES (%(subject)s, %(began_at)s, %(cause)s, %(now)s)
ON CONFLICT DO NOTHING;

-- name: end_blind_time
-- Note that it can be heard again.
UPDATE blind_time SET ended_at = %(ended_at)s
WHERE subject = %(subject)s AND cause = %(cause)s AND ended_at IS NULL;

-- name: try_lock
-- Become the one active worker with this name; held until the connection ends.
SELECT pg_try_advisory_lock(%(key)s);

-- name: alive
-- Prove that the connection, and with it the lock, still stands.
SELECT 1;
