-- Alerts: reading them, and what people do about them.

-- name: hold
-- Lock one alert against other changes, without blocking rows that only point at it.
SELECT alert_id FROM alert WHERE alert_id = %(alert)s FOR NO KEY UPDATE;

-- name: get
-- One alert.
SELECT
    alert_id, rule, subject_kind, subject_number, area, resident_id, office_id, severity, condition, handling, began_at, raised_at, detected_at,
    opened_at, cleared_at, closed_at, outcome, detected_late, reason, version, occurrences, first_began_at, claimed_by, claimed_by_user,
    claimed_by_contact, claimed_at, claim_expires_at, progress, progress_at, progress_note, arrives_at
FROM full_alert
WHERE alert_id = %(alert)s;

-- name: unclosed
-- All alerts that are not closed, of some offices (and of the whole ward) or of some residents; null means no limit.
SELECT
    alert_id, rule, subject_kind, subject_number, area, resident_id, office_id, severity, condition, handling, began_at, raised_at, detected_at,
    opened_at, cleared_at, closed_at, outcome, detected_late, reason, version, occurrences, first_began_at, claimed_by, claimed_by_user,
    claimed_by_contact, claimed_at, claim_expires_at, progress, progress_at, progress_note, arrives_at
FROM full_alert
WHERE
    handling <> 'closed'
    AND (%(offices)s::integer[] IS NULL OR office_id = ANY(%(offices)s) OR (office_id IS NULL AND resident_id IS NULL))
    AND (%(residents)s::integer[] IS NULL OR resident_id = ANY(%(residents)s));

-- name: history
-- Past and present alerts, newest first, with the same limits and some more; `before` continues a list.
SELECT
    alert_id, rule, subject_kind, subject_number, area, resident_id, office_id, severity, condition, handling, began_at, raised_at, detected_at,
    opened_at, cleared_at, closed_at, outcome, detected_late, reason, version, occurrences, first_began_at, claimed_by, claimed_by_user,
    claimed_by_contact, claimed_at, claim_expires_at, progress, progress_at, progress_note, arrives_at
FROM full_alert
WHERE
    (%(offices)s::integer[] IS NULL OR office_id = ANY(%(offices)s) OR (office_id IS NULL AND resident_id IS NULL))
    AND (%(residents)s::integer[] IS NULL OR resident_id = ANY(%(residents)s))
    AND (%(rule)s::text IS NULL OR rule = %(rule)s)
    AND (%(handling)s::text IS NULL OR handling = %(handling)s)
    AND (%(since)s::timestamptz IS NULL OR opened_at >= %(since)s)
    AND (%(before)s::bigint IS NULL OR alert_id < %(before)s)
ORDER BY alert_id DESC
LIMIT %(limit)s;

-- name: events
-- What happened to one alert, in order.
SELECT
    alert_event.alert_event_id AS number, alert_event.alert_id AS alert, alert_event.at, alert_event.kind,
    coalesce(user_account.name, contact.name) AS who, alert_event.user_id AS user, alert_event.contact_id AS contact,
    alert_event.detail
FROM alert_event
LEFT JOIN user_account ON user_account.user_id = alert_event.user_id
LEFT JOIN contact ON contact.contact_id = alert_event.contact_id
WHERE alert_event.alert_id = %(alert)s
ORDER BY alert_event.alert_event_id;

-- name: episodes
-- Each time at which it began, newest first, without what late data contradicted.
SELECT began_at, raised_at, cleared_at
FROM alert_episode
WHERE alert_id = %(alert)s AND withdrawn_at IS NULL
ORDER BY began_at DESC;

-- name: record
-- Write down what happened and wake whoever waits for alerts.
WITH written AS (
    INSERT INTO alert_event (alert_id, at, kind, user_id, contact_id, detail, planned_at)
    VALUES (%(alert)s, %(at)s, %(kind)s, %(user)s, %(contact)s, %(detail)s, %(planned_at)s)
    RETURNING alert_event_id, alert_id
)
SELECT alert_event_id, pg_notify('alert', alert_id::text) FROM written;

-- name: is_same_person
-- A row if the contact belongs to the user.
SELECT 1 FROM contact WHERE contact_id = %(contact)s AND user_id = %(user)s;

-- name: set_claimed
-- Give an alert to whoever takes it.
UPDATE alert
SET handling = 'claimed', claimed_by_user = %(user)s, claimed_by_contact = %(contact)s, claimed_at = %(now)s,
    claim_expires_at = %(expires_at)s, progress = NULL, progress_at = NULL, progress_note = '', arrives_at = NULL,
    version = version + 1
WHERE alert_id = %(alert)s AND handling <> 'closed';

-- name: companions
-- The other alerts of some rules about one resident that hold and are not closed.
SELECT
    alert_id, rule, subject_kind, subject_number, area, resident_id, office_id, severity, condition, handling, began_at, raised_at, detected_at,
    opened_at, cleared_at, closed_at, outcome, detected_late, reason, version, occurrences, first_began_at, claimed_by, claimed_by_user,
    claimed_by_contact, claimed_at, claim_expires_at, progress, progress_at, progress_note, arrives_at
FROM full_alert
WHERE
    resident_id = %(resident)s AND rule = ANY(%(rules)s) AND alert_id <> %(alert)s
    AND condition = 'active' AND handling <> 'closed'
ORDER BY alert_id;

