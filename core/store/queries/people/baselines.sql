-- What was learned, as it is kept, shown and learned ahead.

-- name: of_day
-- What was learned about a resident for a day.
SELECT body FROM usual
WHERE resident_id = %(resident)s AND rule = %(rule)s AND learned_for = %(day)s AND version = %(version)s;

-- name: put
-- Keep what was learned.
INSERT INTO usual (resident_id, rule, version, learned_for, body)
VALUES (%(resident)s, %(rule)s, %(version)s, %(day)s, %(body)s)
ON CONFLICT (resident_id, rule, learned_for) DO UPDATE SET version = excluded.version, body = excluded.body
WHERE usual.version <> excluded.version;

-- name: forget
-- Drop what was learned for days that nobody is judged by any more.
DELETE FROM usual WHERE resident_id = %(resident)s AND rule = %(rule)s AND learned_for < %(before)s;

-- name: latest
-- The latest that was learned about a resident for a day not after today.
SELECT learned_for, body FROM usual
WHERE resident_id = %(resident)s AND rule = %(rule)s AND version = %(version)s AND learned_for <= %(today)s
ORDER BY learned_for DESC
LIMIT 1;

-- name: claim_unlearned
-- Take one resident for whom a day is not learned, the one that begins within an hour or today, or who is new and whose days
-- were never counted; locked.
SELECT resident.resident_id, resident.home_id, soon.day
FROM watch
JOIN resident ON resident.resident_id = watch.resident_id
JOIN home ON home.home_id = resident.home_id
CROSS JOIN LATERAL (
    SELECT ((%(now)s::timestamptz + interval '1 hour') AT TIME ZONE home.time_zone)::date AS day
) AS soon
WHERE resident.watched_from <= %(now)s AND NOT resident.resident_id = ANY(%(but)s)
    AND (
        NOT EXISTS (
            SELECT FROM usual
            WHERE usual.resident_id = resident.resident_id AND usual.rule = %(rule)s
                AND usual.version = %(version)s AND usual.learned_for = soon.day
        )
        OR (resident.watched_from > %(now)s::timestamptz - interval '2 days' AND NOT EXISTS (
            SELECT FROM usual
            WHERE usual.resident_id = resident.resident_id AND usual.rule = %(counts)s
                AND usual.version = %(counts_version)s
        ))
    )
ORDER BY resident.resident_id
LIMIT 1
FOR UPDATE OF watch SKIP LOCKED;
