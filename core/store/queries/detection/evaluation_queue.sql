-- Who is judged, how far, when next, and what was learned.

-- name: complete_through
-- Up to when everything received is stored, by the slowest ingest worker that still reports.
SELECT min(complete_through)
FROM ingest_progress
WHERE reported_at >= (SELECT max(reported_at) FROM ingest_progress) - %(grace)s::interval;

-- name: add_watches
-- Watch every resident who is not watched yet, and the ward.
INSERT INTO watch (subject, resident_id, judged_through, due_at)
SELECT 'resident:' || resident_id, resident_id, watched_from, watched_from
FROM resident
WHERE NOT EXISTS (SELECT FROM watch WHERE watch.resident_id = resident.resident_id)
UNION ALL
SELECT 'ward', NULL, %(until)s, %(until)s
WHERE NOT EXISTS (SELECT FROM watch WHERE subject = 'ward')
ON CONFLICT DO NOTHING;

-- name: pull_back
-- Go on from here with what was judged in a time that is yet to come; who is to be watched only later is left alone.
UPDATE watch SET judged_through = %(until)s, due_at = %(until)s, is_eager = true
WHERE judged_through > %(latest)s
    AND NOT EXISTS (
        SELECT FROM resident
        WHERE resident.resident_id = watch.resident_id AND resident.watched_from >= watch.judged_through
    );

-- name: drop_news_of_empty_homes
-- Nobody lives there, so nobody is judged.
DELETE FROM home_news
WHERE NOT EXISTS (SELECT FROM resident WHERE resident.home_id = home_news.home_id);

-- name: drop_idle_news
-- Drop news that cannot change an answer before its deadline: it is read when the deadline comes.
WITH news AS (
    SELECT home_id, min(earliest) AS earliest, bool_or(urgent) AS urgent
    FROM home_news
    GROUP BY home_id
), idle AS (
    SELECT news.home_id, news.earliest
    FROM news
    JOIN LATERAL (
        SELECT min(resident_id) AS resident_id FROM resident WHERE resident.home_id = news.home_id
    ) AS lead ON true
    JOIN watch ON watch.resident_id = lead.resident_id
    WHERE NOT news.urgent
        AND NOT EXISTS (
            SELECT FROM watch AS other
            JOIN resident ON resident.resident_id = other.resident_id
            WHERE resident.home_id = news.home_id
                AND (
                    other.is_eager OR other.due_at <= %(until)s OR other.judged_through >= news.earliest
                    OR (other.follows_track AND EXISTS (
                        SELECT FROM device_assignment AS worn
                        JOIN device ON device.device_number = worn.device_number
                        JOIN device_contact AS contact ON contact.device_number = worn.device_number
                        WHERE worn.home_id = news.home_id AND upper_inf(worn.during)
                            AND device.kind IN ('tracker', 'other')
                            AND contact.last_time > other.judged_through
                    ))
                    -- A new device starts deadlines of its own.
                    OR EXISTS (
                        SELECT FROM device_assignment AS fresh
                        WHERE fresh.home_id = news.home_id AND lower(fresh.during) > other.judged_through
                    )
                )
        )
        -- So does a device that says it goes; one that said so before has been judged.
        AND NOT EXISTS (
            SELECT FROM device_assignment AS here
            JOIN device_latest AS latest USING (device_number)
            WHERE here.home_id = news.home_id AND upper_inf(here.during)
                AND latest.metric = ANY(%(status_metrics)s) AND latest.value = 0
                AND latest.time > watch.judged_through
        )
    FOR UPDATE OF watch SKIP LOCKED
)
DELETE FROM home_news
USING idle
WHERE home_news.home_id = idle.home_id AND NOT home_news.urgent AND home_news.earliest >= idle.earliest;

-- name: claim_urgent
-- Take homes with urgent news, as below, without a look at all others.
SELECT candidate.home_id
FROM (SELECT home_id, min(earliest) AS at FROM home_news WHERE urgent GROUP BY home_id) AS candidate
JOIN LATERAL (
    SELECT min(resident_id) AS resident_id FROM resident WHERE resident.home_id = candidate.home_id
) AS lead ON true
JOIN watch ON watch.resident_id = lead.resident_id
WHERE NOT candidate.home_id = ANY(%(but)s)
ORDER BY candidate.at
LIMIT %(limit)s
FOR UPDATE OF watch SKIP LOCKED;

-- name: claim_homes
-- Take homes with news or a deadline, urgent ones first; the lock on the row of the home's first resident is the claim.
WITH candidate AS (
    SELECT home_id, bool_or(urgent) AS urgent, min(at) AS at
    FROM (
        SELECT home_id, urgent, earliest AS at FROM home_news
        UNION ALL
        SELECT resident.home_id, false, watch.due_at
        FROM watch
        JOIN resident ON resident.resident_id = watch.resident_id
        WHERE watch.due_at <= %(until)s
    ) AS wanted
    GROUP BY home_id
)
SELECT candidate.home_id, candidate.urgent
FROM candidate
JOIN LATERAL (
    SELECT min(resident_id) AS resident_id FROM resident WHERE resident.home_id = candidate.home_id
) AS lead ON true
JOIN watch ON watch.resident_id = lead.resident_id
WHERE NOT candidate.home_id = ANY(%(but)s)
ORDER BY candidate.urgent DESC, candidate.at
LIMIT %(limit)s
FOR UPDATE OF watch SKIP LOCKED;

-- name: take_news
-- Take the news of some homes and tell since when there are any.
WITH taken AS (
    DELETE FROM home_news WHERE home_id = ANY(%(homes)s) RETURNING home_id, earliest
)
SELECT home_id, min(earliest) FROM taken GROUP BY home_id;

