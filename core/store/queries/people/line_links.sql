-- How a phone's LINE account becomes a contact's channel, and what happens to it.

-- name: put_code
-- Make a code for a contact; a former one ends.
INSERT INTO line_code (contact_id, code_hash, expires_at)
VALUES (%(contact)s, %(code_hash)s, %(expires_at)s)
ON CONFLICT (contact_id) DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at;

-- name: take_code
-- Whose code it is, if it still holds; used once.
DELETE FROM line_code WHERE code_hash = %(code_hash)s AND expires_at > %(now)s RETURNING contact_id;

-- name: channels
-- The channels that lead to a LINE account.
SELECT contact_channel_id, contact_id FROM contact_channel WHERE kind = 'line' AND address = %(address)s;

-- name: is_fresh
-- Remember a report; one that came before is not written again.
INSERT INTO inbound_event (provider, event_id, received_at)
VALUES (%(provider)s, %(event)s, %(now)s)
ON CONFLICT (provider, event_id) DO NOTHING;

-- name: forget_old
-- Forget reports that no provider sends again.
DELETE FROM inbound_event WHERE received_at < %(before)s;
