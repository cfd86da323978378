-- What a database holds, so that a restored one can be compared with what was backed up; and the record of backups.

-- name: tables
-- The tables of ours, also the hypertables, whose parts are not in this list.
SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename;

-- name: row_count
-- How many rows a table has; a name cannot be a parameter, so the question is put together here.
SELECT (xpath(
    '//number/text()', query_to_xml(format('SELECT count(*) AS number FROM public.%%I', %(table)s::text), false, false, '')
))[1]::text::bigint;

-- name: chunks
-- How many parts each hypertable has that really exist.
SELECT hypertable.table_name, count(relation.oid)
FROM _timescaledb_catalog.hypertable
LEFT JOIN pg_inherits ON pg_inherits.inhparent = to_regclass(format('%I.%I', hypertable.schema_name, hypertable.table_name))
LEFT JOIN pg_class AS relation ON relation.oid = pg_inherits.inhrelid
WHERE hypertable.schema_name = 'public'
GROUP BY hypertable.table_name
ORDER BY hypertable.table_name;

-- name: open_alerts
-- Alerts that nobody has closed.
SELECT count(*) FROM alert WHERE handling <> 'closed';

-- name: newest_reading
-- When the newest reading happened.
SELECT max(time) FROM reading;

-- name: export_snapshot
-- Let another session see exactly what this transaction sees.
SELECT pg_export_snapshot();

-- name: origin
-- The server, who owns the database, and what was migrated.
SELECT
    current_setting('server_version') AS postgresql,
    (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS timescaledb,
    (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()) AS owner,
    (SELECT array_agg(name ORDER BY name) FROM schema_migration) AS migrations,
    (SELECT min(applied_at) FROM schema_migration) AS set_up_at;

-- name: table_count
-- How many tables a dump has to go through, parts of hypertables among them.
SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND (nspname = 'public' OR nspname LIKE '\_timescaledb\_%');

-- name: has_record
-- Whether this schema keeps a record of backups.
SELECT to_regclass('backup') IS NOT NULL;

-- name: record
-- Note a backup.
INSERT INTO backup (name, made_at, bytes, rows) VALUES (%(name)s, %(made_at)s, %(bytes)s, %(rows)s)
ON CONFLICT (name) DO NOTHING;

-- name: record_proof
-- Note that a backup was restored and nothing was missing.
INSERT INTO backup (name, made_at, bytes, rows, proven_at)
VALUES (%(name)s, %(made_at)s, %(bytes)s, %(rows)s, %(proven_at)s)
ON CONFLICT (name) DO UPDATE SET proven_at = greatest(backup.proven_at, excluded.proven_at);

-- name: state
-- When the last backup was made, when one was last proven by restoring it, and how the archive of the write-ahead log goes.
SELECT
    (SELECT max(made_at) FROM backup) AS made_at,
    (SELECT max(proven_at) FROM backup) AS proven_at,
    current_setting('archive_mode') <> 'off' AS is_archiving,
    last_archived_time AS archived_at,
    last_failed_time AS archive_failed_at
FROM pg_stat_archiver;
