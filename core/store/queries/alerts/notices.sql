-- Messages that are about no alert.

-- name: add_for_centre
-- Put one message for each contact of an office's centre into the outbox; the same key twice does nothing.
INSERT INTO notice (contact_id, kind, key, body, created_at, due_at)
SELECT contact_id, %(kind)s, %(key)s, %(body)s, %(now)s, %(now)s
FROM contact
WHERE office_id = %(office)s AND is_active AND NOT is_duty_only
ON CONFLICT (contact_id, kind, key) DO NOTHING;

-- name: add
-- Put one message for each of some contacts into the outbox; the same key twice does nothing.
INSERT INTO notice (contact_id, kind, key, body, created_at, due_at)
SELECT one.contact_id, %(kind)s, %(key)s, %(body)s, %(now)s, one.due_at
FROM unnest(%(contacts)s::integer[], %(due)s::timestamptz[]) AS one (contact_id, due_at)
ON CONFLICT (contact_id, kind, key) DO NOTHING;

-- name: channel_tests
-- How the last test of each channel of a contact left.
SELECT DISTINCT ON (body ->> 'channel') (body ->> 'channel')::integer AS channel, sent_at, given_up_at, error
FROM notice
WHERE contact_id = %(contact)s AND kind = %(kind)s
ORDER BY body ->> 'channel', created_at DESC;

-- name: withdraw
-- What waits under a key is not sent: it has been done, or is no more.
UPDATE notice SET given_up_at = %(now)s, error = 'withdrawn', lease_until = NULL
WHERE kind = %(kind)s AND key = %(key)s AND sent_at IS NULL AND given_up_at IS NULL;

-- name: withdraw_about
-- What waits about a planned absence is not sent: somebody answered.
UPDATE notice SET given_up_at = %(now)s, error = 'withdrawn', lease_until = NULL
WHERE kind = %(kind)s AND (body ->> 'absence')::integer = %(absence)s AND sent_at IS NULL AND given_up_at IS NULL;

-- name: withdraw_test
-- A test of a channel that waits is not sent: its address is another one.
UPDATE notice SET given_up_at = %(now)s, error = 'withdrawn', lease_until = NULL
WHERE
    contact_id = %(contact)s AND kind = %(kind)s AND (body ->> 'channel')::integer = %(channel)s
    AND sent_at IS NULL AND given_up_at IS NULL;

-- name: withdraw_of_resident
-- What waits of some kinds about a resident is not sent: the watch has ended.
UPDATE notice SET given_up_at = %(now)s, error = 'withdrawn', lease_until = NULL
WHERE kind = ANY(%(kinds)s::text[]) AND (body ->> 'resident')::integer = %(resident)s AND sent_at IS NULL AND given_up_at IS NULL;

-- name: lease_one
-- Take the most urgent message that is due, and of those the oldest; a lease that ran out belongs to a sender that died.
UPDATE notice
SET lease_until = %(lease_until)s, attempts = attempts + 1
WHERE notice_id = (
    SELECT notice_id
    FROM notice
    WHERE
        sent_at IS NULL AND given_up_at IS NULL AND due_at <= %(now)s
        AND (lease_until IS NULL OR lease_until <= %(machine_now)s)
        AND NOT (%(is_hurried)s AND (kind = ANY(%(for_many)s::text[]) OR kind = %(test)s AND body @> '{"is_monthly": true}'))
    ORDER BY
        CASE
            WHEN kind = ANY(%(first)s::text[]) THEN 1
            WHEN kind = ANY(%(unhurried)s::text[]) OR kind = %(test)s AND body @> '{"is_monthly": true}' THEN 4
            WHEN kind = ANY(%(for_many)s::text[]) THEN 3
            ELSE 2
        END,
        due_at, notice_id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING notice_id AS number, contact_id AS contact, kind, body, request_key::text AS request_key, created_at, attempts;

-- name: is_leased
-- Whether a message is still its sender's.
SELECT notice_id FROM notice WHERE notice_id = %(notice)s AND lease_until = %(lease_until)s AND sent_at IS NULL AND given_up_at IS NULL;

-- name: finish
-- Write how an attempt ended.
UPDATE notice
SET sent_at = %(sent_at)s, given_up_at = %(given_up_at)s, due_at = coalesce(%(due_at)s, due_at), error = %(error)s, lease_until = NULL
WHERE notice_id = %(notice)s AND lease_until = %(lease_until)s;

-- name: equipment
-- What is open of the equipment of each office that had no message about it on a day, as it was when that was due, and how much of it
-- the last message did not name; what people were notified of at once is not new.
WITH waiting AS (
    SELECT
        centre.office_id,
        (array_agg(latest.alerts ORDER BY latest.key DESC) FILTER (WHERE latest.key IS NOT NULL))[1] AS named
    FROM contact AS centre
    LEFT JOIN LATERAL (
        SELECT notice.key, notice.body -> 'alerts' AS alerts
        FROM notice
        WHERE notice.contact_id = centre.contact_id AND notice.kind = %(kind)s
        ORDER BY notice.key DESC
        LIMIT 1
    ) AS latest ON true
    WHERE centre.office_id IS NOT NULL AND centre.is_active AND NOT centre.is_duty_only
    GROUP BY centre.office_id
    HAVING count(*) FILTER (WHERE latest.key = %(day)s) = 0
)
SELECT
    waiting.office_id AS office, alert.rule, array_agg(alert.alert_id ORDER BY alert.alert_id) AS alerts,
    (count(*) FILTER (
        WHERE NOT coalesce(waiting.named @> to_jsonb(alert.alert_id), false)
            AND coalesce(alert.reason ->> 'kind', '') <> ''
            AND NOT (alert.rule, alert.reason ->> 'kind') IN (
                SELECT at_once.rule, at_once.kind
                FROM unnest(%(at_once_rules)s::text[], %(at_once_kinds)s::text[]) AS at_once (rule, kind)
            )
    ))::integer AS new
FROM waiting
JOIN alert ON alert.office_id = waiting.office_id
WHERE
    alert.handling <> 'closed' AND alert.condition = 'active' AND alert.rule = ANY(%(rules)s::text[])
    AND alert.opened_at <= %(due_at)s
GROUP BY waiting.office_id, alert.rule
ORDER BY waiting.office_id, alert.rule;
