-- Tokens with which programs ask in somebody's name.

-- name: add
-- Keep a new token by its hash; nothing if one of that name is there.
INSERT INTO api_token (token_hash, user_id, name, scope, office_id, made_at, expires_at)
VALUES (%(token_hash)s, %(user)s, %(name)s, %(scope)s, %(office)s, %(now)s, %(expires_at)s)
ON CONFLICT (user_id, name) WHERE revoked_at IS NULL DO NOTHING
RETURNING api_token_id;

-- name: hold_owner
-- Let one change of a user's tokens run at a time.
SELECT user_id FROM user_account WHERE user_id = %(user)s FOR UPDATE;

-- name: end_expired
-- A name whose token has run out is free again.
UPDATE api_token SET revoked_at = expires_at WHERE user_id = %(user)s AND revoked_at IS NULL AND expires_at <= %(now)s;

-- name: of_user
-- The tokens of a user that can be used, the newest first.
SELECT
    t.api_token_id AS number, t.name, t.scope, t.office_id AS office, coalesce(o.name, '') AS office_name, t.made_at,
    t.expires_at, t.last_used_at
FROM api_token AS t
LEFT JOIN office AS o USING (office_id)
WHERE t.user_id = %(user)s AND t.revoked_at IS NULL AND t.expires_at > %(now)s
ORDER BY t.api_token_id DESC;

-- name: revoke
-- End a token of a user now.
UPDATE api_token SET revoked_at = %(now)s
WHERE user_id = %(user)s AND api_token_id = %(number)s AND revoked_at IS NULL;

-- name: find
-- Whose token this is and what it may, while it can be used and its owner may sign in.
SELECT
    u.user_id AS number, u.login, u.name, u.role, u.office_id AS office, u.language, u.is_active, t.scope,
    t.office_id AS only_office, t.last_used_at
FROM api_token AS t
JOIN user_account AS u USING (user_id)
WHERE t.token_hash = %(token_hash)s AND t.revoked_at IS NULL AND t.expires_at > %(now)s AND u.is_active;

-- name: touch
-- Note that a token is in use.
UPDATE api_token SET last_used_at = %(now)s WHERE token_hash = %(token_hash)s;
