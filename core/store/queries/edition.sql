-- Which server this is.

-- name: edition
-- Versions and licence of PostgreSQL and TimescaleDB; no row without the extension.
SELECT
    current_setting('server_version'),
    extversion,
    current_setting('timescaledb.license', true) = 'timescale'
FROM pg_extension
WHERE extname = 'timescaledb';
