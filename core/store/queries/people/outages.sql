-- Whom an outage of a neighbourhood or of the whole ward concerns, and who was notified of it.

-- name: concerned
-- Contacts of those who are watched over in a silent neighbourhood, or anywhere while the whole ward is silent, each once for an outage that has
-- lasted long enough. Who was notified, and not yet that it is over, has nothing more to learn, also where late data moved the beginning or the
-- outage came and went. `last` is the last message about an outage to the contact.
SELECT
    contact.contact_id AS contact, resident.resident_id AS resident, alert.alert_id AS alert, alert.began_at, home.time_zone AS zone,
    contact.quiet_from, contact.quiet_until,
    (SELECT coalesce(max(notice.notice_id), 0) FROM notice WHERE notice.contact_id = contact.contact_id AND notice.kind = %(kind)s) AS last
FROM alert
JOIN home ON alert.subject_kind = 'ward' OR home.area = alert.area
JOIN resident ON resident.home_id = home.home_id AND resident.ended_at IS NULL AND resident.watched_from <= %(now)s
    AND (resident.paused_from IS NULL OR NOT (resident.paused_from <= %(now)s AND %(now)s < resident.paused_until))
JOIN contact ON contact.resident_id = resident.resident_id AND contact.is_active AND NOT contact.is_resident
WHERE
    alert.rule = ANY(%(rules)s::text[]) AND alert.condition = 'active' AND alert.handling <> 'closed' AND alert.raised_at <= %(raised_before)s
    AND NOT EXISTS (
        SELECT FROM notice
        JOIN alert AS notified ON notified.alert_id = (notice.body ->> 'alert')::bigint
        WHERE
            notice.contact_id = contact.contact_id AND notice.kind = %(kind)s AND notice.created_at > %(since)s AND NOT notice.body ? 'is_over'
            -- Of what was closed while it held, nobody may ever write down the end.
            AND (notified.handling <> 'closed' OR notified.condition = 'cleared' OR notice.created_at > %(lately)s)
    )
ORDER BY contact.contact_id, alert.began_at
LIMIT 2000;

-- name: over
-- Messages about outages that have been over for a while, of those whose outage was not reported as over yet, held for the caller; one that a
-- sender has taken waits until it is known whether it was sent.
SELECT
    notice.notice_id AS number, notice.contact_id AS contact, notice.key, notice.body, notice.sent_at IS NOT NULL AS is_sent, alert.cleared_at, home.time_zone AS zone,
    contact.quiet_from, contact.quiet_until
FROM notice
JOIN contact ON contact.contact_id = notice.contact_id
JOIN resident ON resident.resident_id = contact.resident_id
JOIN home ON home.home_id = resident.home_id
JOIN alert ON alert.alert_id = (notice.body ->> 'alert')::bigint
WHERE
    -- As a word of its own, for the index.
    notice.kind = 'outage' AND notice.created_at > %(since)s AND notice.lease_until IS NULL AND NOT notice.body ? 'is_over'
    AND alert.condition = 'cleared' AND alert.cleared_at <= %(cleared_before)s
    -- What grew from the neighbourhood to the ward, or came back as another alert, is not over.
    AND NOT EXISTS (
        SELECT FROM alert AS other
        WHERE
            other.rule = ANY(%(rules)s::text[]) AND (other.subject_kind = 'ward' OR other.area = home.area)
            AND other.raised_at > %(since)s
            AND CASE WHEN other.condition = 'active' THEN other.handling <> 'closed' OR other.raised_at > %(lately)s
                ELSE other.cleared_at > %(cleared_before)s END
    )
ORDER BY notice.notice_id
LIMIT 2000
FOR NO KEY UPDATE OF notice SKIP LOCKED;

-- name: end
-- Note that what some messages are about is over; what still waits is not sent any more.
UPDATE notice
SET body = body || '{"is_over": true}',
    error = CASE WHEN sent_at IS NULL AND given_up_at IS NULL THEN 'withdrawn' ELSE error END,
    given_up_at = CASE WHEN sent_at IS NULL THEN coalesce(given_up_at, %(now)s) END
WHERE notice_id = ANY(%(notices)s::bigint[]);
