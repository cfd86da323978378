-- Residents, their state, and the people who are notified about them.

-- name: overviews
-- The residents in a scope with what the board shows of each, in the order of their reading, page by page.
SELECT
    r.resident_id AS number, r.name, r.kana, r.born_on, r.phone, r.home_id AS home, r.office_id AS office, r.watched_from,
    r.paused_from, r.paused_until, h.area, h.time_zone AS zone, o.name AS office_name, o.phone AS office_phone,
    coalesce(w.state, 'cannot_tell') AS evaluated_state, w.state_since,
    -- Evaluated through with the ward as a whole, unless it is overdue.
    CASE WHEN w.due_at < ward.evaluated_through THEN w.due_at WHEN w.due_at IS NOT NULL THEN ward.evaluated_through END
        AS known_through,
    coalesce(w.presence_state, 'cannot_tell') AS presence_state, coalesce(w.presence_reason, 'not_evaluated') AS presence_reason,
    w.presence_since, w.presence_door_at,
    l.life_sign_at AS last_life_sign_at, d.kind AS last_life_sign_kind, d.place AS last_life_sign_place,
    (
        SELECT max(c.last_received_at)
        FROM device_assignment AS da
        JOIN device_contact AS c USING (device_number)
        WHERE da.home_id = r.home_id AND upper_inf(da.during)
    ) AS last_received_at,
    coalesce(a.unclosed, 0) AS open_alerts, a.worst, r.ended_at, r.end_reason
FROM resident AS r
JOIN home AS h USING (home_id)
JOIN office AS o USING (office_id)
LEFT JOIN evaluation AS w ON w.resident_id = r.resident_id
LEFT JOIN evaluation AS ward ON ward.resident_id IS NULL
LEFT JOIN home_latest AS l ON l.home_id = r.home_id
LEFT JOIN device AS d ON d.device_number = l.device_number
LEFT JOIN LATERAL (
    SELECT count(*) AS unclosed, min(severity) AS worst
    FROM alert
    WHERE alert.resident_id = r.resident_id AND handling <> 'closed' AND severity <= %(worst_severity)s
) AS a ON true
WHERE (%(everything)s OR r.office_id = %(office)s
        OR EXISTS (SELECT FROM family_link AS f WHERE f.resident_id = r.resident_id AND f.user_id = %(family_user)s))
    AND (%(resident)s::integer IS NULL OR r.resident_id = %(resident)s)
    AND (%(resident)s::integer IS NOT NULL OR (r.ended_at IS NOT NULL) = %(ended)s)
    AND (%(households)s::integer[] IS NULL
        OR r.home_id IN (SELECT home_id FROM resident AS one WHERE one.resident_id = ANY(%(households)s)))
    AND (%(after)s::integer IS NULL OR (r.kana, r.resident_id) > (%(after_kana)s, %(after)s))
ORDER BY r.kana, r.resident_id
LIMIT %(limit)s;

-- name: last_signs
-- When the last life signs of homes were given.
SELECT home_id, life_sign_at FROM home_latest WHERE home_id = ANY(%(homes)s::integer[]);

-- name: life_signs_known_by
-- By when the last life signs of homes had happened, where only the stretch is known in which they did: a state that differed after a break,
-- and came within a span of time.
SELECT latest.home_id AS home, found.time AS known_by
FROM home_latest AS latest
CROSS JOIN LATERAL (
    SELECT reading.time FROM reading
    WHERE reading.device_number = latest.device_number AND reading.time > latest.life_sign_at
        AND reading.time >= %(since)s AND reading.time < %(until)s
        AND reading.acted_from = latest.life_sign_at AND is_life_sign(reading.flags)
    ORDER BY reading.time
    LIMIT 1
) AS found
WHERE latest.home_id = ANY(%(homes)s::integer[]);

