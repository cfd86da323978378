-- Whether the service sees anything at all.

-- name: health
-- How far ingest and the detectors have come, who reported last, and when anything was last received.
SELECT
    (SELECT max(complete_through) FROM ingest_progress),
    (SELECT max(reported_at) FROM ingest_progress),
    (SELECT judged_through FROM watch WHERE subject = 'ward'),
    (SELECT max(last_received_at) FROM device_contact),
    (SELECT count(*) FROM quarantine WHERE released_at IS NULL),
    (SELECT count(*) FROM watch WHERE failed_rule IS NOT NULL);

-- name: stored_messages
-- How many messages all ingest workers have stored.
SELECT coalesce(sum(stored_messages), 0) FROM ingest_progress;
