-- The outbox: who is notified, what is planned, what was delivered.

-- name: audience
-- Contacts of a resident (of all in a home, when the alert is about the home) and of the care centre of an office; of all
-- centres when the alert belongs to no office. Then the desks above the office.
SELECT
    contact.contact_id AS number, contact.resident_id AS resident, contact.office_id AS office, contact.user_id AS user,
    contact.name, contact.relation, contact.calls_resident, contact.step, contact.channel, contact.address,
    contact.language, contact.quiet_from, contact.quiet_until, contact.is_duty_only,
    CASE
        WHEN office.role <> 'care' THEN office.role
        WHEN contact.office_id <> %(office)s::integer THEN 'next_office'
    END AS desk
FROM addressed_contact AS contact
LEFT JOIN office ON office.office_id = contact.office_id
WHERE
    contact.is_active AND NOT contact.is_resident
    AND (NOT contact.is_duty_only OR contact.office_id = %(office)s::integer)
    AND (
        contact.resident_id = %(resident)s
        OR contact.resident_id IN (
            SELECT resident.resident_id FROM resident WHERE resident.home_id = %(home)s AND resident.ended_at IS NULL
        )
        OR %(office)s::integer IS NULL AND contact.office_id IS NOT NULL
        OR contact.office_id = %(office)s::integer
        OR office.role <> 'care'
        OR contact.office_id = (SELECT own.next_office_id FROM office AS own WHERE own.office_id = %(office)s::integer)
    )
ORDER BY contact.step, contact.contact_id;

-- name: hold_unplanned
-- Lock one alert that has events without consequences yet, the most urgent first; another process takes another one.
SELECT alert.alert_id
FROM alert
JOIN (
    SELECT alert_id, min(alert_event_id) AS first_event FROM alert_event WHERE planned_at IS NULL GROUP BY alert_id
) AS waiting ON waiting.alert_id = alert.alert_id
WHERE NOT alert.alert_id = ANY(%(but)s::bigint[])
ORDER BY alert.severity, waiting.first_event
LIMIT 1
FOR NO KEY UPDATE OF alert SKIP LOCKED;

-- name: unplanned
-- The events of one alert that have no consequences yet, in order.
SELECT
    alert_event.alert_event_id AS number, alert_event.alert_id AS alert, alert_event.at, alert_event.kind,
    coalesce(user_account.name, contact.name) AS who, alert_event.user_id AS user, alert_event.contact_id AS contact,
    alert_event.detail
FROM alert_event
LEFT JOIN user_account ON user_account.user_id = alert_event.user_id
LEFT JOIN contact ON contact.contact_id = alert_event.contact_id
WHERE alert_event.alert_id = %(alert)s AND alert_event.planned_at IS NULL
ORDER BY alert_event.alert_event_id;

-- name: mark_planned
-- Note that an event's consequences are written.
UPDATE alert_event SET planned_at = %(now)s WHERE alert_event_id = %(event)s;

-- name: declined
-- The contacts who said that they cannot go, since the present escalation began.
SELECT DISTINCT contact_id
FROM alert_event
WHERE alert_id = %(alert)s AND kind = 'declined' AND contact_id IS NOT NULL AND alert_event_id > %(cycle)s;

-- name: openings
-- Who was notified of the alert, or is being notified: the best delivery of each contact. After more than `most_attempts` failed attempts
-- a message is still tried, but nobody waits for it.
SELECT
    contact_id AS contact,
    bool_or(status IN ('sending', 'sent', 'unknown') OR (status = 'pending' AND attempts > 0)) AS was_tried,
    bool_or(status IN ('sending', 'sent') OR (status = 'pending' AND attempts <= %(most_attempts)s)) AS is_live
FROM notification
WHERE alert_id = ANY(%(alerts)s::bigint[]) AND kind = 'opening'
GROUP BY contact_id;

-- name: sent_since
-- How many messages about one alert, or about those of some rules that are the same resident's, each contact got, or will get, since a
-- moment, when the last was planned, and which.
SELECT
    notification.contact_id AS contact, count(*)::integer AS count, max(notification.created_at) AS last_at,
    (count(*) FILTER (WHERE notification.kind = 'claimed'))::integer AS claims,
    (array_agg(notification.kind ORDER BY notification.notification_id DESC))[1] AS last_kind
FROM notification
JOIN alert USING (alert_id)
WHERE
    (alert.alert_id = %(alert)s OR (alert.resident_id = %(resident)s AND alert.rule = ANY(%(rules)s::text[])))
    AND notification.created_at > %(since)s AND notification.status <> 'cancelled'
GROUP BY notification.contact_id;

-- name: stop_steps
-- The steps of some alerts are not taken: another alert notifies people in their place.
UPDATE escalation_step
SET stopped_at = %(now)s
WHERE alert_id = ANY(%(alerts)s::bigint[]) AND executed_at IS NULL AND stopped_at IS NULL;

