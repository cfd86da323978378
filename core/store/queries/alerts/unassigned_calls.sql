-- Calls for help and hazards from devices that belong to nobody.

-- name: note
-- Keep the latest call of each sender and metric, and when it was last said to be over, in whichever order workers store them: what comes close
-- enough, and was not over in between, is one call. Without presses a row only says that a call is over, perhaps one that another worker stores yet.
INSERT INTO unassigned_call AS known (sender, metric, why, began_at, last_at, presses, one_call, over_at)
SELECT *
FROM unnest(
    %(sender)s::text[], %(metric)s::smallint[], %(why)s::text[], %(began_at)s::timestamptz[], %(last_at)s::timestamptz[],
    %(presses)s::integer[], %(one_call)s::interval[], %(over_at)s::timestamptz[]
)
ON CONFLICT (sender, metric) DO UPDATE
SET
    (why, began_at, last_at, presses) = (
        SELECT
            CASE WHEN said.is_later THEN excluded.why ELSE known.why END,
            CASE WHEN said.is_later AND said.is_another THEN excluded.began_at ELSE known.began_at END,
            CASE WHEN said.is_later THEN excluded.last_at ELSE known.last_at END,
            CASE
                WHEN NOT said.is_later THEN known.presses
                WHEN said.is_another THEN excluded.presses
                ELSE known.presses + excluded.presses
            END
        FROM (
            SELECT
                excluded.presses > 0 AND (known.presses = 0 OR known.last_at < excluded.last_at) AS is_later,
                known.presses = 0 OR excluded.began_at > known.last_at + known.one_call
                OR coalesce(known.over_at BETWEEN known.last_at AND excluded.began_at, false)
                OR coalesce(excluded.over_at BETWEEN known.last_at AND excluded.began_at, false) AS is_another
        ) AS said
    ),
    over_at = greatest(known.over_at, excluded.over_at);

-- name: end
-- Note when calls that were stored just now were said to be over.
UPDATE unassigned_call AS known
SET over_at = greatest(known.over_at, said.over_at)
FROM unnest(%(sender)s::text[], %(metric)s::smallint[], %(over_at)s::timestamptz[]) AS said (sender, metric, over_at)
WHERE known.sender = said.sender AND known.metric = said.metric;

-- name: forget
-- Keep only so many, calls before ends, of them emergencies first, and of these the latest.
DELETE FROM unassigned_call
WHERE (sender, metric) IN (
    SELECT sender, metric FROM unassigned_call
    ORDER BY presses > 0 DESC, metric = ANY(%(emergencies)s::smallint[]) DESC, last_at DESC, sender, metric OFFSET %(most)s
);

-- name: since
-- The calls received after a moment, the latest first.
SELECT sender, metric, why, began_at, last_at, presses, told_through
FROM unassigned_call
WHERE last_at > %(since)s AND presses > 0
ORDER BY last_at DESC, sender, metric;

-- name: mark_notified
-- Note through which message of calls the staff were notified.
UPDATE unassigned_call
SET told_through = said.told_through
FROM unnest(%(sender)s::text[], %(metric)s::smallint[], %(told_through)s::timestamptz[]) AS said (sender, metric, told_through)
WHERE unassigned_call.sender = said.sender AND unassigned_call.metric = said.metric;
