-- One batch of messages: latest state, changes for the scheduler, and how far ingest has come.

-- name: store_latest
-- Keep the latest value of each metric of each device, by the time it happened.
INSERT INTO device_latest (device_number, metric, time, value)
SELECT * FROM unnest(%(device)b::integer[], %(metric)b::smallint[], %(time)b::timestamptz[], %(value)b::float8[])
ON CONFLICT (device_number, metric) DO UPDATE SET time = excluded.time, value = excluded.value
WHERE excluded.time > device_latest.time
   OR (excluded.time = device_latest.time AND excluded.value <> device_latest.value);

-- name: store_contacts
-- Keep the last contact of each device, its last sequence number and the skew of its clock.
INSERT INTO device_contact (device_number, last_received_at, last_time, last_seq, clock_skew_s)
SELECT * FROM unnest(
    %(device)b::integer[], %(received_at)b::timestamptz[], %(time)b::timestamptz[], %(seq)b::bigint[],
    %(skew_s)b::float8[]
)
ON CONFLICT (device_number) DO UPDATE SET
    last_received_at = greatest(excluded.last_received_at, device_contact.last_received_at),
    last_time = greatest(excluded.last_time, device_contact.last_time),
    last_seq = greatest(excluded.last_seq, device_contact.last_seq),
    -- A message may come late and never early, so the least difference is the nearest to the clock's own; a clock that
    -- is set back shows after some messages.
    clock_skew_s = CASE
        WHEN excluded.clock_skew_s > device_contact.clock_skew_s
        THEN device_contact.clock_skew_s + 0.1 * (excluded.clock_skew_s - device_contact.clock_skew_s)
        ELSE coalesce(excluded.clock_skew_s, device_contact.clock_skew_s)
    END;

-- name: store_changes
-- Mark the homes in which the devices were at the time of what is new; a call for help also where the device is now.
INSERT INTO home_change (home_id, earliest, urgent)
SELECT assignment.home_id, min(fresh.earliest), bool_or(fresh.urgent)
FROM unnest(%(device)b::integer[], %(earliest)b::timestamptz[], %(latest)b::timestamptz[], %(urgent)b::boolean[])
    AS fresh (device_number, earliest, latest, urgent)
JOIN device_assignment AS assignment
    ON assignment.device_number = fresh.device_number
   AND (assignment.during && tstzrange(fresh.earliest, fresh.latest, '[]')
        OR (fresh.urgent AND upper_inf(assignment.during)))
GROUP BY assignment.home_id;

-- name: store_home_latest
-- Keep the latest life sign in each home, not of devices that chatter. Where a device moved within what is new, its former home has one
-- of its own.
INSERT INTO home_latest (home_id, life_sign_at, device_number)
SELECT DISTINCT ON (home_id) home_id, life_sign_at, device_number
FROM (
    SELECT
        assignment.home_id, fresh.device_number,
        CASE WHEN assignment.during @> fresh.life_sign_at THEN fresh.life_sign_at ELSE (
            SELECT max(coalesce(reading.acted_from, reading.time)) FROM reading
            WHERE reading.device_number = fresh.device_number AND is_life_sign(reading.flags)
                AND reading.time >= fresh.earliest AND reading.time >= %(oldest)s
                AND coalesce(reading.acted_from, reading.time) < fresh.life_sign_at
                AND assignment.during @> coalesce(reading.acted_from, reading.time)
        ) END AS life_sign_at
    FROM unnest(%(device)b::integer[], %(earliest)b::timestamptz[], %(life_sign_at)b::timestamptz[])
        AS fresh (device_number, earliest, life_sign_at)
    JOIN device_assignment AS assignment
        ON assignment.device_number = fresh.device_number
       AND assignment.during && tstzrange(fresh.earliest, fresh.life_sign_at, '[]')
    WHERE NOT EXISTS (SELECT FROM chattering_device AS chatter WHERE chatter.device_number = fresh.device_number)
) AS signs
WHERE life_sign_at IS NOT NULL
ORDER BY home_id, life_sign_at DESC
ON CONFLICT (home_id) DO UPDATE SET life_sign_at = excluded.life_sign_at, device_number = excluded.device_number
WHERE excluded.life_sign_at > home_latest.life_sign_at;

-- name: oldest_sign
-- The oldest of the signs that stand as the last of a home and came from some devices.
SELECT min(life_sign_at) FROM home_latest WHERE device_number = ANY(%(devices)s);