-- name: cancel_of_alerts
-- What waits about some alerts is not sent.
UPDATE notification SET status = 'cancelled', last_error = %(error)s
WHERE alert_id = ANY(%(alerts)s::bigint[]) AND status = 'pending';

-- name: add
-- Put one message into the outbox; the same key twice does nothing.
INSERT INTO notification (alert_id, contact_id, kind, key, status, due_at, created_at)
VALUES (%(alert)s, %(contact)s, %(kind)s, %(key)s, 'pending', %(now)s, %(now)s)
ON CONFLICT (alert_id, contact_id, kind, key) DO NOTHING;

-- name: steps
-- The escalation of one alert: its steps in time, then those passed over in their quiet hours, then reminders.
SELECT kind, step, cycle, due_at, executed_at, stopped_at
FROM escalation_step
WHERE alert_id = %(alert)s
ORDER BY CASE kind WHEN 'after_quiet_hours' THEN 1 WHEN 'reminder' THEN 2 ELSE 0 END, due_at, step;

-- name: drop_steps
-- Forget the steps of an earlier escalation; what was sent stays in the outbox.
DELETE FROM escalation_step WHERE alert_id = %(alert)s;

-- name: put_step
-- Write one step.
INSERT INTO escalation_step (alert_id, kind, step, cycle, due_at, executed_at, stopped_at)
VALUES (%(alert)s, %(kind)s, %(step)s, %(cycle)s, %(due_at)s, %(executed_at)s, %(stopped_at)s)
ON CONFLICT (alert_id, kind, step) DO UPDATE
SET cycle = excluded.cycle, due_at = excluded.due_at, executed_at = excluded.executed_at, stopped_at = excluded.stopped_at;

-- name: hold_due_step
-- Lock one alert with a step whose time has come; another process takes another one.
SELECT alert.alert_id
FROM alert
JOIN (
    SELECT alert_id, min(due_at) AS due_at
    FROM escalation_step
    WHERE due_at <= %(now)s AND executed_at IS NULL AND stopped_at IS NULL
    GROUP BY alert_id
) AS waiting ON waiting.alert_id = alert.alert_id
WHERE NOT alert.alert_id = ANY(%(but)s::bigint[])
ORDER BY alert.severity, waiting.due_at
LIMIT 1
FOR NO KEY UPDATE OF alert SKIP LOCKED;

-- name: next_due
-- The next moment at which there is something to do without anybody's doing.
SELECT min(due_at)
FROM (
    SELECT min(due_at) AS due_at FROM escalation_step WHERE executed_at IS NULL AND stopped_at IS NULL
    UNION ALL
    SELECT min(claim_expires_at) FROM alert WHERE handling = 'claimed'
    UNION ALL
    SELECT min(due_at) FROM notification WHERE status = 'pending'
) AS deadline;

-- name: of_alert
-- All messages about one alert, for the page that shows its course.
SELECT
    notification.notification_id AS number, notification.alert_id AS alert, notification.contact_id AS contact,
    contact.name AS contact_name, contact.relation, coalesce(last_delivery.kind, contact.channel) AS channel, contact.step, notification.kind, notification.status, notification.attempts, notification.due_at,
    notification.created_at, notification.sent_at, notification.last_error
FROM notification
JOIN addressed_contact AS contact ON contact.contact_id = notification.contact_id
LEFT JOIN LATERAL (
    SELECT kind
    FROM delivery
    WHERE delivery.notification_id = notification.notification_id
    ORDER BY accepted_at DESC NULLS LAST, delivery_id DESC
    LIMIT 1
) AS last_delivery ON true
WHERE notification.alert_id = %(alert)s
ORDER BY notification.notification_id;

-- name: lease_one
-- Take the most urgent message that is due, of alerts that are urgent enough: openings first, each contact's messages about an alert in order. A lease that
-- ran out belongs to a sender that died.
UPDATE notification
SET status = 'sending', lease_until = %(lease_until)s, attempts = attempts + 1
WHERE notification_id = (
    SELECT candidate.notification_id
    FROM notification AS candidate
    JOIN alert ON alert.alert_id = candidate.alert_id
    WHERE
        candidate.status IN ('pending', 'sending')
        AND candidate.due_at <= %(now)s
        AND alert.severity <= %(least_urgent)s
        AND (candidate.status = 'pending' OR candidate.lease_until <= %(machine_now)s)
        AND NOT EXISTS (
            SELECT
            FROM notification AS earlier
            WHERE
                earlier.alert_id = candidate.alert_id
                AND earlier.contact_id = candidate.contact_id
                AND earlier.notification_id < candidate.notification_id
                AND earlier.status IN ('pending', 'sending')
        )
    ORDER BY candidate.kind <> 'opening', alert.severity, candidate.due_at, candidate.notification_id
    LIMIT 1
    FOR UPDATE OF candidate SKIP LOCKED
)
RETURNING notification_id AS notification, alert_id AS alert, contact_id AS contact, kind, attempts, last_error, created_at;

