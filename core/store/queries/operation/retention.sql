-- What is too old goes: when that is due, which parts of time it is, and the record of each run.

-- name: state
-- How the last finished run went, and when the next is due.
SELECT
    last.done_at, coalesce(last.parts_left, 0) AS parts_left,
    coalesce(
        last.done_at + CASE WHEN last.parts_left > 0 THEN %(soon)s::interval ELSE %(every)s::interval END,
        (SELECT applied_at + %(first_after)s::interval FROM schema_migration WHERE name = '0023_retention.sql')
    ) AS due_at
FROM (SELECT) AS always
LEFT JOIN LATERAL (
    SELECT done_at, parts_left FROM retention_run WHERE done_at IS NOT NULL ORDER BY retention_run_id DESC LIMIT 1
) AS last ON true;

-- name: evaluated_through
-- How far everybody is evaluated; null where nobody is.
SELECT min(evaluated_through) FROM evaluation;

-- name: dropped_until
-- Of each hypertable, until when everything went.
SELECT part ->> 'what', max((part ->> 'until')::timestamptz)
FROM retention_run CROSS JOIN LATERAL jsonb_array_elements(dropped) AS part
GROUP BY 1;

-- name: try_work
-- Whether a run was left behind or is due, and nobody works.
SELECT CASE
    WHEN %(is_due)s OR EXISTS (SELECT FROM retention_run WHERE done_at IS NULL) THEN pg_try_advisory_xact_lock(%(key)s)
    ELSE false
END;

-- name: hold
-- Become the one that works, for as long as the connection lasts.
SELECT pg_try_advisory_lock(%(key)s);

-- name: unfinished
-- The run that was cut off.
SELECT retention_run_id FROM retention_run WHERE done_at IS NULL;

-- name: begin
-- Begin a run after the last one.
INSERT INTO retention_run (began_at, kept_for, seal_before)
VALUES (
    %(now)s, %(kept_for)s,
    coalesce((SELECT seal FROM retention_run WHERE done_at IS NOT NULL ORDER BY retention_run_id DESC LIMIT 1), '')
)
RETURNING retention_run_id;

-- name: keep_for
-- Let a run that was cut off go on by what is set now.
UPDATE retention_run SET kept_for = %(kept_for)s WHERE retention_run_id = %(run)s;

-- name: runs
-- The latest runs, the newest first; all of them without a limit.
SELECT
    retention_run_id AS number, began_at, done_at, kept_for, dropped, parts_left, seal_before, key_number, seal
FROM retention_run
ORDER BY retention_run_id DESC
LIMIT %(limit)s;

-- name: run
-- One run.
SELECT
    retention_run_id AS number, began_at, done_at, kept_for, dropped, parts_left, seal_before, key_number, seal
FROM retention_run
WHERE retention_run_id = %(run)s;

-- name: parts
-- The parts of a hypertable that end before a moment, the oldest first.
SELECT
    hypertable_name::text AS what, range_start AS since, range_end AS until,
    format('%%I.%%I', chunk_schema, chunk_name) AS table_name
FROM timescaledb_information.chunks
WHERE hypertable_schema = 'public' AND hypertable_name = %(what)s AND range_end <= %(before)s::timestamptz
ORDER BY range_start;

-- name: patience
-- Let whoever reads a part finish, for a moment; whoever comes after must not wait behind us for longer.
SELECT set_config('lock_timeout', '2s', true);

-- name: lock
-- Let nobody write into a part, so that what is counted is what goes.
LOCK TABLE [part] IN SHARE ROW EXCLUSIVE MODE;

-- name: size
-- How large a part is, with its indexes.
SELECT pg_total_relation_size(%(part)s::text::regclass);

-- name: count_reading
-- How many readings a part has.
SELECT count(*) FROM reading WHERE time >= %(since)s AND time < %(until)s;

-- name: count_fix
-- How many fixes a part has.
SELECT count(*) FROM fix WHERE time >= %(since)s AND time < %(until)s;

