-- When devices, bridges and the broker were out of contact.

-- name: put
-- Keep breaks, or when one ended.
INSERT INTO connection_break (senders, began_at, ended_at)
SELECT * FROM unnest(%(senders)s::text[], %(began_at)s::timestamptz[], %(ended_at)s::timestamptz[])
ON CONFLICT (senders, began_at) DO UPDATE SET ended_at = excluded.ended_at
WHERE excluded.ended_at IS NOT NULL;

-- name: since
-- The breaks that lasted beyond a moment.
SELECT senders, began_at, ended_at FROM connection_break
WHERE ended_at IS NULL OR ended_at >= %(since)s;

-- name: drop
-- Drop the breaks that ended before a moment.
DELETE FROM connection_break WHERE ended_at < %(until)s;
