-- An alert says how often it happened so far, and when first: somebody who presses again is said to have pressed again.
-- Release 0.2.0 takes all that alert_card has, so that stays as it is while processes of it still run; a later release drops it.
CREATE VIEW full_alert AS
SELECT
    alert.alert_id, alert.rule, alert.subject_kind, alert.subject_number, alert.area, alert.resident_id, alert.office_id,
    alert.severity, alert.condition,
    alert.handling, alert.began_at, alert.raised_at, alert.opened_at, alert.cleared_at,
    coalesce(user_account.name, contact.name) AS claimed_by,
    alert.claimed_at, alert.closed_at, alert.outcome, alert.detected_late, alert.reason, alert.version,
    alert.claimed_by_user, alert.claimed_by_contact, alert.claim_expires_at,
    greatest(episodes.count, 1) AS occurrences, coalesce(episodes.first_began_at, alert.began_at) AS first_began_at
FROM alert
LEFT JOIN user_account ON user_account.user_id = alert.claimed_by_user
LEFT JOIN contact ON contact.contact_id = alert.claimed_by_contact
LEFT JOIN LATERAL (
    SELECT count(*)::integer AS count, min(alert_episode.began_at) AS first_began_at
    FROM alert_episode
    WHERE alert_episode.alert_id = alert.alert_id AND alert_episode.withdrawn_at IS NULL
) AS episodes ON true;

-- Alerts that are open now and were called for again are about the latest call, as later ones are.
UPDATE alert
SET began_at = latest.began_at, raised_at = latest.raised_at, version = alert.version + 1
FROM (
    SELECT DISTINCT ON (alert_id) alert_id, began_at, raised_at
    FROM alert_episode
    WHERE withdrawn_at IS NULL AND cleared_at IS NULL
    ORDER BY alert_id, raised_at DESC
) AS latest
WHERE
    latest.alert_id = alert.alert_id AND alert.handling <> 'closed' AND alert.condition = 'active'
    AND latest.raised_at > alert.raised_at;
