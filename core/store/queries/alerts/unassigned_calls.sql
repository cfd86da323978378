-- Calls for help and hazards from devices that belong to nobody.

-- name: note
-- Keep the latest call of each sender and metric: what comes close enough, and was not over in between, is one call.
INSERT INTO unassigned_call AS known (sender, metric, why, began_at, last_at, presses, one_call)
SELECT *
FROM unnest(
    %(sender)s::text[], %(metric)s::smallint[], %(why)s::text[], %(began_at)s::timestamptz[], %(last_at)s::timestamptz[],
    %(presses)s::integer[], %(one_call)s::interval[]
)
ON CONFLICT (sender, metric) DO UPDATE
SET
    why = excluded.why,
    began_at = CASE
        WHEN known.is_over OR excluded.began_at > known.last_at + known.one_call THEN excluded.began_at ELSE known.began_at
    END,
    presses = excluded.presses
        + CASE WHEN known.is_over OR excluded.began_at > known.last_at + known.one_call THEN 0 ELSE known.presses END,
    last_at = excluded.last_at,
    is_over = false
WHERE known.last_at < excluded.last_at;

-- name: end
-- Note that calls were said to be over.
UPDATE unassigned_call
SET is_over = true
FROM unnest(%(sender)s::text[], %(metric)s::smallint[]) AS said (sender, metric)
WHERE unassigned_call.sender = said.sender AND unassigned_call.metric = said.metric AND NOT unassigned_call.is_over;

-- name: forget
-- Keep only so many, emergencies first, and of these the latest.
DELETE FROM unassigned_call
WHERE (sender, metric) IN (
    SELECT sender, metric FROM unassigned_call
    ORDER BY metric = ANY(%(emergencies)s::smallint[]) DESC, last_at DESC, sender, metric OFFSET %(most)s
);

-- name: since
-- The calls received after a moment, the latest first.
SELECT sender, metric, why, began_at, last_at, presses, told_through
FROM unassigned_call
WHERE last_at > %(since)s
ORDER BY last_at DESC, sender, metric;

-- name: mark_notified
-- Note through which message of calls the staff were notified.
UPDATE unassigned_call
SET told_through = said.told_through
FROM unnest(%(sender)s::text[], %(metric)s::smallint[], %(told_through)s::timestamptz[]) AS said (sender, metric, told_through)
WHERE unassigned_call.sender = said.sender AND unassigned_call.metric = said.metric;
