-- The backups that were made of this database, and which of them were restored and found whole.
CREATE TABLE backup (
    name text PRIMARY KEY,
    made_at timestamptz NOT NULL,
    bytes bigint NOT NULL,
    rows bigint NOT NULL,
    proven_at timestamptz
);
CREATE INDEX backup_made ON backup (made_at DESC);
