-- Which states are edges, where only the database knows the neighbours in time.

-- name: lock
-- Let nobody else evaluate the states of these devices until the end of the transaction.
SELECT pg_advisory_xact_lock(1, device_number) FROM unnest(%(devices)s::integer[]) AS given (device_number)
ORDER BY device_number;

-- name: correct
-- Around a moment: of the states of one channel those are life signs that are an edge from the one before. Where a connection broke in
-- between, or a number is missing, somebody acted at some time since the break began.
WITH span AS (
    SELECT
        (SELECT before.time FROM reading AS before
         WHERE before.device_number = %(device)s AND before.metric = %(metric)s
           AND before.channel IS NOT DISTINCT FROM %(channel)s::text
           AND before.time < %(since)s AND NOT is_retained(before.flags)
         ORDER BY before.time DESC LIMIT 1) AS first,
        (SELECT after.time FROM reading AS after
         WHERE after.device_number = %(device)s AND after.metric = %(metric)s
           AND after.channel IS NOT DISTINCT FROM %(channel)s::text
           AND after.time > %(since)s AND NOT is_retained(after.flags)
         ORDER BY after.time LIMIT 1) AS last
), state AS (
    SELECT
        reading.time, reading.seq, reading.value, reading.flags, reading.acted_from,
        lag(reading.time) OVER by_time AS before_time,
        lag(reading.seq) OVER by_time AS before_seq,
        lag(reading.value) OVER by_time AS before_value
    FROM span
    JOIN reading ON reading.device_number = %(device)s AND reading.metric = %(metric)s
        AND reading.channel IS NOT DISTINCT FROM %(channel)s::text
        AND reading.time >= coalesce(span.first, %(since)s) AND reading.time <= coalesce(span.last, %(since)s)
        AND NOT is_retained(reading.flags)
    WINDOW by_time AS (ORDER BY reading.time, reading.seq)
), edge AS (
    SELECT
        state.*,
        coalesce(
            state.value <> state.before_value
            AND NOT (%(rises_only)s AND state.value < state.before_value)
            AND (%(threshold)s::float8 IS NULL
                OR (state.before_value < %(threshold)s::float8 AND state.value >= %(threshold)s::float8))
            -- Of what has a suspect time and no number nobody knows when it was.
            AND NOT (is_clock_suspect(state.flags) AND state.seq <= 0),
            false
        ) AS is_edge
    FROM state
), dated AS (
    SELECT
        edge.time, edge.seq, edge.is_edge, edge.acted_from AS was_from,
        CASE WHEN NOT edge.is_edge THEN NULL WHEN %(is_numbered)s THEN (
            SELECT CASE WHEN min(number.time) IS NOT NULL THEN greatest(edge.before_time, least(min(number.time), edge.time)) END
            FROM (
                SELECT said.seq, max(said.time) AS time, lead(said.seq) OVER (ORDER BY said.seq) AS next
                FROM reading AS said
                WHERE said.device_number = ANY(%(numbered_with)s::integer[]) AND said.seq BETWEEN edge.before_seq AND edge.seq
                    AND said.time BETWEEN edge.before_time - interval '1 day' AND edge.time + interval '1 day'
                    AND NOT is_retained(said.flags)
                GROUP BY said.seq
            ) AS number
            WHERE number.next > number.seq + 1
        ) ELSE (
            SELECT min(link.began_at)
            FROM connection_break AS link
            WHERE link.senders = ANY(%(links)s) AND link.began_at < edge.time
                AND (link.ended_at IS NULL OR link.ended_at >= edge.before_time)
        ) END AS acted_from
    FROM edge
    -- The first state of the span is only there to compare with.
    CROSS JOIN span
    WHERE edge.time IS DISTINCT FROM span.first
)
UPDATE reading
SET
    flags = CASE
        WHEN dated.is_edge THEN reading.flags | %(life_sign)s::smallint
        ELSE reading.flags & ~%(life_sign)s::smallint
    END,
    acted_from = dated.acted_from
FROM dated
WHERE reading.device_number = %(device)s AND reading.metric = %(metric)s
  AND reading.time = dated.time AND reading.seq = dated.seq
  AND (is_life_sign(reading.flags) <> dated.is_edge OR reading.acted_from IS DISTINCT FROM dated.acted_from)
RETURNING
    reading.device_number AS device, reading.time, least(reading.time, dated.was_from, dated.acted_from) AS earliest,
    CASE WHEN dated.is_edge THEN coalesce(dated.acted_from, reading.time) END AS sign_at;
