-- Monthly tests of contacts' channels: which are due, who answers none, and how many do.

-- name: candidates
-- Channels of some days of the month that may be tested, and were neither tested nor proven for some days; those whose contact, office or
-- household rests are left alone.
SELECT
    channel.contact_channel_id AS channel, greatest(channel.tested_at, channel.proven_at) AS last_at, contact.quiet_from,
    contact.quiet_until, home.time_zone AS zone
FROM contact_channel AS channel
JOIN contact ON contact.contact_id = channel.contact_id AND contact.is_active AND contact.is_tested_monthly AND NOT contact.is_resident
LEFT JOIN resident ON resident.resident_id = contact.resident_id
LEFT JOIN home ON home.home_id = resident.home_id
JOIN office ON office.office_id = coalesce(contact.office_id, resident.office_id) AND office.is_active AND office.is_tested_monthly
WHERE
    channel.contact_channel_id %% %(slots)s + 1 = ANY(%(days)s::integer[])
    AND channel.kind = ANY(%(testable)s::text[])
    AND (channel.confirmed_at IS NOT NULL OR NOT channel.kind = ANY(%(confirmed_only)s::text[]))
    AND channel.unreachable_since IS NULL
    AND coalesce(greatest(channel.tested_at, channel.proven_at), '-infinity') < %(since)s
    AND resident.ended_at IS NULL
    AND coalesce(resident.watched_from, '-infinity') <= %(now)s
    AND (resident.paused_from IS NULL OR NOT (resident.paused_from <= %(now)s AND %(now)s < resident.paused_until))
ORDER BY channel.contact_channel_id;

-- name: unproven
-- Contacts whose monthly tests were not answered in time and of whom no channel was proven lately, of an office and of its residents;
-- who has never proven one first, then who did longest ago.
SELECT contact, name, resident, resident_name, proven_at, count(*) OVER ()::integer AS contacts
FROM (
    SELECT
        contact.contact_id AS contact, contact.name, resident.resident_id AS resident, resident.name AS resident_name,
        max(channel.proven_at) AS proven_at, min(channel.unanswered_since) AS unanswered_since
    FROM contact
    LEFT JOIN resident ON resident.resident_id = contact.resident_id
    JOIN office ON office.office_id = coalesce(contact.office_id, resident.office_id) AND office.is_tested_monthly
    JOIN contact_channel AS channel ON channel.contact_id = contact.contact_id
    WHERE
        office.office_id = %(office)s AND contact.is_active AND contact.is_tested_monthly AND NOT contact.is_resident AND resident.ended_at IS NULL
        AND coalesce(resident.watched_from, '-infinity') <= %(now)s
        AND (resident.paused_from IS NULL OR NOT (resident.paused_from <= %(now)s AND %(now)s < resident.paused_until))
    GROUP BY contact.contact_id, resident.resident_id
) AS found
WHERE unanswered_since <= %(asked_before)s AND coalesce(proven_at, '-infinity') <= %(proven_since)s
ORDER BY proven_at NULLS FIRST, unanswered_since, contact
LIMIT %(limit)s;

-- name: score
-- Of how many contacts a channel was tested or proven, and of how many one was proven lately; of an office, or (null) of all.
SELECT count(*) FILTER (WHERE proven_at > %(proven_since)s)::integer AS proven, count(*)::integer AS tested
FROM (
    SELECT max(channel.proven_at) AS proven_at
    FROM contact
    LEFT JOIN resident ON resident.resident_id = contact.resident_id
    JOIN office ON office.office_id = coalesce(contact.office_id, resident.office_id) AND office.is_tested_monthly
    JOIN contact_channel AS channel ON channel.contact_id = contact.contact_id
    WHERE
        (%(office)s::integer IS NULL OR office.office_id = %(office)s)
        AND contact.is_active AND contact.is_tested_monthly AND NOT contact.is_resident AND resident.ended_at IS NULL
    GROUP BY contact.contact_id
    HAVING max(channel.tested_at) IS NOT NULL OR max(channel.proven_at) IS NOT NULL
) AS found;
