-- What trying rules on a resident's past needs to know beside what live judging reads. Nothing here writes.

-- name: look_only
-- Let this transaction see one moment of the database and refuse to change it.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: whose
-- A resident as they are judged now, their home, and whether what is nobody's own counts for them.
SELECT
    resident.resident_id, resident.watched_from, resident.sensitivity, watch.judged_through, home.time_zone,
    home.home_id, home.name,
    NOT EXISTS (
        SELECT FROM resident AS other
        WHERE other.home_id = resident.home_id AND other.resident_id < resident.resident_id
    )
FROM resident
JOIN home USING (home_id)
LEFT JOIN watch ON watch.resident_id = resident.resident_id
WHERE resident.resident_id = %(resident)s;

-- name: equipment
-- The kinds of devices that were in a home at a moment, and whether each was on record as silent then.
SELECT device.kind, EXISTS (
    SELECT FROM blind_time
    WHERE subject = 'device:' || device.device_number
        AND coalesce(known_at, began_at) <= %(at)s AND coalesce(ended_at, 'infinity') > %(at)s
)
FROM device_assignment AS here
JOIN device USING (device_number)
WHERE here.home_id = %(home)s AND here.during @> %(at)s::timestamptz;

-- name: real_matters
-- What began in a span and people closed as real: when, and which rule had told it.
SELECT began_at, rule
FROM alert
WHERE resident_id = %(resident)s AND outcome = ANY(%(outcomes)s)
    AND began_at > %(since)s AND began_at <= %(until)s
ORDER BY began_at, alert_id;