-- name: names
-- What a search looks in, of all residents in a scope.
SELECT r.resident_id AS number, r.name, r.kana, r.home_id AS home, h.area
FROM resident AS r
JOIN home AS h USING (home_id)
WHERE (%(everything)s OR r.office_id = %(office)s
        OR EXISTS (SELECT FROM family_link AS f WHERE f.resident_id = r.resident_id AND f.user_id = %(family_user)s))
    AND (r.ended_at IS NOT NULL) = %(ended)s
ORDER BY r.kana, r.resident_id;

-- name: visible
-- Whether a resident is in a scope.
SELECT EXISTS (
    SELECT FROM resident AS r
    WHERE r.resident_id = %(resident)s
        AND (%(everything)s OR r.office_id = %(office)s
            OR EXISTS (SELECT FROM family_link AS f WHERE f.resident_id = r.resident_id AND f.user_id = %(family_user)s))
);

-- name: visible_numbers
-- The keys of all residents in a scope.
SELECT r.resident_id
FROM resident AS r
WHERE %(everything)s OR r.office_id = %(office)s
    OR EXISTS (SELECT FROM family_link AS f WHERE f.resident_id = r.resident_id AND f.user_id = %(family_user)s);

-- name: resident
-- One resident by key.
SELECT
    resident_id AS number, name, kana, born_on, phone, home_id AS home, office_id AS office, watched_from, paused_until
FROM resident
WHERE resident_id = %(resident)s;

-- name: home
-- The home of a resident.
SELECT h.home_id AS number, h.name, h.area, h.time_zone AS zone, h.lat, h.lon
FROM home AS h
JOIN resident AS r USING (home_id)
WHERE r.resident_id = %(resident)s;

-- name: contacts
-- Who is notified about a resident, in the order of the escalation: their own contacts, then the office's centre.
SELECT
    c.contact_id AS number, c.resident_id AS resident, c.office_id AS office, c.user_id AS user, c.name, c.relation,
    c.calls_resident, c.step, c.channel, c.address, c.language, c.quiet_from, c.quiet_until
FROM addressed_contact AS c
JOIN resident AS r ON r.resident_id = %(resident)s
WHERE c.is_active AND NOT c.is_duty_only AND NOT c.is_resident AND (c.resident_id = r.resident_id OR c.office_id = r.office_id)
ORDER BY c.step, c.resident_id IS NULL, c.contact_id;

-- name: contact
-- One contact by key, as long as they are notified at all.
SELECT
    contact_id AS number, resident_id AS resident, office_id AS office, user_id AS user, name, relation, calls_resident,
    step, channel, address, language, quiet_from, quiet_until
FROM addressed_contact AS contact
WHERE contact_id = %(contact)s AND is_active;

-- name: state_counts
-- How many residents of a scope are in each state; an open alert or a pause counts before the rest, and it is unknown
-- whom the last evaluation is too old.
WITH one AS (
    SELECT
        CASE
            WHEN EXISTS (
                SELECT FROM alert AS a
                WHERE a.resident_id = r.resident_id AND a.handling <> 'closed' AND a.severity <= %(worst_severity)s
            ) THEN 'with_alert'
            WHEN r.paused_from <= %(now)s AND %(now)s < r.paused_until THEN 'paused'
            WHEN w.due_at >= %(known_since)s AND ward.evaluated_through >= %(known_since)s THEN w.state
            ELSE 'cannot_tell'
        END AS state
    FROM resident AS r
    LEFT JOIN evaluation AS w ON w.resident_id = r.resident_id
    LEFT JOIN evaluation AS ward ON ward.resident_id IS NULL
    WHERE r.ended_at IS NULL
        AND (%(everything)s OR r.office_id = %(office)s
            OR EXISTS (SELECT FROM family_link AS f WHERE f.resident_id = r.resident_id AND f.user_id = %(family_user)s))
)
SELECT
    count(*) FILTER (WHERE state = 'with_alert') AS with_alert,
    count(*) FILTER (WHERE state = 'as_usual') AS as_usual,
    count(*) FILTER (WHERE state = 'different') AS different,
    count(*) FILTER (WHERE state = 'cannot_tell') AS cannot_tell,
    count(*) FILTER (WHERE state = 'paused') AS paused
FROM one;
