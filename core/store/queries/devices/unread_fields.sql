-- Fields of messages that no value was read from.

-- name: add
-- Count messages with fields that were not read; of a new field only while its sender has few.
INSERT INTO unread_field AS known (sender, field, messages, first_at, last_at)
SELECT given.sender, given.field, given.messages, given.first_at, given.last_at
FROM unnest(
    %(sender)s::text[], %(field)s::text[], %(messages)s::bigint[], %(first_at)s::timestamptz[], %(last_at)s::timestamptz[]
) AS given (sender, field, messages, first_at, last_at)
WHERE EXISTS (SELECT FROM unread_field AS old WHERE old.sender = given.sender AND old.field = given.field)
    OR (SELECT count(*) FROM unread_field AS old WHERE old.sender = given.sender) < %(most_of_sender)s
ORDER BY given.sender, given.field
ON CONFLICT (sender, field) DO UPDATE SET
    messages = known.messages + excluded.messages,
    first_at = least(known.first_at, excluded.first_at),
    last_at = greatest(known.last_at, excluded.last_at);

-- name: bound
-- Where there are too many fields of senders that nobody registered, let every gateway have the same share: what came longest ago goes first.
DELETE FROM unread_field AS kept
USING (
    SELECT f.sender, f.field,
        row_number() OVER (PARTITION BY split_part(f.sender, '/', 1) ORDER BY f.last_at DESC, f.sender, f.field) AS place
    FROM unread_field AS f
    WHERE (SELECT count(*) FROM unread_field) > %(most)s
        AND NOT EXISTS (SELECT FROM device AS d WHERE d.sender = f.sender AND d.retired_at IS NULL)
    ORDER BY place, f.last_at DESC, f.sender, f.field
    OFFSET %(most)s
) AS gone
WHERE kept.sender = gone.sender AND kept.field = gone.field;

-- name: drop_old
-- Forget what did not come for long.
DELETE FROM unread_field WHERE last_at < %(before)s;

-- name: forget
-- Forget what was counted of senders whose messages are read otherwise from now on.
DELETE FROM unread_field WHERE sender = ANY(%(senders)s);

-- name: of_senders
-- What was not read of some senders, the most frequent field first.
SELECT sender, field, messages, first_at, last_at FROM unread_field
WHERE sender = ANY(%(senders)s)
ORDER BY sender, messages DESC, field;

-- name: by_device
-- What is not read of each device in use, and whether nothing else than its health was ever read of it, nor a place of late, that first.
SELECT
    d.device_id, array_agg(f.field ORDER BY f.messages DESC, f.field) AS fields,
    NOT EXISTS (
        SELECT FROM device_latest AS l WHERE l.device_number = d.device_number AND l.metric <> ALL(%(health)s)
    ) AND NOT EXISTS (
        SELECT FROM fix WHERE fix.device_number = d.device_number AND fix.time > %(places_since)s
    ) AS is_all
FROM unread_field AS f
JOIN device AS d ON d.sender = f.sender
WHERE d.retired_at IS NULL
GROUP BY d.device_number, d.device_id
ORDER BY is_all DESC, d.device_id;

-- name: of_strangers
-- What is not read of senders that nobody registered, the most frequent sender first.
SELECT f.sender, array_agg(f.field ORDER BY f.messages DESC, f.field) AS fields
FROM unread_field AS f
WHERE NOT EXISTS (SELECT FROM device AS d WHERE d.sender = f.sender AND d.retired_at IS NULL)
GROUP BY f.sender
ORDER BY max(f.messages) DESC, f.sender;
