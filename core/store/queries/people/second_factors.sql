-- The second proof of who signs in.

-- name: second_factor
-- What proves a user besides the password; nobody else changes it until the transaction ends.
SELECT sealed, confirmed_at, used_step FROM second_factor WHERE user_id = %(user)s FOR UPDATE;

-- name: is_on
-- Whether a user signs in with a code.
SELECT EXISTS (SELECT FROM second_factor WHERE user_id = %(user)s AND confirmed_at IS NOT NULL);

-- name: begin
-- Keep a new secret in place of one that was never confirmed.
INSERT INTO second_factor (user_id, sealed, made_at) VALUES (%(user)s, %(sealed)s, %(now)s)
ON CONFLICT (user_id) DO UPDATE SET sealed = excluded.sealed, made_at = excluded.made_at, used_step = 0
WHERE second_factor.confirmed_at IS NULL
RETURNING user_id;

-- name: confirm
-- Ask for a code at every sign-in from now on.
UPDATE second_factor SET confirmed_at = %(now)s WHERE user_id = %(user)s AND confirmed_at IS NULL;

-- name: use_step
-- Take no code of this half minute or one before again.
UPDATE second_factor SET used_step = %(step)s WHERE user_id = %(user)s AND used_step < %(step)s;

-- name: remove
-- Ask for no code any more.
DELETE FROM second_factor WHERE user_id = %(user)s;

-- name: remove_recovery_codes
-- Forget the codes for the day the phone is lost.
DELETE FROM recovery_code WHERE user_id = %(user)s;

-- name: add_recovery_code
-- Keep a code for the day the phone is lost; only its hash.
INSERT INTO recovery_code (code_hash, user_id) VALUES (%(code_hash)s, %(user)s);

-- name: use_recovery_code
-- Use such a code up.
UPDATE recovery_code SET used_at = %(now)s
WHERE code_hash = %(code_hash)s AND user_id = %(user)s AND used_at IS NULL;

-- name: recovery_codes_left
-- How many such codes can still be used.
SELECT count(*) FROM recovery_code WHERE user_id = %(user)s AND used_at IS NULL;

-- name: await_code
-- Remember whose password was right.
INSERT INTO awaited_code (token_hash, user_id, expires_at) VALUES (%(token_hash)s, %(user)s, %(expires_at)s);

-- name: drop_expired
-- Forget whose code did not come.
DELETE FROM awaited_code WHERE expires_at <= %(now)s;

-- name: awaited
-- Whose code is awaited, if the user may still sign in.
SELECT a.user_id FROM awaited_code AS a
JOIN user_account AS u USING (user_id)
WHERE a.token_hash = %(token_hash)s AND a.expires_at > %(now)s AND u.is_active;

-- name: end_awaited
-- Await a code no longer.
DELETE FROM awaited_code WHERE token_hash = %(token_hash)s;

-- name: end_awaited_of
-- Await no code of a user any more.
DELETE FROM awaited_code WHERE user_id = %(user)s;

-- name: sealed_secrets
-- All secrets, to encrypt them anew with another key.
SELECT user_id, sealed FROM second_factor ORDER BY user_id FOR UPDATE;

-- name: seal_anew
-- Keep the secret encrypted with another key.
UPDATE second_factor SET sealed = %(sealed)s WHERE user_id = %(user)s;
