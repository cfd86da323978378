-- Whether a connection of ours is a session of the server.

-- name: session
-- Which session does the work.
SELECT pg_backend_pid();

-- name: try_lock
-- Take a lock that lasts as long as the session.
SELECT pg_try_advisory_lock(%(key)s);

-- name: notify
-- Notify whoever listens on a channel.
SELECT pg_notify(%(channel)s, '');
