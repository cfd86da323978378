-- Which states are edges, where only the database knows the neighbours in time.

-- name: lock
-- Let nobody else evaluate the states of these devices until the end of the transaction.
SELECT pg_advisory_xact_lock(1, device_number) FROM unnest(%(devices)s::integer[]) AS given (device_number)
ORDER BY device_number;

-- name: may_be_older
-- Whether a channel of a device said its state before a moment, as far as is known of it.
SELECT coalesce(bool_or(coalesce(said_since, '-infinity') < %(oldest)s), %(if_new)s)
FROM device_state
WHERE device_number = %(device)s AND metric = %(metric)s AND channel = coalesce(%(channel)s::text, '');

-- name: before
-- When a channel of a device said its state last before a moment.
SELECT reading.time FROM reading
WHERE reading.device_number = %(device)s AND reading.metric = %(metric)s
    AND reading.channel IS NOT DISTINCT FROM %(channel)s::text
    AND reading.time < %(since)s AND reading.time >= %(oldest)s AND NOT is_retained(reading.flags)
ORDER BY reading.time DESC LIMIT 1;

-- name: after
-- When it said it next after a moment.
SELECT reading.time FROM reading
WHERE reading.device_number = %(device)s AND reading.metric = %(metric)s
    AND reading.channel IS NOT DISTINCT FROM %(channel)s::text
    AND reading.time > %(since)s AND reading.time <= %(newest)s AND NOT is_retained(reading.flags)
ORDER BY reading.time LIMIT 1;

-- name: correct
-- Around a moment, from the state before it (`before`, if there is one) to the one after it: of the states of one channel those are life
-- signs that are an edge from the one before. Where a connection broke in between, or a number is missing, somebody acted at some time
-- since the break began.
WITH state AS (
    SELECT
        reading.time, reading.seq, reading.value, reading.received_at, reading.flags, reading.channel, reading.acted_from,
        lag(reading.time) OVER by_time AS before_time,
        lag(reading.seq) OVER by_time AS before_seq,
        lag(reading.value) OVER by_time AS before_value
    FROM reading
    WHERE reading.device_number = %(device)s AND reading.metric = %(metric)s
        AND reading.channel IS NOT DISTINCT FROM %(channel)s::text
        AND reading.time >= %(first)s AND reading.time <= %(last)s
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
        edge.*, edge.acted_from AS was_from,
        CASE WHEN NOT edge.is_edge THEN NULL WHEN %(is_numbered)s THEN (
            SELECT CASE WHEN min(number.time) IS NOT NULL THEN greatest(edge.before_time, least(min(number.time), edge.time)) END
            FROM (
                SELECT said.seq, max(said.time) AS time, lead(said.seq) OVER (ORDER BY said.seq) AS next
                FROM reading AS said
                WHERE said.device_number = ANY(%(numbered_with)s::integer[]) AND said.seq BETWEEN edge.before_seq AND edge.seq
                    AND said.time >= %(said_from)s AND said.time <= %(said_until)s
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
        ) END AS acts_from
    FROM edge
    -- The first state of the span is only there to compare with.
    WHERE edge.time IS DISTINCT FROM %(before)s::timestamptz
), changed AS (
    SELECT * FROM dated WHERE is_life_sign(flags) <> is_edge OR was_from IS DISTINCT FROM acts_from
), put AS (
    -- An UPDATE would lock the parts of all years. These are there already, so each is a conflict.
    INSERT INTO reading (device_number, time, metric, seq, value, received_at, flags, channel, acted_from)
    SELECT
        %(device)s, time, %(metric)s, seq, value, received_at, CASE WHEN is_edge THEN %(life_sign)s::smallint ELSE 0::smallint END,
        channel, acts_from
    FROM changed
    ON CONFLICT (device_number, time, metric, seq) DO UPDATE
    SET flags = (reading.flags & ~%(life_sign)s::smallint) | excluded.flags, acted_from = excluded.acted_from
)
SELECT
    %(device)s::integer AS device, time, least(time, was_from, acts_from) AS earliest,
    CASE WHEN is_edge THEN coalesce(acts_from, time) END AS sign_at
FROM changed;
