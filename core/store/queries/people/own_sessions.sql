-- Where somebody is signed in.

-- name: sessions
-- The sessions of a user that have not run out, the last used first.
SELECT session_id AS number, token_hash, browser, created_at, last_seen_at, expires_at
FROM user_session
WHERE user_id = %(user)s AND expires_at > %(now)s
ORDER BY last_seen_at DESC, session_id DESC;

-- name: end_one
-- Sign a user out of one session.
DELETE FROM user_session WHERE user_id = %(user)s AND session_id = %(number)s;

-- name: end_others
-- Sign a user out everywhere but here.
DELETE FROM user_session WHERE user_id = %(user)s AND token_hash <> %(token_hash)s;

-- name: prove
-- Note that whoever sits there has just proved who they are.
UPDATE user_session SET proved_at = %(now)s WHERE token_hash = %(token_hash)s;
