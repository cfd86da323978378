-- Notifications to browsers of the staff: who asked for them, and what is on its way.

-- name: subscribe
-- Remember a browser; whoever signs in there last gets its notifications.
INSERT INTO push_subscription (user_id, endpoint, p256dh, auth, created_at)
VALUES (%(user)s, %(endpoint)s, %(p256dh)s, %(auth)s, %(now)s)
ON CONFLICT (endpoint) DO UPDATE
SET user_id = excluded.user_id, p256dh = excluded.p256dh, auth = excluded.auth, created_at = excluded.created_at, dead_at = NULL;

-- name: count
-- How many browsers a user has.
SELECT count(*) FROM push_subscription WHERE user_id = %(user)s AND dead_at IS NULL;

-- name: of_user
-- The browsers of a user, the newest first.
SELECT push_subscription_id AS number, endpoint, p256dh, auth, created_at, accepted_at, dead_at
FROM push_subscription
WHERE user_id = %(user)s
ORDER BY created_at DESC, push_subscription_id DESC;

-- name: remove
-- Forget a browser of a user.
DELETE FROM push_subscription WHERE push_subscription_id = %(number)s AND user_id = %(user)s;

-- name: plan
-- Put a notification of one event on its way to the browsers of all staff who may see the alert.
INSERT INTO push_message (alert_event_id, push_subscription_id, due_at)
SELECT %(event)s, s.push_subscription_id, %(now)s
FROM push_subscription AS s
JOIN user_account AS u USING (user_id)
WHERE
    s.dead_at IS NULL AND u.is_active
    AND (u.role = 'admin' OR (u.role = 'care' AND (%(office)s::integer IS NULL OR u.office_id = %(office)s)))
ON CONFLICT DO NOTHING;

-- name: lease
-- Take one notification that is due; whoever takes it is alone with it until `until`.
WITH next AS (
    SELECT m.push_message_id
    FROM push_message AS m
    WHERE m.accepted_at IS NULL AND m.given_up_at IS NULL AND m.due_at <= %(now)s
    ORDER BY m.due_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
UPDATE push_message AS m
SET due_at = %(until)s, attempts = m.attempts + 1
FROM next, push_subscription AS s, user_account AS u, alert_event AS e, alert AS a
WHERE m.push_message_id = next.push_message_id AND s.push_subscription_id = m.push_subscription_id
    AND u.user_id = s.user_id AND e.alert_event_id = m.alert_event_id AND a.alert_id = e.alert_id
RETURNING m.push_message_id AS number, m.push_subscription_id AS subscription, s.endpoint, s.p256dh, s.auth, u.language,
    a.alert_id AS alert, m.attempts, (a.handling = 'open' AND s.dead_at IS NULL AND u.is_active) AS is_wanted;

-- name: accepted
-- The browser's service took it.
WITH done AS (
    UPDATE push_message SET accepted_at = %(now)s, error = NULL WHERE push_message_id = %(number)s RETURNING push_subscription_id
)
UPDATE push_subscription AS s SET accepted_at = %(now)s FROM done WHERE s.push_subscription_id = done.push_subscription_id;

-- name: put_off
-- Try it again later.
UPDATE push_message SET due_at = %(due_at)s, error = %(error)s WHERE push_message_id = %(number)s;

-- name: give_up
-- Nobody needs it any more, or its service refuses it.
UPDATE push_message SET given_up_at = %(now)s, error = %(error)s WHERE push_message_id = %(number)s;

-- name: bury
-- The browser is gone: its service says so.
UPDATE push_subscription SET dead_at = %(now)s WHERE push_subscription_id = %(subscription)s;
