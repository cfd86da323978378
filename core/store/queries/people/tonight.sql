-- Who could not be reached tonight, and what was found every evening.

-- name: families
-- Residents of an office whose family cannot be reached: nobody is registered, every channel is dead, nobody confirmed one; or all who can be
-- reached sleep and the centre cannot stand in. Only those who are watched over now.
SELECT resident, name, reason, count(*) OVER ()::integer AS residents
FROM (
    SELECT
        resident.resident_id AS resident, resident.name, resident.kana,
        CASE
            WHEN count(reached.contact_id) = 0 THEN 'no_contact'
            WHEN NOT bool_or(reached.is_able) AND bool_and(reached.is_dead) THEN 'all_dead'
            WHEN NOT bool_or(reached.is_able) THEN 'not_confirmed'
            WHEN NOT %(centre_is_able)s AND bool_and(reached.sleeps) FILTER (WHERE reached.is_able) THEN 'quiet'
        END AS reason
    FROM resident
    LEFT JOIN LATERAL (
        SELECT
            contact.contact_id, contact.quiet_from IS NOT NULL AS sleeps,
            coalesce(bool_or(channel.confirmed_at IS NOT NULL AND channel.unreachable_since IS NULL), false) AS is_able,
            coalesce(bool_and(channel.unreachable_since IS NOT NULL), false) AS is_dead
        FROM contact
        LEFT JOIN contact_channel AS channel ON channel.contact_id = contact.contact_id
        WHERE contact.resident_id = resident.resident_id AND contact.is_active AND NOT contact.is_resident
        GROUP BY contact.contact_id
    ) AS reached ON true
    WHERE
        resident.office_id = %(office)s
        AND resident.ended_at IS NULL
        AND resident.watched_from <= %(now)s
        AND (resident.paused_from IS NULL OR NOT (resident.paused_from <= %(now)s AND %(now)s < resident.paused_until))
    GROUP BY resident.resident_id
) AS found
WHERE reason IS NOT NULL
ORDER BY kana, resident
LIMIT %(limit)s;

-- name: record
-- Keep what was found this evening, unless it was looked at already.
INSERT INTO evening_check (office_id, day, checked_at, residents, gaps, centre_is_able, unproven)
VALUES (%(office)s, %(day)s, %(now)s, %(residents)s, %(gaps)s, %(centre_is_able)s, %(unproven)s)
ON CONFLICT (office_id, day) DO NOTHING
RETURNING office_id;

-- name: waiting
-- Offices that look after somebody and were not looked at this evening.
SELECT office.office_id
FROM office
WHERE
    EXISTS (SELECT FROM resident WHERE resident.office_id = office.office_id AND resident.ended_at IS NULL)
    AND NOT EXISTS (
        SELECT FROM evening_check WHERE evening_check.office_id = office.office_id AND evening_check.day = %(day)s
    )
ORDER BY office.office_id;

-- name: latest
-- What was found since a moment in the offices that somebody may see (null: in all).
SELECT office.office_id AS office, office.name, latest.checked_at, latest.residents, latest.gaps, latest.centre_is_able, latest.unproven
FROM evening_check AS latest
JOIN office ON office.office_id = latest.office_id
WHERE latest.checked_at > %(since)s AND (%(office)s::integer IS NULL OR office.office_id = %(office)s)
ORDER BY office.office_id, latest.day DESC;

-- name: forget
-- Drop what was found long ago.
DELETE FROM evening_check WHERE day < %(before)s;
