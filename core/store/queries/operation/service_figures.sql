-- What a monitor of the whole service is shown: what waits for people, what cannot be seen, and how the database itself is.

-- name: alerts
-- Of each severity how many alerts are not closed.
SELECT severity, count(*) FROM alert WHERE handling <> 'closed' GROUP BY severity;

-- name: emergencies
-- Emergencies that nobody has claimed, when the longest of them was raised, and those about which nothing will happen by itself any more:
-- planned and still on, without a step ahead, and no other emergency of the same walk that is on notifies people in their place.
SELECT
    count(*) AS unclaimed,
    min(opened_at) AS oldest,
    count(*) FILTER (
        WHERE
            condition = 'active'
            AND EXISTS (SELECT FROM alert_event AS event WHERE event.alert_id = alert.alert_id)
            AND NOT EXISTS (SELECT FROM alert_event AS event WHERE event.alert_id = alert.alert_id AND event.planned_at IS NULL)
            AND NOT EXISTS (SELECT FROM escalation_step AS step WHERE step.alert_id = alert.alert_id AND step.executed_at IS NULL AND step.stopped_at IS NULL)
            AND NOT EXISTS (
                SELECT FROM alert AS leader
                WHERE
                    alert.rule = ANY(%(rules)s::text[]) AND leader.rule = ANY(%(rules)s::text[])
                    AND leader.resident_id = alert.resident_id AND leader.severity = 1
                    AND leader.condition = 'active' AND leader.handling <> 'closed'
                    AND (leader.opened_at, leader.alert_id) < (alert.opened_at, alert.alert_id)
                    AND alert.opened_at - leader.opened_at < %(joins_within)s
            )
    ) AS ended_escalations
FROM alert
WHERE severity = 1 AND handling = 'open';

-- name: homes
-- Homes that somebody is watched over in, and those of them that are out of contact now, alone or with their neighbourhood.
SELECT
    (SELECT count(DISTINCT home_id) FROM resident WHERE ended_at IS NULL) AS watched,
    count(DISTINCT home.home_id) AS blind
FROM blind_time AS blind
JOIN home ON (blind.subject_kind = 'home' AND home.home_id = blind.subject_number)
    OR (blind.subject_kind = 'area' AND home.area = blind.area)
WHERE
    blind.ended_at IS NULL
    AND EXISTS (SELECT FROM resident WHERE resident.home_id = home.home_id AND resident.ended_at IS NULL);

-- name: oldest
-- The oldest message that waits in quarantine, and where the oldest part of each hypertable begins.
SELECT 'quarantine' AS what, min(received_at) AS oldest FROM quarantine WHERE released_at IS NULL
UNION ALL
SELECT hypertable_name, min(range_start)
FROM timescaledb_information.chunks
WHERE hypertable_schema = 'public' AND hypertable_name IN ('reading', 'fix')
GROUP BY hypertable_name;

-- name: database
-- Its size, its replicas, and how many bytes of the log the furthest behind of them has yet to take; null where that is not for us to see.
SELECT
    pg_database_size(current_database()) AS bytes,
    (SELECT count(*) FROM pg_stat_replication) AS replicas,
    (
        SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(replay_lsn, flush_lsn)))
        FROM pg_stat_replication
        WHERE NOT pg_is_in_recovery()
    )::bigint AS lag_bytes;
