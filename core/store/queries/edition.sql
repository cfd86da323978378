-- Which server this is.

-- name: edition
-- Versions and licence of PostgreSQL and TimescaleDB; no row without the extension.
SELECT
    current_setting('server_version') AS postgresql,
    extversion AS timescaledb,
    current_setting('timescaledb.license', true) = 'timescale' AS is_community
FROM pg_extension
WHERE extname = 'timescaledb';
