-- Whom an outage of a neighbourhood or of the whole ward concerns, and who was notified of it.

-- name: concerned
-- Contacts of those who are watched over in a silent neighbourhood, or anywhere while the whole ward is silent, each once for an outage that has
-- lasted long enough; who was notified of another one a short time ago is left alone.
SELECT
    contact.contact_id AS contact, resident.resident_id AS resident, alert.alert_id AS alert, alert.began_at, home.time_zone AS zone,
    contact.quiet_from, contact.quiet_until
FROM alert
JOIN home ON alert.subject_kind = 'ward' OR home.area = alert.area
JOIN resident ON resident.home_id = home.home_id AND resident.ended_at IS NULL AND resident.watched_from <= %(now)s
    AND (resident.paused_from IS NULL OR NOT (resident.paused_from <= %(now)s AND %(now)s < resident.paused_until))
JOIN contact ON contact.resident_id = resident.resident_id AND contact.is_active AND NOT contact.is_resident
WHERE
    alert.rule = ANY(%(rules)s::text[]) AND alert.condition = 'active' AND alert.handling <> 'closed' AND alert.raised_at <= %(raised_before)s
    AND NOT EXISTS (
        SELECT FROM notice
        WHERE
            notice.contact_id = contact.contact_id AND notice.kind = %(kind)s
            AND (notice.key = alert.alert_id || ' ' || floor(extract(epoch FROM alert.began_at))::bigint OR notice.created_at > %(lately)s)
    )
ORDER BY contact.contact_id, alert.began_at
LIMIT 2000;

-- name: over
-- Messages about outages that are over, of those whose outage was not reported as over yet.
SELECT
    notice.contact_id AS contact, notice.key, notice.body, notice.sent_at IS NOT NULL AS is_sent, alert.cleared_at, home.time_zone AS zone,
    contact.quiet_from, contact.quiet_until
FROM notice
JOIN contact ON contact.contact_id = notice.contact_id
JOIN resident ON resident.resident_id = contact.resident_id
JOIN home ON home.home_id = resident.home_id
JOIN alert ON alert.alert_id = (notice.body ->> 'alert')::bigint
WHERE
    -- As a word of its own, for the index.
    notice.kind = 'outage' AND notice.created_at > %(since)s AND notice.given_up_at IS NULL
    AND (alert.condition = 'cleared' OR alert.began_at <> (notice.body ->> 'began_at')::timestamptz)
    AND NOT EXISTS (
        SELECT FROM notice AS answer
        WHERE answer.contact_id = notice.contact_id AND answer.kind = %(over_kind)s AND answer.key = notice.key
    )
LIMIT 2000;
