-- Emergency buttons that belong to nobody and were pressed.

-- name: note
-- Keep the latest call of each button; presses within two minutes of each other are one call.
INSERT INTO unassigned_call AS known (sender, why, began_at, last_at, presses)
SELECT * FROM unnest(%(sender)s::text[], %(why)s::text[], %(began_at)s::timestamptz[], %(last_at)s::timestamptz[], %(presses)s::integer[])
ON CONFLICT (sender) DO UPDATE
SET
    why = excluded.why,
    began_at = CASE
        WHEN excluded.began_at > known.last_at + interval '2 minutes' THEN excluded.began_at ELSE known.began_at
    END,
    presses = excluded.presses
        + CASE WHEN excluded.began_at > known.last_at + interval '2 minutes' THEN 0 ELSE known.presses END,
    last_at = excluded.last_at
WHERE known.last_at < excluded.last_at;

-- name: forget
-- Keep only so many, the latest.
DELETE FROM unassigned_call WHERE sender IN (SELECT sender FROM unassigned_call ORDER BY last_at DESC, sender OFFSET %(most)s);

-- name: since
-- The calls received after a moment, the latest first.
SELECT sender, why, began_at, last_at, presses
FROM unassigned_call
WHERE last_at > %(since)s
ORDER BY last_at DESC, sender;
