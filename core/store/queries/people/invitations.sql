-- One-time links with which somebody chooses their password.

-- name: withdraw
-- End the link that somebody has, if it was not used.
UPDATE invitation SET withdrawn_at = %(now)s
WHERE user_id = %(user)s AND used_at IS NULL AND withdrawn_at IS NULL;

-- name: add
-- Keep a link by the hash of its code.
INSERT INTO invitation (code_hash, user_id, made_by_user, made_at, expires_at)
VALUES (%(code_hash)s, %(user)s, %(by)s, %(now)s, %(expires_at)s);

-- name: invited
-- Who may use a link.
SELECT i.user_id
FROM invitation AS i
JOIN user_account AS u USING (user_id)
WHERE
    i.code_hash = %(code_hash)s AND i.used_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > %(now)s
    AND u.is_active;

-- name: use
-- Use a link up.
UPDATE invitation SET used_at = %(now)s
WHERE
    code_hash = %(code_hash)s AND used_at IS NULL AND withdrawn_at IS NULL AND expires_at > %(now)s;

-- name: latest
-- The link that somebody was given last.
SELECT made_at, expires_at, used_at, withdrawn_at
FROM invitation
WHERE user_id = %(user)s
ORDER BY made_at DESC, expires_at DESC
LIMIT 1;
