-- What happened in a home, in the form in which rules read it.

-- name: life_signs
-- Life signs in the homes of residents, of each in a span of their own: Unix seconds per device; a resident's own devices are not
-- another resident's. One that somebody gave at some time within a break counts from its beginning. And whether the device sees people who
-- sit still: it reported presence lately; and after how many seconds it reports the next movement, by its profile. The earliest
-- beginning stands beside each one's own, so that older parts of the readings are not looked at.
SELECT
    asked.resident_id AS resident, device.device_number AS device, device.kind, device.place, array_agg(extract(epoch FROM sign.time)::float8) AS times,
    EXISTS (
        SELECT FROM device_latest AS latest
        WHERE latest.device_number = device.device_number AND latest.metric = %(reported_presence)s
            AND latest.time > %(still_since)s
    ) AS sees_stillness,
    (
        SELECT max(extract(epoch FROM (field ->> 'hold')::interval)::float8)
        FROM device_profile AS profile
        CROSS JOIN jsonb_array_elements(profile.fields) AS field
        WHERE profile.profile_id = device.profile_id AND field ->> 'evidence' = 'pulse'
    ) AS hold_s
FROM unnest(%(residents)s::integer[], %(homes)s::integer[], %(since)s::timestamptz[]) AS asked (resident_id, home_id, since)
JOIN device_assignment AS here
    ON here.home_id = asked.home_id
        AND here.during && tstzrange(asked.since, %(until)s, '[]')
        AND (here.resident_id IS NULL OR here.resident_id = asked.resident_id)
JOIN device USING (device_number)
JOIN LATERAL (
    SELECT coalesce(reading.acted_from, reading.time) AS time
    FROM reading
    WHERE reading.device_number = here.device_number
        AND reading.time > %(earliest)s AND reading.time > asked.since AND reading.time <= %(until)s
        AND is_life_sign(reading.flags) AND NOT is_retained(reading.flags)
        AND coalesce(reading.acted_from, reading.time) > asked.since
        AND here.during @> coalesce(reading.acted_from, reading.time)
) AS sign ON true
GROUP BY asked.resident_id, device.device_number, device.kind, device.place;

-- name: presses
-- Presses of emergency buttons of a resident or of everybody in the home, received in a span. A press belongs to whose the
-- button was at that time; one from before the button was anybody's (a clock that is behind) to whose it was on arrival.
-- Of a detector also when it last said, between the call before and this one, that all is well. None has a time before `began_from`: a
-- clock that is years behind is set right on arrival, and what came months late makes that moment earlier.
WITH call AS (
    SELECT here.device_number, device.place, reading.time, reading.received_at, reading.seq
    FROM device_assignment AS here
    -- A canary that somebody put into a home by mistake calls for nobody.
    JOIN device ON device.device_number = here.device_number AND device.kind <> 'canary'
    JOIN device_latest AS ever ON ever.device_number = here.device_number AND ever.metric = %(metric)s
    JOIN reading ON reading.device_number = here.device_number AND reading.metric = %(metric)s
        AND reading.time >= %(began_from)s
        AND reading.value > 0 AND NOT is_retained(reading.flags)
        AND here.during @> CASE
            WHEN EXISTS (
                SELECT FROM device_assignment AS owned
                WHERE owned.device_number = here.device_number AND owned.during @> reading.time
            ) THEN reading.time
            ELSE reading.received_at
        END
    WHERE here.home_id = %(home)s AND reading.received_at > %(since)s
        AND (here.resident_id = %(resident)s OR (here.resident_id IS NULL AND %(is_lead)s))
), after AS (
    SELECT call.*, lag(call.time) OVER (PARTITION BY device_number ORDER BY call.time) AS before FROM call
)
SELECT
    after.device_number AS device, after.place, after.time, after.received_at, after.seq,
    (
        SELECT calm.time
        FROM reading AS calm
        WHERE %(is_detector)s AND calm.device_number = after.device_number AND calm.metric = %(metric)s
            AND calm.value = 0 AND NOT is_retained(calm.flags)
            AND calm.time > %(calm_from)s
            AND calm.time < after.time AND calm.time > coalesce(after.before, after.time - interval '30 days')
        ORDER BY calm.time DESC
        LIMIT 1
    ) AS calm_at
FROM after
ORDER BY after.time;

-- name: reported_metrics
-- Which of some metrics the devices of some homes ever reported.
SELECT DISTINCT here.home_id, ever.metric
FROM device_assignment AS here
JOIN device_latest AS ever USING (device_number)
WHERE here.home_id = ANY(%(homes)s) AND ever.metric = ANY(%(metrics)s);

