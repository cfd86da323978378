-- Who is evaluated, how far, when next, and what was learned.

-- name: watermark
-- Up to when everything received is stored, by the slowest ingest worker that still reports.
SELECT min(watermark)
FROM ingest_progress
WHERE reported_at >= (SELECT max(reported_at) FROM ingest_progress) - %(grace)s::interval;

-- name: add_evaluations
-- Watch every resident who is not watched yet, and the ward.
INSERT INTO evaluation (resident_id, evaluated_through, due_at)
SELECT resident_id, watched_from, watched_from
FROM resident
WHERE ended_at IS NULL AND NOT EXISTS (SELECT FROM evaluation WHERE evaluation.resident_id = resident.resident_id)
UNION ALL
SELECT NULL, %(until)s, %(until)s
WHERE NOT EXISTS (SELECT FROM evaluation WHERE resident_id IS NULL)
ON CONFLICT DO NOTHING;

-- name: set_back
-- Go on from here with what was evaluated in a time that is yet to come; who is to be watched only later is left alone.
UPDATE evaluation SET evaluated_through = %(until)s, due_at = %(until)s, on_any_reading = true
WHERE evaluated_through > %(latest)s
    AND NOT EXISTS (
        SELECT FROM resident
        WHERE resident.resident_id = evaluation.resident_id AND resident.watched_from >= evaluation.evaluated_through
    );

-- name: drop_changes_of_empty_homes
-- Nobody lives there, so nobody is evaluated.
DELETE FROM home_change
WHERE NOT EXISTS (SELECT FROM resident WHERE resident.home_id = home_change.home_id AND resident.ended_at IS NULL);

-- name: drop_idle_changes
-- Drop changes that cannot alter an answer before the deadline: they are read when the deadline comes.
WITH changes AS (
    SELECT home_id, min(earliest) AS earliest, bool_or(urgent) AS urgent
    FROM home_change
    GROUP BY home_id
), idle AS (
    SELECT changes.home_id, changes.earliest
    FROM changes
    JOIN LATERAL (
        SELECT min(resident_id) AS resident_id FROM resident WHERE resident.home_id = changes.home_id AND ended_at IS NULL
    ) AS lead ON true
    JOIN evaluation ON evaluation.resident_id = lead.resident_id
    WHERE NOT changes.urgent
        AND NOT EXISTS (
            SELECT FROM evaluation AS other
            JOIN resident ON resident.resident_id = other.resident_id
            WHERE resident.home_id = changes.home_id
                AND (
                    other.on_any_reading OR other.due_at <= %(until)s OR other.evaluated_through >= changes.earliest
                    OR (other.on_any_fix AND EXISTS (
                        SELECT FROM device_assignment AS worn
                        JOIN device ON device.device_number = worn.device_number
                        JOIN device_contact AS contact ON contact.device_number = worn.device_number
                        WHERE worn.home_id = changes.home_id AND upper_inf(worn.during)
                            AND device.kind IN ('tracker', 'other')
                            AND contact.last_time > other.evaluated_through
                    ))
                    OR (other.on_life_sign AND EXISTS (
                        SELECT FROM home_latest
                        WHERE home_latest.home_id = changes.home_id AND home_latest.life_sign_at > other.evaluated_through
                    ))
                    OR (other.on_door AND EXISTS (
                        SELECT FROM device_assignment AS fitted
                        JOIN device ON device.device_number = fitted.device_number AND device.kind = 'door'
                        JOIN device_latest AS latest ON latest.device_number = fitted.device_number
                        WHERE fitted.home_id = changes.home_id AND upper_inf(fitted.during)
                            AND latest.metric = ANY(%(door_metrics)s) AND latest.time > other.evaluated_through
                    ))
                    -- A new device starts deadlines of its own.
                    OR EXISTS (
                        SELECT FROM device_assignment AS fresh
                        WHERE fresh.home_id = changes.home_id AND lower(fresh.during) > other.evaluated_through
                    )
                )
        )
        -- So does a device that says it goes; one that said so before has been evaluated.
        AND NOT EXISTS (
            SELECT FROM device_assignment AS here
            JOIN device_latest AS latest USING (device_number)
            WHERE here.home_id = changes.home_id AND upper_inf(here.during)
                AND latest.metric = ANY(%(status_metrics)s) AND latest.value = 0
                AND latest.time > evaluation.evaluated_through
        )
    FOR UPDATE OF evaluation SKIP LOCKED
)
DELETE FROM home_change
USING idle
WHERE home_change.home_id = idle.home_id AND NOT home_change.urgent AND home_change.earliest >= idle.earliest;