-- name: contact
-- To whom.
SELECT
    contact_id AS number, resident_id AS resident, office_id AS office, user_id AS user, name, relation, calls_resident,
    step, channel, address, language, quiet_from, quiet_until
FROM addressed_contact AS contact
WHERE contact_id = %(contact)s;

-- name: last_sign_at
-- When the last life sign was given that a message to a contact about an alert may name.
SELECT life.life_sign_at
FROM alert
LEFT JOIN contact AS addressee ON addressee.contact_id = %(contact)s
JOIN resident ON resident.resident_id = coalesce(addressee.resident_id, alert.resident_id)
JOIN home_latest AS life ON life.home_id = resident.home_id
WHERE alert.alert_id = %(alert)s;

-- name: surroundings
-- What a message says besides the alert itself: who it is about, in which zone, who answered, and which device.
SELECT
    coalesce(resident.name, '') AS resident,
    coalesce(resident.phone, '') AS resident_phone,
    coalesce(home.time_zone, '') AS time_zone,
    coalesce(home.area, '') AS area,
    coalesce(office.phone, '') AS office_phone,
    coalesce(device.kind, '') AS device_kind,
    coalesce(device.place, '') AS device_place,
    coalesce(last_event.who, '') AS who,
    last_event.at AS acted_at,
    episode.withdrawn_at IS NOT NULL AS was_withdrawn,
    life.life_sign_at AS life_sign_at, life_known.time AS life_sign_known_by, coalesce(life_device.place, '') AS life_sign_place,
    (
        SELECT count(*) FROM notification
        WHERE notification.alert_id = alert.alert_id AND notification.contact_id = addressee.contact_id
            AND notification.kind = ANY(%(calls_to_act)s::text[]) AND notification.status IN ('sent', 'unknown')
            AND notification.created_at >= alert.raised_at
    )::integer AS asked_before,
    (
        SELECT count(DISTINCT notification.contact_id) FROM notification
        WHERE notification.alert_id = alert.alert_id AND notification.kind = 'opening'
            AND notification.status IN ('sent', 'unknown')
    )::integer AS people_asked
FROM alert
LEFT JOIN contact AS addressee ON addressee.contact_id = %(contact)s
LEFT JOIN resident ON resident.resident_id = coalesce(addressee.resident_id, alert.resident_id)
LEFT JOIN home ON home.home_id = resident.home_id
LEFT JOIN office ON office.office_id = coalesce(alert.office_id, resident.office_id)
LEFT JOIN device ON device.device_number = alert.device_number
LEFT JOIN home_latest AS life ON life.home_id = resident.home_id
LEFT JOIN device AS life_device ON life_device.device_number = life.device_number
LEFT JOIN LATERAL (
    -- By when it had happened, where only the stretch is known: as the board says it.
    SELECT reading.time FROM reading
    WHERE reading.device_number = life.device_number AND reading.time > life.life_sign_at
        AND reading.time > %(last_sign_at)s
        AND reading.acted_from = life.life_sign_at AND is_life_sign(reading.flags)
    ORDER BY reading.time
    LIMIT 1
) AS life_known ON true
LEFT JOIN alert_episode AS episode ON episode.alert_id = alert.alert_id AND episode.began_at = alert.began_at
LEFT JOIN LATERAL (
    SELECT coalesce(user_account.name, contact.name) AS who, alert_event.at
    FROM alert_event
    LEFT JOIN user_account ON user_account.user_id = alert_event.user_id
    LEFT JOIN contact ON contact.contact_id = alert_event.contact_id
    WHERE alert_event.alert_id = alert.alert_id AND alert_event.kind = ANY(%(kinds)s)
    ORDER BY alert_event.alert_event_id DESC
    LIMIT 1
) AS last_event ON true
WHERE alert.alert_id = %(alert)s;

-- name: is_superseded
-- A row if a later opening to the same contact about the same alert waits: it will say all that this one would.
SELECT 1
FROM notification
WHERE
    alert_id = %(alert)s AND contact_id = %(contact)s AND kind = 'opening' AND notification_id > %(notification)s
    AND status = 'pending'
LIMIT 1;

-- name: finish
-- Write how an attempt ended, unless another sender has taken the message over since.
UPDATE notification
SET status = %(status)s, due_at = coalesce(%(due_at)s, due_at), last_error = %(error)s, sent_at = %(sent_at)s,
    lease_until = NULL
WHERE notification_id = %(notification)s AND status = 'sending' AND lease_until = %(lease_until)s;

-- name: cancel_later
-- Drop what would have followed a message that never arrived.
UPDATE notification
SET status = 'cancelled', last_error = %(error)s
WHERE
    alert_id = %(alert)s AND contact_id = %(contact)s AND notification_id > %(notification)s AND status = 'pending'
    AND kind <> 'opening';
