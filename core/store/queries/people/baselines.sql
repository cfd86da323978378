-- What was learned, as it is kept, shown and learned ahead.

-- name: of_day
-- What was learned about a resident for a day.
SELECT body FROM baseline
WHERE resident_id = %(resident)s AND rule = %(rule)s AND day = %(day)s AND version = %(version)s;

-- name: put
-- Keep what was learned.
INSERT INTO baseline (resident_id, rule, version, day, body)
VALUES (%(resident)s, %(rule)s, %(version)s, %(day)s, %(body)s)
ON CONFLICT (resident_id, rule, day) DO UPDATE SET version = excluded.version, body = excluded.body
WHERE baseline.version <> excluded.version;

-- name: forget
-- Drop what was learned for days that nobody is evaluated by any more.
DELETE FROM baseline WHERE resident_id = %(resident)s AND rule = %(rule)s AND day < %(before)s;

-- name: latest
-- The latest that was learned about a resident for a day not after today.
SELECT day, body FROM baseline
WHERE resident_id = %(resident)s AND rule = %(rule)s AND version = %(version)s AND day <= %(today)s
ORDER BY day DESC
LIMIT 1;

-- name: claim_missing
-- Take one resident for whom a day is not learned, the one that begins within an hour or today, or who is new and whose days
-- were never counted; locked.
SELECT resident.resident_id AS resident, resident.home_id AS home, soon.day
FROM evaluation
JOIN resident ON resident.resident_id = evaluation.resident_id
JOIN home ON home.home_id = resident.home_id
CROSS JOIN LATERAL (
    SELECT ((%(now)s::timestamptz + interval '1 hour') AT TIME ZONE home.time_zone)::date AS day
) AS soon
WHERE resident.watched_from <= %(now)s AND NOT resident.resident_id = ANY(%(but)s)
    AND (
        NOT EXISTS (
            SELECT FROM baseline
            WHERE baseline.resident_id = resident.resident_id AND baseline.rule = %(rule)s
                AND baseline.version = %(version)s AND baseline.day = soon.day
        )
        OR (resident.watched_from > %(now)s::timestamptz - interval '2 days' AND NOT EXISTS (
            SELECT FROM baseline
            WHERE baseline.resident_id = resident.resident_id AND baseline.rule = %(counts)s
                AND baseline.version = %(counts_version)s
        ))
    )
ORDER BY resident.resident_id
LIMIT 1
FOR UPDATE OF evaluation SKIP LOCKED;
