-- Whether everything that was once stored is there: hypertables, their chunks, and the time that these cover.

-- name: lost_hypertables
-- Which of the tables that are hypertables in every schema of ours are none here.
SELECT wanted.name
FROM unnest('{reading,fix}'::text[]) AS wanted (name)
WHERE NOT EXISTS (
    SELECT FROM timescaledb_information.hypertables AS known
    WHERE known.hypertable_schema = 'public' AND known.hypertable_name = wanted.name
)
ORDER BY wanted.name;

-- name: lost_chunks
-- Of each hypertable, the chunks that its catalogue names and that are not there, and those that are there and that it does not name.
WITH named AS (
    SELECT
        hypertable.table_name AS hypertable, chunk.table_name AS chunk,
        to_regclass(format('%I.%I', chunk.schema_name, chunk.table_name)) AS relation,
        to_regclass(format('%I.%I', hypertable.schema_name, hypertable.table_name)) AS parent
    FROM _timescaledb_catalog.chunk
    JOIN _timescaledb_catalog.hypertable ON hypertable.id = chunk.hypertable_id
    WHERE hypertable.schema_name = 'public'
        -- A row about a chunk that was dropped on purpose may stay; not every release has the column.
        AND NOT coalesce((to_jsonb(chunk) ->> 'dropped')::boolean, false)
)
SELECT named.hypertable, count(*) FILTER (WHERE children.inhrelid IS NULL) AS missing, count(*) AS known
FROM named
LEFT JOIN pg_inherits AS children ON children.inhparent = named.parent AND children.inhrelid = named.relation
GROUP BY named.hypertable
HAVING count(*) FILTER (WHERE children.inhrelid IS NULL) > 0
ORDER BY named.hypertable;

-- name: chunks
-- The chunks of the readings in the order of their time.
SELECT range_start, range_end
FROM timescaledb_information.chunks
WHERE hypertable_schema = 'public' AND hypertable_name = 'reading'
ORDER BY range_start;

-- name: has_readings
-- Whether anything is stored of a span.
SELECT EXISTS (SELECT FROM reading WHERE time >= %(since)s AND time < %(until)s);

-- name: values_without_readings
-- Latest values of devices, each of which was stored as a reading too, at times of which no chunk is there.
SELECT count(*), max(latest.time)
FROM device_latest AS latest
WHERE latest.time >= %(kept_from)s AND NOT EXISTS (
    SELECT FROM timescaledb_information.chunks AS stored
    WHERE stored.hypertable_schema = 'public' AND stored.hypertable_name = 'reading'
        AND latest.time >= stored.range_start AND latest.time < stored.range_end
);

-- name: known_blind
-- Whether the whole ward was known to be out of contact for a span.
SELECT EXISTS (
    SELECT FROM blind_time
    WHERE subject_kind = 'ward' AND began_at <= %(since)s AND coalesce(ended_at, 'infinity') >= %(until)s
);
