-- Links that let a contact do one thing without signing in, by the hash of their token.

-- name: issue
-- Remember a fresh link.
INSERT INTO contact_link (token_hash, contact_id, purpose, absence_id, contact_channel_id, prompt_id, created_at, expires_at)
VALUES (%(token_hash)s, %(contact)s, %(purpose)s, %(absence)s, %(channel)s, %(prompt)s, %(now)s, %(expires_at)s);

-- name: look_up
-- The link of a token.
SELECT
    contact_id AS contact, purpose, absence_id AS absence, contact_channel_id AS channel, prompt_id AS prompt, created_at, expires_at,
    used_at
FROM contact_link
WHERE token_hash = %(token_hash)s;

-- name: use
-- Use a link up, once.
UPDATE contact_link SET used_at = %(now)s
WHERE token_hash = %(token_hash)s AND used_at IS NULL AND expires_at > %(now)s;

-- name: end
-- End a contact's links for a purpose.
UPDATE contact_link SET expires_at = %(now)s WHERE contact_id = %(contact)s AND purpose = %(purpose)s AND expires_at > %(now)s;

-- name: forget_expired
-- Drop a contact's links that have ended.
DELETE FROM contact_link WHERE contact_id = %(contact)s AND expires_at <= %(now)s;
