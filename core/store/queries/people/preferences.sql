-- What contacts choose for themselves, and whom a digest is due to.

-- name: digests_due
-- Contacts of residents who chose a digest and had none of the day yet, once it is late enough by the clock of the home: of yesterday, or on
-- Mondays of the week. Whoever is watched only since then gets the next one.
SELECT contact, resident, rhythm, zone, quiet_from, quiet_until, day
FROM (
    SELECT
        contact.contact_id AS contact, resident.resident_id AS resident, contact.digest AS rhythm, home.time_zone AS zone,
        contact.quiet_from, contact.quiet_until, resident.watched_from,
        %(now)s::timestamptz AT TIME ZONE home.time_zone AS here,
        (%(now)s::timestamptz AT TIME ZONE home.time_zone)::date - 1 AS day
    FROM contact
    JOIN resident ON resident.resident_id = contact.resident_id AND resident.ended_at IS NULL
    JOIN home ON home.home_id = resident.home_id
    WHERE contact.is_active AND NOT contact.is_resident AND contact.digest <> 'never'
) AS chosen
WHERE
    here::time >= %(due)s::time
    AND (rhythm = 'daily' OR extract(isodow FROM here) = 1)
    AND (watched_from AT TIME ZONE zone)::date <= day
    AND NOT EXISTS (
        SELECT FROM notice
        WHERE notice.contact_id = chosen.contact AND notice.kind = %(kind)s AND notice.key = chosen.rhythm || ' ' || chosen.day::text
    )
ORDER BY contact
LIMIT 500;
