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
SELECT quarantine_id, received_at, topic, payload, retained, reason, detail
FROM quarantine
WHERE released_at IS NULL
  AND quarantine_id > %(after)s
  AND (%(reason)s::text IS NULL OR reason = %(reason)s)
  AND (%(topic)s::text IS NULL OR topic = %(topic)s)
ORDER BY quarantine_id
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: mark_released
-- Note that messages were stored after all.
UPDATE quarantine SET released_at = %(now)s WHERE quarantine_id = ANY(%(ids)s);

-- name: drop_old
-- Drop what is older than we keep.
DELETE FROM quarantine WHERE received_at < %(before)s;

-- name: drop_excess
-- Drop the oldest beyond a number of messages and of bytes, so that junk cannot fill the disk.
DELETE FROM quarantine WHERE quarantine_id IN (
    SELECT quarantine_id FROM (
        SELECT
            quarantine_id,
            row_number() OVER (ORDER BY quarantine_id DESC) AS place,
            sum(length(payload)) OVER (ORDER BY quarantine_id DESC) AS bytes
        FROM quarantine
    ) AS kept
    WHERE place > %(messages)s OR bytes > %(bytes)s
);

-- name: listing
-- The messages not yet released, newest first, to look at; a page of them.
SELECT quarantine_id, received_at, topic, payload, retained, reason, detail
FROM quarantine
WHERE released_at IS NULL AND (%(before)s::bigint IS NULL OR quarantine_id < %(before)s)
ORDER BY quarantine_id DESC
LIMIT %(limit)s;