-- name: track
-- Fixes of a resident's trackers in a span: Unix seconds, degrees, metres (NaN where unknown); none of which nobody knows when it was.
SELECT
    extract(epoch FROM fix.time)::float8, fix.lat, fix.lon, coalesce(fix.accuracy_m, 'NaN')::float8
FROM device_assignment AS here
JOIN fix ON fix.device_number = here.device_number AND here.during @> fix.time
WHERE here.home_id = %(home)s
    AND (here.resident_id = %(resident)s OR (here.resident_id IS NULL AND %(is_lead)s))
    AND NOT is_retained(fix.flags) AND NOT is_clock_suspect(fix.flags)
    AND fix.time > %(since)s AND fix.time <= %(until)s
ORDER BY fix.time;

-- name: links
-- The devices now in some homes, the last contact of each, its silence that is on record, and whether it chattered when evaluated last.
SELECT
    here.home_id AS home, device.device_number AS device, device.kind, device.place, device.heartbeat_s,
    contact.last_received_at AS last_contact_at,
    (SELECT min(began_at) FROM blind_time
     WHERE subject_kind = 'device' AND subject_number = device.device_number AND ended_at IS NULL) AS silent_since,
    chatter.since IS NOT NULL AS is_chattering
FROM device_assignment AS here
JOIN device USING (device_number)
LEFT JOIN device_contact AS contact USING (device_number)
LEFT JOIN chattering_device AS chatter USING (device_number)
WHERE here.home_id = ANY(%(homes)s) AND here.during @> %(until)s AND device.retired_at IS NULL
ORDER BY device.device_number;

-- name: statuses
-- When the devices of homes said that they are online or not: what they said from a time of each home on, and the last word before, as far
-- as it was said since `oldest`. Where nothing was said since, the last word is the latest that is known at all.
SELECT here.home_id, here.device_number, word.time, word.value
FROM unnest(%(homes)s::integer[], %(since)s::timestamptz[]) AS asked (home_id, since)
JOIN device_assignment AS here USING (home_id)
JOIN device_latest AS ever ON ever.device_number = here.device_number AND ever.metric = ANY(%(metrics)s)
JOIN LATERAL (
    (SELECT reading.time, reading.value
     FROM reading
     WHERE reading.device_number = here.device_number AND reading.metric = ever.metric
         AND reading.time > asked.since AND reading.time > %(earliest)s AND reading.time <= %(until)s
         AND ever.time > asked.since)
    UNION
    (SELECT ever.time, ever.value WHERE ever.time <= asked.since)
    UNION
    (SELECT reading.time, reading.value
     FROM reading
     WHERE reading.device_number = here.device_number AND reading.metric = ever.metric
         AND reading.time <= asked.since AND reading.time > %(oldest)s AND reading.time <= %(until)s
         AND ever.time > asked.since
     ORDER BY reading.time DESC
     LIMIT 1)
) AS word ON true
WHERE here.during @> %(until)s
ORDER BY here.device_number, word.time;

-- name: geofences
-- The geofences of residents that are drawn now.
SELECT geofence_id AS number, resident_id AS resident, name, shape, hours, created_at
FROM geofence
WHERE resident_id = ANY(%(residents)s) AND deleted_at IS NULL
ORDER BY geofence_id;

-- name: home_life_signs
-- The last life sign of every home.
SELECT array_agg(extract(epoch FROM life_sign_at)::float8) FROM home_latest;

-- name: ward_minutes
-- The minutes of a span in which any home gave a life sign: the first and the last one of each.
SELECT
    array_agg(extract(epoch FROM first)::float8 ORDER BY first), array_agg(extract(epoch FROM last)::float8 ORDER BY first)
FROM (
    SELECT min(sign.time) AS first, max(sign.time) AS last
    FROM device
    JOIN LATERAL (
        SELECT coalesce(reading.acted_from, reading.time) AS time
        FROM reading
        WHERE reading.device_number = device.device_number
            AND coalesce(reading.acted_from, reading.time) >= %(since)s
            AND reading.time >= %(since)s AND reading.time <= %(until)s
            AND is_life_sign(reading.flags) AND NOT is_retained(reading.flags)
    ) AS sign ON true
    GROUP BY date_trunc('minute', sign.time)
) AS minutes;

-- name: active_homes
-- How many homes gave a life sign in a span.
SELECT count(DISTINCT here.home_id)
FROM device_assignment AS here
WHERE here.during && tstzrange(%(since)s, %(until)s, '[]')
    AND EXISTS (
        SELECT FROM reading
        WHERE reading.device_number = here.device_number
            AND reading.time > %(since)s AND reading.time <= %(until)s
            AND coalesce(reading.acted_from, reading.time) > %(since)s
            AND is_life_sign(reading.flags) AND NOT is_retained(reading.flags)
    );
