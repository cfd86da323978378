-- Episodes: what rules saw, tied to the alerts that people handle.

-- name: latest
-- The newest alert of each key (a rule and its subject), closed or not.
SELECT DISTINCT ON (card.rule, card.subject_kind, card.subject_number, card.area)
    card.alert_id, card.rule, card.subject_kind, card.subject_number, card.area, card.resident_id, card.office_id, card.severity,
    card.condition, card.handling, card.began_at, card.raised_at, card.detected_at, card.opened_at, card.cleared_at, card.closed_at,
    card.outcome, card.detected_late, card.reason, card.version, card.occurrences, card.first_began_at, card.claimed_by,
    card.claimed_by_user, card.claimed_by_contact, card.claimed_at, card.claim_expires_at, card.progress, card.progress_at,
    card.progress_note, card.arrives_at
FROM unnest(%(rules)s::text[], %(subject_kinds)s::text[], %(subject_numbers)s::integer[], %(areas)s::text[])
    AS wanted (rule, subject_kind, subject_number, area)
JOIN full_alert AS card ON card.rule = wanted.rule AND card.subject_kind = wanted.subject_kind
    AND card.subject_number = wanted.subject_number AND card.area IS NOT DISTINCT FROM wanted.area
ORDER BY card.rule, card.subject_kind, card.subject_number, card.area, card.alert_id DESC;

-- name: unclosed
-- Lock the one alert of a key that is not closed.
SELECT alert_id
FROM alert
WHERE rule = %(rule)s AND subject_kind = %(subject_kind)s AND subject_number = %(subject_number)s
    AND area IS NOT DISTINCT FROM %(area)s AND handling <> 'closed'
FOR NO KEY UPDATE;

-- name: find
-- One episode, if it is known.
SELECT alert_id, cleared_at
FROM alert_episode
WHERE rule = %(rule)s AND subject_kind = %(subject_kind)s AND subject_number = %(subject_number)s
    AND area IS NOT DISTINCT FROM %(area)s AND began_at = %(began_at)s;

-- name: overtaken
-- The places of the given episodes whose alerts are closed, or are about a later episode by now.
SELECT given.place - 1
FROM unnest(
    %(rules)s::text[], %(subject_kinds)s::text[], %(subject_numbers)s::integer[], %(areas)s::text[], %(began)s::timestamptz[]
) WITH ORDINALITY AS given (rule, subject_kind, subject_number, area, began_at, place)
JOIN alert_episode AS episode
    ON episode.rule = given.rule AND episode.subject_kind = given.subject_kind
        AND episode.subject_number = given.subject_number AND episode.area IS NOT DISTINCT FROM given.area
        AND episode.began_at = given.began_at
JOIN alert USING (alert_id)
WHERE alert.handling = 'closed' OR alert.began_at <> episode.began_at;

-- name: put
-- Tie an episode to an alert, or note how it looks now.
INSERT INTO alert_episode (
    alert_id, rule, subject_kind, resident_id, geofence_id, home_id, device_number, area, began_at, raised_at, cleared_at
)
VALUES (
    %(alert)s, %(rule)s, %(subject_kind)s, %(resident_id)s, %(geofence_id)s, %(home_id)s, %(device_number)s, %(area)s,
    %(began_at)s, %(raised_at)s, %(cleared_at)s
)
ON CONFLICT (rule, subject_kind, subject_number, area, began_at) DO UPDATE
SET raised_at = excluded.raised_at, cleared_at = excluded.cleared_at, withdrawn_at = NULL
WHERE
    (alert_episode.raised_at, alert_episode.cleared_at, alert_episode.withdrawn_at)
    IS DISTINCT FROM (excluded.raised_at, excluded.cleared_at, NULL);

-- name: withdraw
-- Note that late data contradicted an episode.
UPDATE alert_episode
SET withdrawn_at = %(now)s
WHERE alert_id = %(alert)s AND began_at = %(began_at)s AND withdrawn_at IS NULL;

-- name: withdraw_unfound
-- Note that late data contradicted what had ended already: episodes raised in an evaluated span and not found in it again.
UPDATE alert_episode AS episode
SET withdrawn_at = %(now)s
FROM unnest(%(rules)s::text[], %(subject_kinds)s::text[], %(subject_numbers)s::integer[], %(areas)s::text[])
    AS wanted (rule, subject_kind, subject_number, area)
WHERE episode.rule = wanted.rule AND episode.subject_kind = wanted.subject_kind
    AND episode.subject_number = wanted.subject_number AND episode.area IS NOT DISTINCT FROM wanted.area
    AND episode.raised_at > %(since)s AND episode.raised_at <= %(until)s
    AND episode.cleared_at IS NOT NULL AND episode.withdrawn_at IS NULL
    AND NOT EXISTS (
        SELECT
        FROM unnest(
            %(found_rules)s::text[], %(found_kinds)s::text[], %(found_numbers)s::integer[], %(found_areas)s::text[],
            %(found_began)s::timestamptz[]
        ) AS found (rule, subject_kind, subject_number, area, began_at)
        WHERE
            (found.rule, found.subject_kind, found.subject_number, found.area, found.began_at)
            IS NOT DISTINCT FROM
            (episode.rule, episode.subject_kind, episode.subject_number, episode.area, episode.began_at)
    )
RETURNING episode.alert_id, episode.began_at;

-- name: open
-- A new alert; nothing if another process was faster.
INSERT INTO alert (
    rule, subject_kind, resident_id, geofence_id, home_id, device_number, area, office_id, severity, condition, handling, began_at, raised_at, opened_at, cleared_at,
    detected_late, detected_at, reason
)
VALUES (
    %(rule)s, %(subject_kind)s, %(resident)s, %(geofence_id)s, %(home_id)s, %(device_number)s, %(area)s,
    coalesce(%(office)s, (SELECT office_id FROM resident WHERE resident_id = %(resident)s)),
    %(severity)s, %(condition)s, 'open', %(began_at)s, %(raised_at)s, %(now)s, %(cleared_at)s, %(detected_late)s, %(now)s, %(reason)s
)
ON CONFLICT (rule, subject_kind, subject_number, area) WHERE handling <> 'closed' DO NOTHING
RETURNING alert_id;

-- name: show_episode
-- Let an alert be about this episode from now on.
UPDATE alert
SET severity = %(severity)s, condition = %(condition)s, began_at = %(began_at)s, raised_at = %(raised_at)s,
    cleared_at = %(cleared_at)s, detected_late = %(detected_late)s, detected_at = %(now)s, reason = %(reason)s, version = version + 1
WHERE alert_id = %(alert)s;

-- name: clear
-- What was found no longer holds.
UPDATE alert
SET condition = 'cleared', cleared_at = %(cleared_at)s, version = version + 1
WHERE alert_id = %(alert)s;

-- name: extend_reason
-- More is known of why.
UPDATE alert SET reason = %(reason)s, version = version + 1 WHERE alert_id = %(alert)s;

-- name: wake
-- What was put off and is an emergency now waits for somebody at once.
UPDATE alert
SET handling = 'open', claimed_by_user = NULL, claimed_by_contact = NULL, claimed_at = NULL, claim_expires_at = NULL,
    progress = NULL, progress_at = NULL, progress_note = '', arrives_at = NULL
WHERE alert_id = %(alert)s AND handling = 'claimed' AND progress = 'later' AND severity = 1;

-- name: raise_severity
-- An alert has become more urgent.
UPDATE alert SET severity = %(severity)s, reason = %(reason)s, version = version + 1 WHERE alert_id = %(alert)s;
