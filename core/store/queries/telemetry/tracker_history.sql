-- What trackers and batteries reported over weeks, in the form in which it is learned from.

-- name: visits
-- Minutes with a fix of a resident's trackers in a span, by cell of the ground, local day and local hour; not those of masked spans.
SELECT
    floor(fix.lat / %(cell_deg)s)::int8,
    floor(fix.lon * cos(radians(round(fix.lat))) / %(cell_deg)s)::int8,
    (fix.time AT TIME ZONE %(zone)s)::date - '0001-01-01'::date + 1,
    extract(hour FROM fix.time AT TIME ZONE %(zone)s)::int8,
    count(DISTINCT date_trunc('minute', fix.time))
FROM device_assignment AS here
JOIN fix ON fix.device_number = here.device_number AND here.during @> fix.time
WHERE here.home_id = %(home)s
    AND (here.resident_id = %(resident)s OR (here.resident_id IS NULL AND %(is_lead)s))
    AND NOT is_retained(fix.flags) AND NOT is_clock_suspect(fix.flags)
    AND coalesce(fix.accuracy_m, 0) <= %(worst_m)s
    AND fix.time >= %(since)s AND fix.time < %(until)s
    AND NOT EXISTS (
        SELECT FROM unnest(%(masked_from)s::timestamptz[], %(masked_to)s::timestamptz[]) AS masked (began, ended)
        WHERE fix.time >= masked.began AND fix.time < masked.ended
    )
GROUP BY 1, 2, 3, 4;

-- name: batteries
-- What each device of a home reported of its battery, by local day: the middle charge, the range, and the last word whether it is low.
SELECT
    device.device_number AS device, device.kind, device.place,
    array_agg(reported.day ORDER BY reported.day) AS days,
    array_agg(coalesce(reported.middle, 'NaN') ORDER BY reported.day) AS levels,
    array_agg(coalesce(reported.range, 0) ORDER BY reported.day) AS ranges,
    array_agg(coalesce(reported.is_low, false) ORDER BY reported.day) AS lows
FROM device_assignment AS here
JOIN device USING (device_number)
JOIN LATERAL (
    SELECT
        (reading.time AT TIME ZONE %(zone)s)::date - '0001-01-01'::date + 1 AS day,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY reading.value) FILTER (WHERE reading.metric = %(charge)s) AS middle,
        max(reading.value) FILTER (WHERE reading.metric = %(charge)s)
            - min(reading.value) FILTER (WHERE reading.metric = %(charge)s) AS range,
        (array_agg(reading.value ORDER BY reading.time DESC) FILTER (WHERE reading.metric = %(low)s))[1] > 0 AS is_low
    FROM device_latest AS ever
    JOIN reading ON reading.device_number = ever.device_number AND reading.metric = ever.metric
    WHERE ever.device_number = here.device_number AND ever.metric IN (%(charge)s, %(low)s)
        AND reading.time > %(since)s AND reading.time <= %(until)s
        AND NOT is_retained(reading.flags) AND here.during @> reading.time
    GROUP BY 1
) AS reported ON true
WHERE here.home_id = %(home)s AND here.during @> %(until)s AND device.retired_at IS NULL
GROUP BY device.device_number, device.kind, device.place
ORDER BY device.device_number;