-- name: watched_residents
-- The residents of some homes with all that judging them needs to know, locked.
SELECT
    resident.home_id, resident.resident_id, resident.watched_from, resident.paused_from, resident.paused_until, resident.sensitivity,
    watch.judged_through, watch.state, home.time_zone
FROM watch
JOIN resident ON resident.resident_id = watch.resident_id
JOIN home ON home.home_id = resident.home_id
WHERE resident.home_id = ANY(%(homes)s)
ORDER BY resident.resident_id
FOR UPDATE OF watch;

-- name: settle
-- Keep how far a resident was judged and when the answer can change next.
UPDATE watch SET
    judged_through = %(judged_through)s,
    due_at = %(due_at)s,
    is_eager = %(is_eager)s,
    follows_track = %(follows_track)s,
    state_since = CASE WHEN state = %(state)s THEN coalesce(state_since, %(now)s) ELSE %(now)s END,
    state = %(state)s,
    failed_rule = %(failed_rule)s,
    failed_at = CASE WHEN %(failed_rule)s::text IS NULL THEN NULL ELSE %(now)s END
WHERE resident_id = %(resident)s;

-- name: put_off
-- A home could not be judged at all: note it and try again later, from where it failed on, but not from ever further back;
-- until then nobody can tell.
UPDATE watch SET
    judged_through = greatest(least(judged_through, %(since)s), %(not_before)s), due_at = %(due_at)s, is_eager = true,
    state_since = CASE WHEN state = 'cannot_tell' THEN coalesce(state_since, %(now)s) ELSE %(now)s END,
    state = 'cannot_tell',
    failed_rule = %(failed_rule)s, failed_at = %(now)s
WHERE resident_id IN (SELECT resident_id FROM resident WHERE home_id = %(home)s);

-- name: look_again
-- Judge a resident anew as soon as possible; as news, so that nobody waits for who judges at this moment.
INSERT INTO home_news (home_id, earliest, urgent)
SELECT resident.home_id, watch.judged_through + interval '1 microsecond', true
FROM watch
JOIN resident ON resident.resident_id = watch.resident_id
WHERE watch.resident_id = %(resident)s;

-- name: look_at_everyone
-- Judge all residents anew who have no deadline: the ward can be heard again.
INSERT INTO home_news (home_id, earliest, urgent)
SELECT resident.home_id, max(watch.judged_through) + interval '1 microsecond', false
FROM watch
JOIN resident ON resident.resident_id = watch.resident_id
GROUP BY resident.home_id;

-- name: wake
-- Wake the runner.
SELECT pg_notify('news', '');

-- name: next_due
-- When the next deadline comes.
SELECT min(due_at) FROM watch WHERE resident_id IS NOT NULL;

-- name: is_judged
-- Tell whether nothing up to a time is left to judge.
SELECT
    EXISTS (SELECT FROM watch WHERE subject = 'ward' AND judged_through >= %(through)s)
    AND NOT EXISTS (SELECT FROM watch WHERE resident_id IS NOT NULL AND due_at <= %(through)s)
    AND NOT EXISTS (SELECT FROM home_news JOIN resident USING (home_id))
    AND NOT EXISTS (
        SELECT FROM resident
        WHERE NOT EXISTS (SELECT FROM watch WHERE watch.resident_id = resident.resident_id)
    );

-- name: claim_ward
-- Take the ward, unless another process has it; nothing is returned if it was judged further.
SELECT judged_through FROM watch
WHERE subject = 'ward' AND judged_through <= %(until)s
FOR UPDATE SKIP LOCKED;

-- name: settle_ward
-- Keep how far the ward was judged.
UPDATE watch SET
    judged_through = %(until)s, due_at = %(until)s, is_eager = false, state = 'as_usual', failed_rule = NULL, failed_at = NULL
WHERE subject = 'ward';

-- name: note_ward_failure
-- The ward could not be judged.
UPDATE watch SET failed_rule = %(rule)s, failed_at = %(now)s WHERE subject = 'ward';

-- name: ward_state
-- What the last judging of the ward left for the next, and for the residents.
SELECT state FROM rule_state WHERE subject = 'ward' AND rule = %(rule)s AND version = %(version)s;

-- name: put_ward_state
-- Keep it.
INSERT INTO rule_state (subject, rule, version, through, state)
VALUES ('ward', %(rule)s, %(version)s, %(until)s, %(state)s)
ON CONFLICT (subject, rule) DO UPDATE SET
    version = excluded.version, through = excluded.through, state = excluded.state;

-- name: canary_heard
-- When the canary that has been silent for longest was last heard, and its heartbeat.
SELECT greatest(device_contact.last_received_at, device.registered_at), device.heartbeat_s
FROM device LEFT JOIN device_contact USING (device_number)
WHERE device.kind = 'canary' AND device.retired_at IS NULL
ORDER BY 1 LIMIT 1;

-- name: real_alarms
-- Alerts of a rule that turned out to be real, with their span: nothing is learned from them.
SELECT began_at, coalesce(cleared_at, closed_at)
FROM alert
WHERE resident_id = %(resident)s AND rule = %(rule)s AND outcome = ANY(%(outcomes)s) AND began_at > %(since)s;

-- name: active_alerts
-- The matters of some residents, or about some subjects, that are active; also those that people have closed.
SELECT resident_id, rule, subject, began_at, handling = 'closed'
FROM alert
WHERE condition = 'active' AND (resident_id = ANY(%(residents)s) OR subject = ANY(%(subjects)s));

-- name: closings
-- When people closed the alerts of a rule about a resident.
SELECT closed_at
FROM alert
WHERE resident_id = %(resident)s AND rule = %(rule)s AND closed_at > %(since)s
ORDER BY closed_at;
