-- Messages that could not be stored as readings: nothing disappears.

-- name: keep
-- Keep messages with their bytes and the reason.
INSERT INTO quarantine (received_at, topic, payload, retained, reason, detail)
SELECT * FROM unnest(
    %(received_at)s::timestamptz[], %(topic)s::text[], %(payload)s::bytea[], %(retained)s::boolean[],
    %(reason)s::text[], %(detail)s::text[]
);

-- name: waiting
-- The messages not yet released, oldest first; a page of them.
SELECT quarantine_id AS number, received_at, topic, payload, retained, reason, detail
FROM quarantine
WHERE released_at IS NULL
  AND quarantine_id > %(after)s
  AND (%(reason)s::text IS NULL OR reason = %(reason)s)
  AND (%(topic)s::text IS NULL OR topic = %(topic)s)
  AND (%(only)s::bigint IS NULL OR quarantine_id = %(only)s)
ORDER BY quarantine_id
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: mark_released
-- Note that messages were stored after all.
UPDATE quarantine SET released_at = %(now)s WHERE quarantine_id = ANY(%(ids)s);

-- name: still_refused
-- Keep why messages were refused again.
UPDATE quarantine SET reason = given.reason, detail = given.detail
FROM unnest(%(ids)s::bigint[], %(reason)s::text[], %(detail)s::text[]) AS given (quarantine_id, reason, detail)
WHERE quarantine.quarantine_id = given.quarantine_id;

-- name: drop_old
-- Drop what is older than we keep, and return how many of these were not released.
WITH gone AS (
    DELETE FROM quarantine WHERE received_at < %(before)s RETURNING released_at
)
SELECT count(*) FILTER (WHERE released_at IS NULL) FROM gone;

-- name: drop_excess
-- Drop what was released, then the oldest, beyond a number of messages and of bytes, so that junk cannot fill the disk.
WITH kept AS (
    SELECT
        quarantine_id,
        row_number() OVER newest AS place,
        sum(length(payload) + length(topic) + length(detail)) OVER newest AS bytes
    FROM quarantine
    WINDOW newest AS (ORDER BY released_at IS NULL DESC, quarantine_id DESC)
), gone AS (
    DELETE FROM quarantine WHERE quarantine_id IN (
        SELECT quarantine_id FROM kept WHERE place > %(messages)s OR bytes > %(bytes)s
    )
    RETURNING released_at
)
SELECT count(*) FILTER (WHERE released_at IS NULL) FROM gone;

-- name: record_drop
-- Keep on record that messages had to go which nobody had looked after.
INSERT INTO quarantine_drop (dropped_at, too_old, too_many) VALUES (%(now)s, %(too_old)s, %(too_many)s)
ON CONFLICT (dropped_at) DO UPDATE SET
    too_old = quarantine_drop.too_old + excluded.too_old, too_many = quarantine_drop.too_many + excluded.too_many;

-- name: forget_drops
-- Records of drops go when the messages would have gone.
DELETE FROM quarantine_drop WHERE dropped_at < %(before)s;

-- name: state
-- How much waits, since when, and what had to go.
SELECT
    (SELECT count(*) FROM quarantine WHERE released_at IS NULL) AS waiting,
    (SELECT coalesce(sum(length(payload)), 0) FROM quarantine WHERE released_at IS NULL) AS size_bytes,
    (SELECT min(received_at) FROM quarantine WHERE released_at IS NULL) AS oldest_at,
    (SELECT coalesce(sum(too_old + too_many), 0) FROM quarantine_drop) AS dropped,
    (SELECT max(dropped_at) FROM quarantine_drop) AS dropped_at;

-- name: reasons
-- How many messages wait for each reason, the most frequent first.
SELECT reason, count(*) FROM quarantine WHERE released_at IS NULL GROUP BY reason ORDER BY count(*) DESC, reason;

-- name: count
-- How many messages a release would try.
SELECT count(*) FROM quarantine
WHERE released_at IS NULL
  AND (%(reason)s::text IS NULL OR reason = %(reason)s)
  AND (%(topic)s::text IS NULL OR topic = %(topic)s)
  AND (%(only)s::bigint IS NULL OR quarantine_id = %(only)s);

-- name: get
-- One message, released or not.
SELECT quarantine_id AS number, received_at, topic, payload, retained, reason, detail
FROM quarantine WHERE quarantine_id = %(number)s;

-- name: listing
-- The messages not yet released, newest first, to look at; a page of them.
SELECT quarantine_id AS number, received_at, topic, payload, retained, reason, detail
FROM quarantine
WHERE released_at IS NULL AND (%(before)s::bigint IS NULL OR quarantine_id < %(before)s)
  AND (%(reason)s::text IS NULL OR reason = %(reason)s)
  AND (%(topic)s::text IS NULL OR topic = %(topic)s)
ORDER BY quarantine_id DESC
LIMIT %(limit)s;
