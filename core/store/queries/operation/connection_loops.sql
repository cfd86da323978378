-- Senders that connect and are cut off again and again.

-- name: keep
-- Keep the loops that go on, and drop those that are over.
WITH given AS (
    SELECT * FROM unnest(%(sender)s::text[], %(returns)s::integer[], %(began_at)s::timestamptz[], %(last_at)s::timestamptz[])
        AS given (sender, returns, began_at, last_at)
), over AS (
    DELETE FROM connection_loop WHERE last_at < %(over_since)s AND sender <> ALL(%(sender)s::text[])
)
INSERT INTO connection_loop (sender, returns, began_at, last_at)
SELECT sender, returns, began_at, last_at FROM given ORDER BY sender
ON CONFLICT (sender) DO UPDATE SET
    returns = excluded.returns, began_at = excluded.began_at, last_at = excluded.last_at;

-- name: kept
-- The loops of the last half hour, as ingest saw them, the worst first.
SELECT sender, returns, began_at, last_at FROM connection_loop ORDER BY returns DESC, sender;
