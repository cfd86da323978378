-- Events for other programs that did not arrive, and that they are sent once more.

-- name: failed
-- Events of the last while that no receiver has taken, nobody tries any more or somebody sent again, the newest first; of contacts of one
-- office and its residents, or of all.
SELECT
    d.delivery_id AS number, n.alert_id AS alert, a.rule, n.kind, c.contact_id AS contact, c.name AS contact_name,
    coalesce(ch.address, '') AS address, d.planned_at, d.state, d.error, d.accepted_at,
    d.contact_channel_id IS NOT NULL AND c.is_active AS can_be_sent,
    EXISTS (SELECT FROM webhook_redelivery AS w WHERE w.delivery_id = d.delivery_id AND w.done_at IS NULL) AS is_waiting
FROM delivery AS d
JOIN notification AS n USING (notification_id)
JOIN alert AS a USING (alert_id)
JOIN contact AS c USING (contact_id)
LEFT JOIN resident AS r ON r.resident_id = c.resident_id
LEFT JOIN contact_channel AS ch ON ch.contact_channel_id = d.contact_channel_id
WHERE
    d.kind = 'webhook' AND d.planned_at >= %(since)s
    AND (%(delivery)s::bigint IS NULL OR d.delivery_id = %(delivery)s)
    AND (%(office)s::integer IS NULL OR coalesce(r.office_id, c.office_id) = %(office)s)
    AND (
        (d.accepted_at IS NULL AND n.status NOT IN ('pending', 'sending'))
        OR EXISTS (SELECT FROM webhook_redelivery AS w WHERE w.delivery_id = d.delivery_id)
    )
ORDER BY d.delivery_id DESC
LIMIT %(limit)s;

-- name: history
-- Who had these events sent again, the newest first.
SELECT w.delivery_id AS delivery, w.asked_at, u.name AS who, w.done_at, w.result, w.error
FROM webhook_redelivery AS w
LEFT JOIN user_account AS u ON u.user_id = w.asked_by_user
WHERE w.delivery_id = ANY(%(deliveries)s::bigint[])
ORDER BY w.webhook_redelivery_id DESC;

-- name: ask
-- Have an event sent once more; nothing if that waits already.
INSERT INTO webhook_redelivery (delivery_id, asked_by_user, asked_at)
VALUES (%(delivery)s, %(user)s, %(now)s)
ON CONFLICT (delivery_id) WHERE done_at IS NULL DO NOTHING;

-- name: lease_one
-- Take one that waits; a lease that ran out belongs to a sender that died.
UPDATE webhook_redelivery AS w
SET lease_until = %(lease_until)s
FROM delivery AS d
JOIN notification AS n USING (notification_id)
WHERE
    d.delivery_id = w.delivery_id
    AND w.webhook_redelivery_id = (
        SELECT webhook_redelivery_id
        FROM webhook_redelivery
        WHERE done_at IS NULL AND (lease_until IS NULL OR lease_until <= %(machine_now)s)
        ORDER BY webhook_redelivery_id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
RETURNING
    w.webhook_redelivery_id AS number, d.delivery_id AS delivery, d.contact_channel_id AS channel,
    d.request_key::text AS request_key, d.planned_at, n.alert_id AS alert, n.contact_id AS contact, n.kind;

-- name: finish
-- Write how it went, unless another sender has taken it over since.
UPDATE webhook_redelivery
SET done_at = %(now)s, result = %(result)s, error = %(error)s, lease_until = NULL
WHERE webhook_redelivery_id = %(number)s AND lease_until = %(lease_until)s;

-- name: accepted
-- The receiver has taken it after all.
UPDATE delivery SET state = 'accepted', accepted_at = %(now)s, failed_at = NULL, error = NULL WHERE delivery_id = %(delivery)s;