-- name: claim_urgent
-- Take homes with urgent changes, as below, without a look at all others.
SELECT candidate.home_id
FROM (SELECT home_id, min(earliest) AS at FROM home_change WHERE urgent GROUP BY home_id) AS candidate
JOIN LATERAL (
    SELECT min(resident_id) AS resident_id FROM resident WHERE resident.home_id = candidate.home_id AND ended_at IS NULL
) AS lead ON true
JOIN evaluation ON evaluation.resident_id = lead.resident_id
WHERE NOT candidate.home_id = ANY(%(but)s)
ORDER BY candidate.at
LIMIT %(limit)s
FOR UPDATE OF evaluation SKIP LOCKED;

-- name: claim_homes
-- Take homes with changes or a deadline, urgent ones first; the lock on the row of the home's first resident is the claim.
WITH candidate AS (
    SELECT home_id, bool_or(urgent) AS urgent, min(at) AS at
    FROM (
        SELECT home_id, urgent, earliest AS at FROM home_change
        UNION ALL
        SELECT resident.home_id, false, evaluation.due_at
        FROM evaluation
        JOIN resident ON resident.resident_id = evaluation.resident_id
        WHERE evaluation.due_at <= %(until)s
    ) AS wanted
    GROUP BY home_id
)
SELECT candidate.home_id, candidate.urgent
FROM candidate
JOIN LATERAL (
    SELECT min(resident_id) AS resident_id FROM resident WHERE resident.home_id = candidate.home_id AND ended_at IS NULL
) AS lead ON true
JOIN evaluation ON evaluation.resident_id = lead.resident_id
WHERE NOT candidate.home_id = ANY(%(but)s)
ORDER BY candidate.urgent DESC, candidate.at
LIMIT %(limit)s
FOR UPDATE OF evaluation SKIP LOCKED;

-- name: take_changes
-- Take the changes of some homes and return since when.
WITH taken AS (
    DELETE FROM home_change WHERE home_id = ANY(%(homes)s) RETURNING home_id, earliest
)
SELECT home_id, min(earliest) FROM taken GROUP BY home_id;

-- name: watched_residents
-- The residents of some homes with all that their evaluation needs to know, locked.
SELECT
    resident.home_id AS home, resident.resident_id AS number, resident.watched_from, resident.paused_from, resident.paused_until, resident.sensitivity,
    evaluation.evaluated_through, evaluation.state, evaluation.late_from, evaluation.late_until, home.time_zone AS zone
FROM evaluation
JOIN resident ON resident.resident_id = evaluation.resident_id
JOIN home ON home.home_id = resident.home_id
WHERE resident.home_id = ANY(%(homes)s)
ORDER BY resident.resident_id
FOR UPDATE OF evaluation;

-- name: note_late
-- Keep how far back data reach that came late, and until when they came, for those who live in a home.
UPDATE evaluation SET
    late_from = CASE WHEN late_until >= %(still_from)s THEN least(late_from, %(late_from)s) ELSE %(late_from)s END,
    late_until = %(until)s
WHERE resident_id IN (SELECT resident_id FROM resident WHERE home_id = %(home)s);

