-- What became of each message on each channel: tried, accepted, arrived, answered, or why not.

-- name: of_notification
-- The deliveries of one message, in the order in which they began.
SELECT
    delivery_id AS number, notification_id AS notification, contact_channel_id AS channel, kind, state,
    request_key::text AS request_key, attempts, planned_at, accepted_at, arrived_at, read_at, answered_at, failed_at,
    provider_id, parts, retry_at, error
FROM delivery
WHERE notification_id = %(notification)s
ORDER BY delivery_id;

-- name: of_alert
-- The deliveries of all messages about one alert, in the order in which they began.
SELECT
    delivery.delivery_id AS number, delivery.notification_id AS notification, delivery.contact_channel_id AS channel,
    delivery.kind, delivery.state, delivery.request_key::text AS request_key, delivery.attempts, delivery.planned_at,
    delivery.accepted_at, delivery.arrived_at, delivery.read_at, delivery.answered_at, delivery.failed_at,
    delivery.provider_id, delivery.parts, delivery.retry_at, delivery.error
FROM delivery
JOIN notification ON notification.notification_id = delivery.notification_id
WHERE notification.alert_id = %(alert)s
ORDER BY delivery.delivery_id;

-- name: last_used
-- When each channel of a contact last carried a message about an alert.
SELECT delivery.contact_channel_id AS channel, max(delivery.accepted_at) AS at
FROM delivery
JOIN notification ON notification.notification_id = delivery.notification_id
WHERE
    notification.alert_id = %(alert)s
    AND notification.contact_id = %(contact)s
    AND delivery.accepted_at IS NOT NULL
    AND delivery.contact_channel_id IS NOT NULL
GROUP BY delivery.contact_channel_id;

-- name: begin
-- Note that an attempt begins, before anything leaves: the first, or one more with the same key.
INSERT INTO delivery (notification_id, contact_channel_id, kind, request_key, state, attempts, planned_at)
VALUES (%(notification)s, %(channel)s, %(kind)s, gen_random_uuid(), 'trying', 1, %(now)s)
ON CONFLICT (notification_id, contact_channel_id) DO UPDATE
SET state = 'trying', attempts = delivery.attempts + 1
RETURNING
    delivery_id AS number, notification_id AS notification, contact_channel_id AS channel, kind, state,
    request_key::text AS request_key, attempts, planned_at, accepted_at, arrived_at, read_at, answered_at, failed_at,
    provider_id, parts, retry_at, error;

-- name: settle
-- Write how an attempt ended; a receipt that was faster is not undone.
UPDATE delivery
SET
    state = CASE WHEN state = 'failed' THEN state ELSE %(state)s END,
    accepted_at = coalesce(%(accepted_at)s, accepted_at),
    failed_at = CASE WHEN state = 'failed' THEN failed_at ELSE %(failed_at)s END,
    provider_id = coalesce(%(provider_id)s, provider_id),
    parts = coalesce(%(parts)s, parts),
    retry_at = %(retry_at)s,
    error = CASE WHEN state = 'failed' THEN error ELSE %(error)s END
WHERE delivery_id = %(delivery)s;

-- name: keep_words
-- Keep what a call says, so that it can be said again.
UPDATE delivery SET spoken = %(spoken)s WHERE delivery_id = %(delivery)s;

-- name: by_key
-- The delivery that a provider reports about, with whom it is for and what it is about.
SELECT
    delivery.delivery_id AS number, delivery.notification_id AS notification, notification.alert_id AS alert,
    notification.contact_id AS contact, delivery.contact_channel_id AS channel, delivery.kind,
    coalesce(contact_channel.address, '') AS address, coalesce(contact_channel.language, contact.language) AS language,
    coalesce(delivery.spoken, '') AS spoken, delivery.answered_at
FROM delivery
JOIN notification ON notification.notification_id = delivery.notification_id
JOIN contact ON contact.contact_id = notification.contact_id
LEFT JOIN contact_channel ON contact_channel.contact_channel_id = delivery.contact_channel_id
WHERE delivery.request_key = %(key)s::uuid AND contact.is_active
FOR NO KEY UPDATE OF delivery;

-- name: set_arrived
-- Note that a receipt says it arrived; the first one counts.
UPDATE delivery SET arrived_at = coalesce(arrived_at, %(now)s) WHERE delivery_id = %(delivery)s;

-- name: set_answered
-- Note that a button or key answered it; the first one counts.
UPDATE delivery
SET answered_at = coalesce(answered_at, %(now)s), arrived_at = coalesce(arrived_at, %(now)s)
WHERE delivery_id = %(delivery)s;

-- name: set_failed
-- Note that a receipt says it did not arrive, unless somebody answered it.
UPDATE delivery
SET state = 'failed', failed_at = %(now)s, error = %(error)s
WHERE delivery_id = %(delivery)s AND answered_at IS NULL AND state <> 'failed';

-- name: forget_words
-- A call has ended: what it said is not needed any more.
UPDATE delivery SET spoken = NULL WHERE delivery_id = %(delivery)s AND spoken IS NOT NULL;

-- name: send_on
-- Let the next channel of the contact take over what did not arrive.
UPDATE notification
SET status = 'pending', due_at = %(now)s, sent_at = NULL, last_error = %(error)s
WHERE notification_id = %(notification)s AND status = 'sent';
