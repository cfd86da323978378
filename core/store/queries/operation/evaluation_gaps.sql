-- When nobody was evaluated, and whose homes those were.

-- name: note
-- Note that no process looked at the homes for long, unless ingest was behind since then: the time of what it had not stored cannot be
-- evaluated. A release before kept only how far the ward was evaluated.
WITH looked AS (
    SELECT coalesce(
        (SELECT through FROM evaluation_look), (SELECT evaluated_through FROM evaluation WHERE resident_id IS NULL)
    ) AS through
)
INSERT INTO evaluation_gap (began_at, known_at)
SELECT looked.through, %(now)s
FROM looked
WHERE
    looked.through < %(until)s - %(longest)s::interval
    AND NOT EXISTS (
        SELECT FROM blind_time AS behind
        WHERE
            behind.subject_kind = 'ward' AND behind.cause = %(behind)s
            AND behind.began_at <= looked.through + %(longest)s::interval
            AND coalesce(behind.ended_at, 'infinity') > looked.through
    )
ON CONFLICT (began_at) DO NOTHING
RETURNING began_at;

-- name: note_look
-- Keep up to when the homes were looked at: by the process that is furthest, unless a clock that was set back since was further still.
INSERT INTO evaluation_look AS kept (through) VALUES (%(until)s)
ON CONFLICT (is_only) DO UPDATE SET through = excluded.through
WHERE kept.through < excluded.through OR kept.through > %(latest)s;

-- name: end_lasting
-- Nothing of what waited is left.
UPDATE evaluation_gap SET ended_at = greatest(began_at, %(now)s) WHERE ended_at IS NULL RETURNING began_at;

-- name: take_unnotified
-- The gaps that have ended and of which nobody has been notified, once each.
UPDATE evaluation_gap SET notified_at = %(now)s
WHERE ended_at IS NOT NULL AND notified_at IS NULL
RETURNING began_at, ended_at;

-- name: latest
-- The gaps of evaluation that ended since a moment, or last, the newest first.
SELECT began_at, ended_at, known_at, 'not_evaluated' AS cause
FROM evaluation_gap
WHERE coalesce(ended_at, 'infinity') > %(since)s
ORDER BY began_at DESC
LIMIT %(limit)s;

-- name: spans
-- When no home of the ward could be watched since a moment, the newest first: nobody was evaluated, or nothing arrived and was stored. That
-- evaluation stands still now is on record only when it goes on, so it is read from how far homes were looked at.
SELECT began_at, ended_at, known_at, 'not_evaluated' AS cause
FROM evaluation_gap
WHERE coalesce(ended_at, 'infinity') > %(since)s
UNION ALL
SELECT through, NULL, %(now)s, 'not_evaluated'
FROM evaluation_look
WHERE
    through < %(now)s - %(silent)s::interval
    AND NOT EXISTS (SELECT FROM evaluation_gap WHERE ended_at IS NULL)
    AND NOT EXISTS (
        SELECT FROM blind_time WHERE subject_kind = 'ward' AND cause = %(behind)s AND ended_at IS NULL
    )
UNION ALL
SELECT began_at, ended_at, coalesce(known_at, began_at), cause
FROM blind_time
WHERE
    subject_kind = 'ward' AND subject_number = 0 AND coalesce(ended_at, 'infinity') > %(since)s
    AND coalesce(ended_at, %(now)s) - began_at > %(shortest)s::interval
ORDER BY began_at DESC
LIMIT %(limit)s;

-- name: homes
-- The homes of an office in which somebody was to be watched within a span, each from when until when, whose they are, and the alerts of
-- that time which were found late; homes with such alerts first.
WITH late AS (
    SELECT resident.home_id, array_agg(alert.alert_id ORDER BY alert.raised_at, alert.alert_id) AS alerts
    FROM alert
    JOIN resident ON resident.resident_id = alert.resident_id
    WHERE
        alert.office_id = %(office)s AND alert.detected_late
        AND alert.raised_at >= %(began_at)s AND alert.raised_at < %(until)s
    GROUP BY resident.home_id
)
SELECT
    resident.home_id AS home, string_agg(resident.name, '・' ORDER BY resident.resident_id) AS names,
    min(resident.resident_id) AS resident,
    greatest(%(began_at)s::timestamptz, min(resident.watched_from)) AS began_at,
    CASE
        WHEN bool_or(resident.ended_at IS NULL) THEN %(ended_at)s::timestamptz
        ELSE least(%(until)s::timestamptz, max(resident.ended_at))
    END AS ended_at,
    coalesce(min(late.alerts), '{}') AS alerts, count(*) OVER ()::integer AS all_homes
FROM resident
LEFT JOIN late ON late.home_id = resident.home_id
WHERE
    resident.office_id = %(office)s
    AND resident.watched_from < %(until)s
    AND (resident.ended_at IS NULL OR resident.ended_at > %(began_at)s)
    -- Of pauses only the latest is known here.
    AND (resident.paused_from IS NULL OR resident.paused_from > %(began_at)s OR resident.paused_until < %(until)s)
GROUP BY resident.home_id
ORDER BY (min(late.alerts) IS NULL), min(resident.kana), resident.home_id
LIMIT %(limit)s;

-- name: counts
-- Of each office how many homes were to be watched within a span, and how many alerts of that time were found late.
SELECT
    resident.office_id AS office, count(DISTINCT resident.home_id)::integer AS homes,
    (
        SELECT count(*)::integer
        FROM alert
        WHERE
            alert.office_id = resident.office_id AND alert.detected_late
            AND alert.raised_at >= %(began_at)s AND alert.raised_at < %(until)s
    ) AS alerts
FROM resident
WHERE
    resident.watched_from < %(until)s
    AND (resident.ended_at IS NULL OR resident.ended_at > %(began_at)s)
    AND (
        resident.paused_from IS NULL OR resident.paused_from > %(began_at)s OR resident.paused_until < %(until)s
    )
GROUP BY resident.office_id
ORDER BY resident.office_id;
