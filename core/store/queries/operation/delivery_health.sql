-- Whether anybody is notified at all: offices that no message reaches, emergencies without a message, senders that stand still.

-- name: unreachable_offices
-- Offices that somebody relies on and whose centre has no contact, besides those of the roster, with a channel that is set up and may be used.
SELECT office.name
FROM office
WHERE
    office.is_active
    AND (
        office.role <> 'care'
        OR EXISTS (SELECT FROM resident WHERE resident.office_id = office.office_id AND resident.ended_at IS NULL)
        OR EXISTS (SELECT FROM office AS other WHERE other.next_office_id = office.office_id AND other.is_active)
    )
    AND NOT EXISTS (
        SELECT
        FROM contact
        JOIN contact_channel AS channel ON channel.contact_id = contact.contact_id
        WHERE
            contact.office_id = office.office_id
            AND contact.is_active
            AND NOT contact.is_duty_only
            AND channel.kind = ANY(%(kinds)s)
            AND channel.unreachable_since IS NULL
            AND (channel.confirmed_at IS NOT NULL OR NOT channel.kind = ANY(%(confirmed_only)s))
    )
ORDER BY office.office_id;

-- name: health
-- Open emergencies of which no message exists although they were planned, and messages that nobody takes.
SELECT
    (
        SELECT count(*)
        FROM alert
        WHERE
            alert.severity = 1
            AND alert.handling = 'open'
            AND EXISTS (
                SELECT FROM alert_event WHERE alert_event.alert_id = alert.alert_id AND alert_event.planned_at IS NOT NULL
            )
            AND NOT EXISTS (SELECT FROM notification WHERE notification.alert_id = alert.alert_id)
    ) AS unnotified_emergencies,
    (
        SELECT count(*)
        FROM notification
        WHERE
            status = 'pending'
            AND due_at < %(due_before)s
            -- Of one contact's messages about an alert, the next waits for the one before.
            AND NOT EXISTS (
                SELECT
                FROM notification AS earlier
                WHERE
                    earlier.alert_id = notification.alert_id
                    AND earlier.contact_id = notification.contact_id
                    AND earlier.notification_id < notification.notification_id
                    AND earlier.status IN ('pending', 'sending')
            )
    ) AS overdue_messages,
    (
        SELECT count(*) FROM alert_event WHERE planned_at IS NULL AND at < %(due_before)s
    ) AS unplanned_events;

-- name: exhausted_emergencies
-- Open emergencies whose latest reminder reached nobody: everybody had their share of the day's messages, and no desk is above.
SELECT alert.alert_id
FROM alert
JOIN LATERAL (
    SELECT kind, executed_at
    FROM escalation_step
    WHERE escalation_step.alert_id = alert.alert_id AND executed_at IS NOT NULL
    ORDER BY executed_at DESC, kind = 'reminder'
    LIMIT 1
) AS latest ON latest.kind = 'reminder'
WHERE
    alert.severity = 1 AND alert.handling = 'open' AND alert.condition = 'active'
    AND NOT EXISTS (
        SELECT FROM notification
        WHERE notification.alert_id = alert.alert_id AND notification.created_at >= latest.executed_at
    )
    -- Where nobody was ever asked, nobody had their share: that is an emergency without a message.
    AND EXISTS (SELECT FROM notification WHERE notification.alert_id = alert.alert_id)
ORDER BY alert.alert_id;

-- name: unconfirmed_contacts
-- Contacts without any channel of which somebody made sure that it reaches the right person.
SELECT count(*)
FROM contact
WHERE
    is_active
    AND NOT EXISTS (SELECT FROM resident AS ended WHERE ended.resident_id = contact.resident_id AND ended.ended_at IS NOT NULL)
    AND NOT EXISTS (
        SELECT
        FROM contact_channel AS channel
        WHERE
            channel.contact_id = contact.contact_id
            AND channel.confirmed_at IS NOT NULL
            AND channel.unreachable_since IS NULL
    );

-- name: dead_channels
-- Channels of contacts that are known to be dead.
SELECT count(*)
FROM contact_channel AS channel
JOIN contact ON contact.contact_id = channel.contact_id
WHERE
    contact.is_active AND channel.unreachable_since IS NOT NULL
    AND NOT EXISTS (SELECT FROM resident AS ended WHERE ended.resident_id = contact.resident_id AND ended.ended_at IS NOT NULL);
