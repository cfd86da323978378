-- Bookkeeping of the migration runner.

-- name: lock
-- Wait until no other process migrates this database; held to the end of the transaction.
SELECT pg_advisory_xact_lock(%(key)s);

-- name: has_table
-- Whether anything was ever applied here.
SELECT to_regclass('schema_migration') IS NOT NULL;

-- name: create_table
-- Make the list of applied migrations.
CREATE TABLE IF NOT EXISTS schema_migration (
    name        text PRIMARY KEY,
    checksum    text NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- name: applied
-- What was applied, in which form.
SELECT name, checksum FROM schema_migration;

-- name: record
-- Note that a migration was applied.
INSERT INTO schema_migration (name, checksum) VALUES (%(name)s, %(checksum)s);
