-- Who signs in.

-- name: add_user
-- Register somebody who may sign in; nothing if the login is taken.
INSERT INTO user_account (login, name, role, office_id, language, password_hash, created_at)
VALUES (%(login)s, %(name)s, %(role)s, %(office)s, %(language)s, %(password_hash)s, %(now)s)
ON CONFLICT (lower(login)) DO NOTHING
RETURNING user_id;

-- name: users
-- Everybody who can sign in, by role and login.
SELECT user_id AS number, login, name, role, office_id AS office, language, is_active
FROM user_account
ORDER BY role, lower(login);

-- name: user
-- One user by key.
SELECT user_id AS number, login, name, role, office_id AS office, language, is_active
FROM user_account
WHERE user_id = %(user)s;

-- name: user_by_login
-- One user by login, with what proves their password.
SELECT user_id AS number, login, name, role, office_id AS office, language, is_active, password_hash
FROM user_account
WHERE lower(login) = lower(%(login)s);

-- name: set_password
-- Replace the password.
UPDATE user_account SET password_hash = %(password_hash)s
WHERE user_id = %(user)s;

-- name: set_active
-- Let a user in again, or keep them out.
UPDATE user_account SET is_active = %(is_active)s, version = version + 1
WHERE user_id = %(user)s;

-- name: set_language
-- Remember the language a user chose.
UPDATE user_account SET language = %(language)s
WHERE user_id = %(user)s;

-- name: office_names
-- All offices with their names, the oldest first.
SELECT name, office_id FROM office ORDER BY office_id;

-- name: names
-- The names of accounts.
SELECT user_id, name FROM user_account WHERE user_id = ANY(%(accounts)s);

-- name: link_family
-- Let a family user see a resident.
INSERT INTO family_link (user_id, resident_id) VALUES (%(user)s, %(resident)s)
ON CONFLICT DO NOTHING;

-- name: start_session
-- Keep a new session by the hash of its token.
INSERT INTO user_session (token_hash, user_id, created_at, last_seen_at, expires_at, browser, proved_at)
VALUES (%(token_hash)s, %(user)s, %(now)s, %(now)s, %(expires_at)s, %(browser)s, %(proved_at)s);

-- name: session
-- The user and the times of a session, if the user may still sign in.
SELECT
    u.user_id AS number, u.login, u.name, u.role, u.office_id AS office, u.language, u.is_active, s.last_seen_at,
    s.expires_at, s.proved_at
FROM user_session AS s
JOIN user_account AS u USING (user_id)
WHERE s.token_hash = %(token_hash)s AND u.is_active;

-- name: touch_session
-- Note that a session is in use.
UPDATE user_session SET last_seen_at = greatest(last_seen_at, %(now)s)
WHERE token_hash = %(token_hash)s;

-- name: extend_session
-- Let a session last longer.
UPDATE user_session SET expires_at = greatest(expires_at, %(expires_at)s)
WHERE token_hash = %(token_hash)s;

-- name: end_session
-- Sign out one session.
DELETE FROM user_session WHERE token_hash = %(token_hash)s;

-- name: end_sessions_of
-- Sign out a user everywhere, and let nobody in by a code after a password that was right until now.
WITH awaited AS (
    DELETE FROM awaited_code WHERE user_id = %(user)s
)
DELETE FROM user_session WHERE user_id = %(user)s;

-- name: drop_expired_sessions
-- Forget sessions that nobody can use any more.
DELETE FROM user_session WHERE expires_at <= %(now)s;

-- name: addresses_of_attempts
-- From how many addresses how many people gave the right password since a moment, and one of these addresses. Codes of
-- a second factor are counted as attempts too, by hashes that are of no login.
SELECT count(DISTINCT u.user_id) AS logins, count(DISTINCT a.peer) AS peers, coalesce(min(a.peer), '') AS peer
FROM sign_in_attempt AS a
JOIN user_account AS u ON a.login_hash = sha256(convert_to(lower(u.login), 'UTF8'))
WHERE a.attempted_at > %(since)s AND a.succeeded;

-- name: take_turns_at_attempts
-- Let attempts side by side be recorded and counted one after the other, or none of them would see the others.
SELECT pg_advisory_xact_lock(hashtextextended('sign_in_attempt', 0));

-- name: record_attempt
-- Keep a sign-in attempt for the throttle; it counts as failed until it succeeds.
INSERT INTO sign_in_attempt (attempted_at, login_hash, peer, succeeded)
VALUES (%(now)s, %(login_hash)s, %(peer)s, false);

-- name: succeed_attempt
-- Note that an attempt succeeded.
UPDATE sign_in_attempt SET succeeded = true
WHERE login_hash = %(login_hash)s AND peer = %(peer)s AND attempted_at = %(now)s;

-- name: forget_attempt
-- Take back an attempt that was refused unchecked.
DELETE FROM sign_in_attempt
WHERE login_hash = %(login_hash)s AND peer = %(peer)s AND attempted_at = %(now)s AND NOT succeeded;

-- name: failures
-- Failed attempts since a moment: of this login from this peer, of this login, from this peer; and whether this login
-- has ever signed in from this peer.
SELECT
    count(*) FILTER (WHERE login_hash = %(login_hash)s AND peer = %(peer)s) AS login_from_peer,
    count(*) FILTER (WHERE login_hash = %(login_hash)s) AS login,
    count(*) FILTER (WHERE peer = %(peer)s) AS peer,
    EXISTS (
        SELECT FROM sign_in_attempt AS a
        WHERE a.login_hash = %(login_hash)s AND a.peer = %(peer)s AND a.succeeded) AS is_known_peer
FROM sign_in_attempt
WHERE attempted_at > %(since)s AND NOT succeeded AND (login_hash = %(login_hash)s OR peer = %(peer)s);

-- name: drop_old_attempts
-- Forget attempts that the throttle no longer counts.
DELETE FROM sign_in_attempt WHERE attempted_at <= %(before)s;