-- name: save
-- Keep how far residents were evaluated and when the answer about each can change next.
UPDATE evaluation SET
    evaluated_through = one.evaluated_through,
    due_at = one.due_at,
    on_any_reading = one.on_any_reading,
    on_any_fix = one.on_any_fix,
    on_door = one.on_door,
    on_life_sign = one.on_life_sign,
    state_since = CASE WHEN evaluation.state = one.state THEN coalesce(evaluation.state_since, one.at) ELSE one.at END,
    state = one.state,
    -- How long somebody has been at home is not forgotten when the door was used too long ago to be looked at again.
    presence_since = CASE
        WHEN one.presence_state = 'in' AND evaluation.presence_state = 'in' THEN coalesce(one.presence_since, evaluation.presence_since)
        ELSE one.presence_since
    END,
    presence_door_at = CASE
        WHEN one.presence_state = 'in' AND evaluation.presence_state = 'in' THEN coalesce(one.presence_door_at, evaluation.presence_door_at)
        ELSE one.presence_door_at
    END,
    presence_state = one.presence_state,
    presence_reason = one.presence_reason,
    failed_rule = one.failed_rule,
    failed_at = CASE WHEN one.failed_rule IS NULL THEN NULL ELSE one.at END
FROM unnest(
    %(residents)s::integer[], %(evaluated_through)s::timestamptz[], %(due_at)s::timestamptz[], %(on_any_reading)s::boolean[],
    %(on_any_fix)s::boolean[], %(on_door)s::boolean[], %(on_life_sign)s::boolean[], %(state)s::text[], %(presence_state)s::text[],
    %(presence_reason)s::text[], %(presence_since)s::timestamptz[], %(presence_door_at)s::timestamptz[], %(failed_rule)s::text[],
    %(at)s::timestamptz[]
) AS one (
    resident_id, evaluated_through, due_at, on_any_reading, on_any_fix, on_door, on_life_sign, state, presence_state, presence_reason,
    presence_since, presence_door_at, failed_rule, at
)
WHERE evaluation.resident_id = one.resident_id;

-- name: postpone
-- A home could not be evaluated at all: note it and try again later, from where it failed on, but not from ever further back;
-- until then nobody can tell.
UPDATE evaluation SET
    evaluated_through = greatest(least(evaluated_through, %(since)s), %(not_before)s), due_at = %(due_at)s, on_any_reading = true,
    state_since = CASE WHEN state = 'cannot_tell' THEN coalesce(state_since, %(now)s) ELSE %(now)s END,
    state = 'cannot_tell',
    presence_state = 'cannot_tell', presence_reason = 'not_evaluated', presence_since = NULL, presence_door_at = NULL,
    failed_rule = %(failed_rule)s, failed_at = %(now)s
WHERE resident_id IN (SELECT resident_id FROM resident WHERE home_id = %(home)s);

-- name: evaluate_again
-- Evaluate a resident anew as soon as possible; as a change, so that nobody waits for who evaluates at this moment.
INSERT INTO home_change (home_id, earliest, urgent)
SELECT resident.home_id, evaluation.evaluated_through + interval '1 microsecond', true
FROM evaluation
JOIN resident ON resident.resident_id = evaluation.resident_id
WHERE evaluation.resident_id = %(resident)s;

-- name: end_watch
-- Evaluate a resident no more; whoever evaluates at this moment comes first.
DELETE FROM evaluation WHERE resident_id = %(resident)s;

-- name: watch_from
-- Evaluate a resident again from a moment on.
INSERT INTO evaluation (resident_id, evaluated_through, due_at) VALUES (%(resident)s, %(since)s, %(since)s)
ON CONFLICT (resident_id) DO NOTHING;

-- name: evaluate_everyone
-- Evaluate all residents anew who have no deadline: the ward is in contact again.
INSERT INTO home_change (home_id, earliest, urgent)
SELECT resident.home_id, max(evaluation.evaluated_through) + interval '1 microsecond', false
FROM evaluation
JOIN resident ON resident.resident_id = evaluation.resident_id
GROUP BY resident.home_id;

-- name: wake
-- Wake the runner.
SELECT pg_notify('home_change', '');

-- name: next_due
-- When the next deadline comes.
SELECT min(due_at) FROM evaluation WHERE resident_id IS NOT NULL;

