-- What the sessions of ingest at the broker may still be subscribed to.

-- name: subscriptions
-- What a client id may still be subscribed to.
SELECT subscriptions FROM broker_session WHERE client_id = %(client_id)s;

-- name: put
-- Keep what a client id may be subscribed to.
INSERT INTO broker_session (client_id, subscriptions) VALUES (%(client_id)s, %(subscriptions)s)
ON CONFLICT (client_id) DO UPDATE SET subscriptions = excluded.subscriptions;

-- name: drop
-- Forget a session that has ended.
DELETE FROM broker_session WHERE client_id = %(client_id)s;
