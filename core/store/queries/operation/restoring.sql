-- Preparing a server for a restore; all of it as a superuser.

-- name: target
-- Who restores where: rights, versions, and whether anything is there already.
SELECT
    current_user AS login,
    current_database() AS database,
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
    current_setting('server_version_num')::integer / 10000 AS postgresql_major,
    -- Not shown to everybody.
    coalesce((SELECT setting LIKE '%timescaledb%' FROM pg_settings WHERE name = 'shared_preload_libraries'), false)
        AS is_preloaded,
    (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS timescaledb,
    ARRAY(SELECT version FROM pg_available_extension_versions WHERE name = 'timescaledb' ORDER BY version) AS available,
    ARRAY(
        SELECT relname::text
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relkind IN ('r', 'p', 'v', 'm')
            AND nspname NOT IN ('pg_catalog', 'information_schema') AND nspname NOT LIKE 'pg\_toast%'
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE pg_depend.classid = 'pg_class'::regclass AND pg_depend.objid = pg_class.oid AND pg_depend.deptype = 'e'
            )
        ORDER BY relname
    ) AS tables;

-- name: has_role
-- Whether there is such a login.
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %(role)s);

-- name: database_name
-- Which database this is.
SELECT current_database();

-- name: pre_restore
-- Keep TimescaleDB from doing anything by itself while its catalogue is written.
SELECT timescaledb_pre_restore();

-- name: post_restore
-- Let it go on.
SELECT timescaledb_post_restore();

-- name: analyze
-- Let the planner know how much is in the tables.
ANALYZE;