-- name: evidence_reading
-- Set apart what alerts about people and homes were raised from: a day before each began until an hour after it was raised, a week at most.
-- What is somebody's own is no evidence about a home: it would outlast their erasure.
-- What came late for a part that went before is added. Returns how many rows that were.
WITH found AS (
    SELECT
        alert.alert_id, count(*) AS rows,
        jsonb_agg(jsonb_build_object(
            'time', r.time, 'device_id', device.device_id, 'metric', r.metric, 'value', r.value, 'channel', r.channel,
            'received_at', r.received_at, 'acted_from', r.acted_from, 'seq', r.seq, 'flags', r.flags
        ) ORDER BY r.time, r.device_number, r.metric, r.seq) AS body
    FROM alert
    LEFT JOIN resident ON resident.resident_id = alert.resident_id
    JOIN device_assignment AS here
        ON here.home_id = coalesce(alert.home_id, resident.home_id)
            AND (here.resident_id IS NULL OR here.resident_id = alert.resident_id)
    JOIN device ON device.device_number = here.device_number
    JOIN reading AS r
        ON r.device_number = here.device_number AND here.during @> r.time
            AND r.time >= greatest(alert.began_at - interval '1 day', alert.raised_at - interval '7 days')
            AND r.time < alert.raised_at + interval '1 hour'
    WHERE
        alert.subject_kind IN ('resident', 'home')
        AND alert.began_at - interval '1 day' < %(until)s AND alert.raised_at + interval '1 hour' > %(since)s
        AND r.time >= %(since)s AND r.time < %(until)s
    GROUP BY alert.alert_id
),
kept AS (
    INSERT INTO alert_evidence AS known (alert_id, what, since, until, rows, body, sha256)
    SELECT
        found.alert_id, 'reading', %(since)s, %(until)s, found.rows, found.body,
        encode(sha256(convert_to(found.body::text, 'UTF8')), 'hex')
    FROM found
    ON CONFLICT (alert_id, what, since) DO UPDATE
    SET
        rows = known.rows + excluded.rows, body = known.body || excluded.body,
        sha256 = encode(sha256(convert_to((known.body || excluded.body)::text, 'UTF8')), 'hex')
)
SELECT coalesce(sum(rows), 0) FROM found;

-- name: evidence_fix
-- Set apart the places that alerts about places were raised from: six hours before each began until a day after it was raised.
-- What came late for a part that went before is added. Returns how many rows that were.
WITH found AS (
    SELECT
        alert.alert_id, count(*) AS rows,
        jsonb_agg(jsonb_build_object(
            'time', f.time, 'device_id', device.device_id, 'lat', f.lat, 'lon', f.lon, 'accuracy_m', f.accuracy_m,
            'altitude_m', f.altitude_m, 'speed_kmh', f.speed_kmh, 'course_deg', f.course_deg,
            'received_at', f.received_at, 'seq', f.seq, 'flags', f.flags
        ) ORDER BY f.time, f.device_number, f.seq) AS body
    FROM alert
    JOIN resident ON resident.resident_id = alert.resident_id
    JOIN device_assignment AS here
        ON here.home_id = resident.home_id AND (here.resident_id IS NULL OR here.resident_id = alert.resident_id)
    JOIN device ON device.device_number = here.device_number
    JOIN fix AS f
        ON f.device_number = here.device_number AND here.during @> f.time
            AND f.time >= greatest(alert.began_at - interval '6 hours', alert.raised_at - interval '7 days')
            AND f.time < alert.raised_at + interval '1 day'
    WHERE
        alert.rule = ANY(%(rules)s)
        AND alert.began_at - interval '6 hours' < %(until)s AND alert.raised_at + interval '1 day' > %(since)s
        AND f.time >= %(since)s AND f.time < %(until)s
    GROUP BY alert.alert_id
),
kept AS (
    INSERT INTO alert_evidence AS known (alert_id, what, since, until, rows, body, sha256)
    SELECT
        found.alert_id, 'fix', %(since)s, %(until)s, found.rows, found.body,
        encode(sha256(convert_to(found.body::text, 'UTF8')), 'hex')
    FROM found
    ON CONFLICT (alert_id, what, since) DO UPDATE
    SET
        rows = known.rows + excluded.rows, body = known.body || excluded.body,
        sha256 = encode(sha256(convert_to((known.body || excluded.body)::text, 'UTF8')), 'hex')
)
SELECT coalesce(sum(rows), 0) FROM found;

-- name: drop
-- Let a part go, and return which did.
SELECT drop_chunks(%(what)s::text::regclass, older_than => %(until)s::timestamptz, newer_than => %(since)s::timestamptz);

-- name: note
-- Note what went, in the transaction in which it goes.
UPDATE retention_run SET dropped = dropped || %(dropped)s::jsonb WHERE retention_run_id = %(run)s;

-- name: finish
-- Seal a run.
UPDATE retention_run
SET done_at = %(now)s, parts_left = %(parts_left)s, key_number = %(key_number)s, seal = %(seal)s
WHERE retention_run_id = %(run)s;