-- name: is_evaluated
-- Whether nothing up to a time is left to evaluate.
SELECT
    EXISTS (SELECT FROM evaluation WHERE resident_id IS NULL AND evaluated_through >= %(through)s)
    AND NOT EXISTS (SELECT FROM evaluation WHERE resident_id IS NOT NULL AND due_at <= %(through)s)
    AND NOT EXISTS (SELECT FROM home_change JOIN resident USING (home_id) WHERE resident.ended_at IS NULL)
    AND NOT EXISTS (
        SELECT FROM resident
        WHERE ended_at IS NULL AND NOT EXISTS (SELECT FROM evaluation WHERE evaluation.resident_id = resident.resident_id)
    );

-- name: claim_ward
-- Take the ward, unless another process has it; nothing is returned if it was evaluated further.
SELECT evaluated_through FROM evaluation
WHERE resident_id IS NULL AND evaluated_through <= %(until)s
FOR UPDATE SKIP LOCKED;

-- name: save_ward
-- Keep how far the ward was evaluated.
UPDATE evaluation SET
    evaluated_through = %(until)s, due_at = %(until)s, on_any_reading = false, state = 'as_usual', failed_rule = NULL, failed_at = NULL
WHERE resident_id IS NULL;

-- name: note_ward_failure
-- The ward could not be evaluated.
UPDATE evaluation SET failed_rule = %(rule)s, failed_at = %(now)s WHERE resident_id IS NULL;

-- name: ward_state
-- What the last evaluation of the ward left for the next, and for the residents.
SELECT state FROM rule_state WHERE rule = %(rule)s AND version = %(version)s;

-- name: put_ward_state
-- Keep it.
INSERT INTO rule_state (rule, version, through, state)
VALUES (%(rule)s, %(version)s, %(until)s, %(state)s)
ON CONFLICT (rule) DO UPDATE SET
    version = excluded.version, through = excluded.through, state = excluded.state;

-- name: canary_last_contact
-- The last contact of the canary that has been silent for longest, and its heartbeat.
SELECT greatest(device_contact.last_received_at, device.registered_at), device.heartbeat_s
FROM device LEFT JOIN device_contact USING (device_number)
WHERE device.kind = 'canary' AND device.retired_at IS NULL
ORDER BY 1 LIMIT 1;

-- name: confirmed_alarms
-- Alerts of a rule that turned out to be real, with their span: nothing is learned from them.
SELECT began_at, coalesce(cleared_at, closed_at)
FROM alert
WHERE resident_id = %(resident)s AND rule = %(rule)s AND outcome = ANY(%(outcomes)s) AND began_at > %(since)s;

-- name: active_alerts
-- The alerts of some residents, or about some homes and devices, that are active; also those that people have closed.
SELECT
    resident_id AS resident, rule, subject_kind, subject_number, area, began_at, handling = 'closed' AS is_closed
FROM alert
WHERE condition = 'active'
    AND (
        resident_id = ANY(%(residents)s)
        OR (subject_kind = 'home' AND subject_number = ANY(%(homes)s::integer[]))
        OR (subject_kind = 'device' AND subject_number = ANY(%(devices)s::integer[]))
    );

-- name: said_safe
-- When people said of silences that all is well, although they went on: what began when, and when that was said. So does the resident who
-- answers in time that they are well: of the silence in which they were asked, whatever late readings make of its beginning.
SELECT resident_id AS resident, began_at, closed_at AS said_at, false AS by_resident
FROM alert
WHERE
    resident_id = ANY(%(residents)s) AND rule = %(rule)s AND closed_at > %(since)s AND outcome <> ALL(%(elsewhere)s)
    AND (cleared_at IS NULL OR cleared_at >= closed_at)
UNION ALL
SELECT resident_id, asked_at, answered_at, true
FROM prompt
WHERE resident_id = ANY(%(residents)s) AND rule = %(rule)s AND asked_at > %(since)s AND answer = 'safe' AND is_in_time
ORDER BY said_at;

-- name: closings
-- When people closed the alerts of a rule about a resident.
SELECT closed_at
FROM alert
WHERE resident_id = %(resident)s AND rule = %(rule)s AND closed_at > %(since)s
ORDER BY closed_at;
