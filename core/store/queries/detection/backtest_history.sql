-- What trying rules on a resident's past needs to know beside what live evaluation reads. Nothing here writes.

-- name: read_only
-- Let this transaction see one moment of the database and refuse to change it.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: subject_of
-- A resident as they are evaluated now, their home, whether what is nobody's own counts for them, and whether nobody there was watched
-- before them. What is stored is complete as far as the ward is evaluated, though this resident may yet have to catch up.
SELECT
    resident.resident_id, resident.watched_from, resident.sensitivity,
    greatest(evaluation.evaluated_through, ward.evaluated_through), home.time_zone,
    home.home_id, home.name,
    NOT EXISTS (
        SELECT FROM resident AS other
        WHERE other.home_id = resident.home_id AND other.resident_id < resident.resident_id
    ),
    NOT EXISTS (
        SELECT FROM resident AS other
        WHERE other.home_id = resident.home_id AND other.watched_from < resident.watched_from
    )
FROM resident
JOIN home USING (home_id)
LEFT JOIN evaluation ON evaluation.resident_id = resident.resident_id
LEFT JOIN evaluation AS ward ON ward.resident_id IS NULL
WHERE resident.resident_id = %(resident)s;

-- name: stored_from
-- The first life sign in a home after a moment, or the first fix of a resident's trackers.
SELECT min(first.time)
FROM device_assignment AS here
CROSS JOIN LATERAL (
    (SELECT coalesce(reading.acted_from, reading.time) AS time FROM reading
     WHERE reading.device_number = here.device_number AND reading.time > %(since)s
         AND is_life_sign(reading.flags) AND NOT is_retained(reading.flags) AND here.during @> reading.time
     ORDER BY reading.time
     LIMIT 1)
    UNION ALL
    (SELECT fix.time FROM fix
     WHERE fix.device_number = here.device_number AND fix.time > %(since)s
         AND NOT is_retained(fix.flags) AND NOT is_clock_suspect(fix.flags) AND here.during @> fix.time
         AND (here.resident_id = %(resident)s OR %(is_lead)s)
     ORDER BY fix.time
     LIMIT 1)
) AS first
WHERE here.home_id = %(home)s AND (here.resident_id IS NULL OR here.resident_id = %(resident)s);

-- name: reported_at
-- Of each device of a home with a heartbeat, when it reported something in a span: the first and the last time of every ten minutes.
SELECT
    device.device_number AS device, device.kind, device.place, device.heartbeat_s,
    array_agg(reported.first) || array_agg(reported.last) AS times
FROM device_assignment AS here
JOIN device USING (device_number)
JOIN LATERAL (
    SELECT min(reading.time) AS first, max(reading.time) AS last
    FROM reading
    WHERE reading.device_number = here.device_number
        AND reading.time > %(since)s AND reading.time <= %(until)s
        AND NOT is_retained(reading.flags) AND here.during @> reading.time
    GROUP BY time_bucket('10 minutes', reading.time)
) AS reported ON true
WHERE here.home_id = %(home)s AND here.during && tstzrange(%(since)s, %(until)s, '[]') AND device.heartbeat_s IS NOT NULL
GROUP BY device.device_number, device.kind, device.place, device.heartbeat_s
ORDER BY device.device_number;

-- name: equipment
-- The kinds of devices that were in a home at a moment, and whether each was on record as silent then.
SELECT device.kind, EXISTS (
    SELECT FROM blind_time
    WHERE subject_kind = 'device' AND subject_number = device.device_number
        AND coalesce(known_at, began_at) <= %(at)s AND coalesce(ended_at, 'infinity') > %(at)s
)
FROM device_assignment AS here
JOIN device USING (device_number)
WHERE here.home_id = %(home)s AND here.during @> %(at)s::timestamptz;

-- name: confirmed_alerts
-- What began in a span and people closed as real: when, which rule had raised it, and when that episode ended or was closed.
SELECT began_at, rule AS what, greatest(raised_at, least(cleared_at, closed_at)) AS until
FROM alert
WHERE resident_id = %(resident)s AND outcome = ANY(%(outcomes)s)
    AND began_at > %(since)s AND began_at <= %(until)s
ORDER BY began_at, alert_id;