-- name: hold_resident
-- Let nobody else plan for alerts of this resident that belong together until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('alert companions', %(resident)s));

-- name: close_with
-- End what another alert notified in place of, with its outcome.
UPDATE alert
SET handling = 'closed', closed_at = %(now)s, outcome = %(outcome)s, claim_expires_at = NULL, version = version + 1
WHERE
    resident_id = %(resident)s AND rule = ANY(%(rules)s) AND alert_id <> %(alert)s AND handling <> 'closed'
    AND severity >= %(severity)s AND condition = 'active'
RETURNING alert_id;

-- name: close_of_ended
-- End what is open about a resident who is watched no more, and about the home and its devices if nobody is left there.
UPDATE alert
SET handling = 'closed', closed_at = %(now)s, outcome = 'other', claim_expires_at = NULL, version = version + 1
WHERE
    handling <> 'closed'
    AND (
        resident_id = %(resident)s
        OR home_id = %(empty_home)s
        OR device_number IN (
            SELECT device_number FROM device_assignment WHERE home_id = %(empty_home)s AND upper_inf(during)
        )
    )
RETURNING alert_id, severity;

-- name: follow_residents
-- Give what is not closed to the offices that look after the residents now, of a home if nobody else does; wake who waits for alerts.
WITH moved AS (
    UPDATE alert
    SET office_id = r.office_id, version = alert.version + 1
    FROM resident AS r
    WHERE
        r.resident_id = ANY(%(residents)s)
        AND alert.handling <> 'closed'
        AND alert.office_id <> r.office_id
        AND (
            alert.resident_id = r.resident_id
            OR alert.resident_id IS NULL
            AND (
                alert.home_id = r.home_id
                OR alert.device_number IN (
                    SELECT a.device_number FROM device_assignment AS a WHERE a.home_id = r.home_id AND upper_inf(a.during)
                )
            )
            AND NOT EXISTS (
                SELECT FROM resident AS other
                WHERE other.home_id = r.home_id AND other.ended_at IS NULL AND other.office_id <> r.office_id
            )
        )
    RETURNING alert.alert_id
)
SELECT alert_id, pg_notify('alert', alert_id::text) FROM moved;

-- name: set_open
-- Put an alert back into the queue.
UPDATE alert
SET handling = 'open', claimed_by_user = NULL, claimed_by_contact = NULL, claimed_at = NULL, claim_expires_at = NULL,
    progress = NULL, progress_at = NULL, progress_note = '', arrives_at = NULL, version = version + 1
WHERE alert_id = %(alert)s AND handling = 'claimed';

-- name: set_progress
-- Write down how it goes, and let the claim hold as long.
UPDATE alert
SET progress = %(progress)s, progress_at = %(now)s, progress_note = %(note)s, arrives_at = %(arrives_at)s,
    claim_expires_at = %(expires_at)s, version = version + 1
WHERE alert_id = %(alert)s AND handling = 'claimed';

-- name: set_outcome
-- Correct how an alert ended.
UPDATE alert SET outcome = %(outcome)s, version = version + 1 WHERE alert_id = %(alert)s AND handling = 'closed';

-- name: is_followed
-- A row if what a closed alert is about has a newer alert that is not closed.
SELECT 1
FROM alert AS old
JOIN alert AS new ON (new.rule, new.subject_kind) = (old.rule, old.subject_kind)
    AND new.subject_number IS NOT DISTINCT FROM old.subject_number AND new.area IS NOT DISTINCT FROM old.area
WHERE old.alert_id = %(alert)s AND new.handling <> 'closed' AND new.alert_id <> old.alert_id;

-- name: set_reopened
-- Put a closed alert back into the queue.
UPDATE alert
SET handling = 'open', claimed_by_user = NULL, claimed_by_contact = NULL, claimed_at = NULL, closed_at = NULL, outcome = NULL,
    progress = NULL, progress_at = NULL, progress_note = '', arrives_at = NULL, version = version + 1
WHERE alert_id = %(alert)s AND handling = 'closed';

-- name: set_closed
-- End an alert with its outcome; who had claimed it stays on record.
UPDATE alert
SET handling = 'closed', closed_at = %(now)s, outcome = %(outcome)s, claim_expires_at = NULL, version = version + 1
WHERE alert_id = %(alert)s AND handling <> 'closed';

-- name: evaluate_again
-- Have a resident evaluated at once: what people said of an alert that holds is among what rules look at.
WITH changed AS (
    INSERT INTO home_change (home_id, earliest, urgent)
    SELECT resident.home_id, evaluation.evaluated_through + interval '1 microsecond', true
    FROM evaluation
    JOIN resident ON resident.resident_id = evaluation.resident_id
    WHERE evaluation.resident_id = %(resident)s
    RETURNING home_id
)
SELECT pg_notify('home_change', '') FROM changed;

-- name: touch
-- Count a change that is only in the events.
UPDATE alert SET version = version + 1 WHERE alert_id = %(alert)s;

-- name: hold_expired
-- Lock one alert whose claimer fell silent; another process takes another one.
SELECT alert_id
FROM alert
WHERE handling = 'claimed' AND claim_expires_at <= %(now)s AND NOT alert_id = ANY(%(but)s::bigint[])
ORDER BY claim_expires_at
LIMIT 1
FOR NO KEY UPDATE SKIP LOCKED;