-- name: drop_moved_signs
-- Of devices of which a reading is no life sign any more, or is dated otherwise: drop what stands as the last sign of a home and is none.
-- Who waits for another goes on without: evaluation puts the last sign that it believes there.
DELETE FROM home_latest
WHERE home_id IN (
    SELECT home_id FROM home_latest AS shown
    WHERE shown.device_number = ANY(%(devices)s) AND NOT EXISTS (
        SELECT FROM reading
        WHERE reading.device_number = shown.device_number AND reading.time >= shown.life_sign_at
            AND reading.time >= %(oldest)s
            AND is_life_sign(reading.flags) AND coalesce(reading.acted_from, reading.time) = shown.life_sign_at
    )
    FOR UPDATE SKIP LOCKED
)
RETURNING home_id;

-- name: notify_changes
-- Wake the scheduler; `urgent` says that somebody called for help.
SELECT pg_notify('home_change', %(payload)s);

-- name: report_progress
-- Record how far this worker has come; never backwards.
INSERT INTO ingest_progress (worker, watermark, stored_messages, reported_at)
VALUES (%(worker)s, %(watermark)s, %(messages)s, %(now)s)
ON CONFLICT (worker) DO UPDATE SET
    watermark = greatest(excluded.watermark, ingest_progress.watermark),
    stored_messages = ingest_progress.stored_messages + excluded.stored_messages,
    reported_at = excluded.reported_at;

-- name: progress
-- How far a worker had come.
SELECT watermark FROM ingest_progress WHERE worker = %(worker)s;

-- name: devices
-- Registered devices with the zone of the home they are in now; also those that went out of use a short time ago, since what
-- they measured before may still be on its way.
SELECT
    device.device_number AS number, device.device_id, device.sender, device.kind, device.gateway_id, home.time_zone AS zone,
    device.heartbeat_s, device.profile_id, device.meaning
FROM device
LEFT JOIN device_assignment AS assignment
    ON assignment.device_number = device.device_number AND assignment.during @> %(now)s
LEFT JOIN home ON home.home_id = assignment.home_id
WHERE (device.retired_at IS NULL OR device.retired_at > %(now)s - interval '14 days') AND (%(senders)s::text[] IS NULL OR device.sender = ANY(%(senders)s::text[]));

-- name: latest_states
-- The latest known states of which only an edge is a life sign, and whether devices are connected.
SELECT device_number, metric, channel, time, value FROM device_state
UNION ALL
SELECT device_number, metric, '', time, value FROM device_latest WHERE metric = %(link)s;

-- name: store_states
-- Keep the latest state of each part of each device, by the time it happened, and count what was said.
INSERT INTO device_state (device_number, metric, channel, time, value, said, said_since, lowest, highest)
SELECT * FROM unnest(
    %(device)s::integer[], %(metric)s::smallint[], %(channel)s::text[], %(time)s::timestamptz[], %(value)s::float8[],
    %(said)s::integer[], %(said_since)s::timestamptz[], %(lowest)s::float8[], %(highest)s::float8[]
)
ON CONFLICT (device_number, metric, channel) DO UPDATE SET
    time = greatest(excluded.time, device_state.time),
    value = CASE WHEN excluded.time >= device_state.time THEN excluded.value ELSE device_state.value END,
    said = device_state.said + excluded.said,
    said_since = least(device_state.said_since, excluded.said_since),
    lowest = least(device_state.lowest, excluded.lowest),
    highest = greatest(device_state.highest, excluded.highest);

-- name: count_states
-- Count what was said of states that came late, so that the latest stays as it is.
UPDATE device_state SET
    said = device_state.said + more.said,
    said_since = least(device_state.said_since, more.said_since),
    lowest = least(device_state.lowest, more.lowest),
    highest = greatest(device_state.highest, more.highest)
FROM unnest(
    %(device)s::integer[], %(metric)s::smallint[], %(channel)s::text[], %(said)s::integer[], %(said_since)s::timestamptz[],
    %(lowest)s::float8[], %(highest)s::float8[]
) AS more (device_number, metric, channel, said, said_since, lowest, highest)
WHERE device_state.device_number = more.device_number AND device_state.metric = more.metric
    AND device_state.channel = more.channel;

-- name: try_lock
-- Become the one active worker with this name; held until the connection ends.
SELECT pg_try_advisory_lock(%(key)s);

-- name: alive
-- Prove that the connection, and with it the lock, still stands.
SELECT 1;
