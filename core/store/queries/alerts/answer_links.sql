-- Links in messages, by the hash of their token.

-- name: issue
-- Remember a fresh link.
INSERT INTO answer_link (token_hash, alert_id, contact_id, created_at, expires_at)
VALUES (%(token_hash)s, %(alert)s, %(contact)s, %(now)s, %(expires_at)s);

-- name: look_up
-- The link of a token.
SELECT alert_id AS alert, contact_id AS contact, created_at, expires_at, revoked_at FROM answer_link WHERE token_hash = %(token_hash)s;

-- name: revoke
-- End all links of a contact, for one alert or for all.
UPDATE answer_link
SET revoked_at = %(now)s
WHERE contact_id = %(contact)s AND (%(alert)s::bigint IS NULL OR alert_id = %(alert)s) AND revoked_at IS NULL;

-- name: forget_expired
-- Drop a contact's links that have ended by themselves.
DELETE FROM answer_link WHERE contact_id = %(contact)s AND expires_at <= %(now)s;
