-- When what is about an alert now was detected; and when nobody was evaluated, since evaluation itself stood still.
ALTER TABLE alert ADD COLUMN detected_at timestamptz;

CREATE OR REPLACE VIEW full_alert AS
SELECT
    alert.alert_id, alert.rule, alert.subject_kind, alert.subject_number, alert.area, alert.resident_id, alert.office_id,
    alert.severity, alert.condition,
    alert.handling, alert.began_at, alert.raised_at, alert.opened_at, alert.cleared_at,
    coalesce(user_account.name, contact.name) AS claimed_by,
    alert.claimed_at, alert.closed_at, alert.outcome, alert.detected_late, alert.reason, alert.version,
    alert.claimed_by_user, alert.claimed_by_contact, alert.claim_expires_at,
    greatest(episodes.count, 1) AS occurrences, coalesce(episodes.first_began_at, alert.began_at) AS first_began_at,
    alert.progress, alert.progress_at, alert.progress_note, alert.arrives_at, alert.detected_at
FROM alert
LEFT JOIN user_account ON user_account.user_id = alert.claimed_by_user
LEFT JOIN contact ON contact.contact_id = alert.claimed_by_contact
LEFT JOIN LATERAL (
    SELECT count(*)::integer AS count, min(alert_episode.began_at) AS first_began_at
    FROM alert_episode
    WHERE alert_episode.alert_id = alert.alert_id AND alert_episode.withdrawn_at IS NULL
) AS episodes ON true;

CREATE TABLE evaluation_gap (
    began_at timestamptz PRIMARY KEY,
    known_at timestamptz NOT NULL,
    ended_at timestamptz,
    notified_at timestamptz,
    CHECK (ended_at >= began_at)
);
