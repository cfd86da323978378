-- Who signs in to the broker, and the codes for which credentials are handed out.

-- name: account
-- Find an account by its name, and let one change of it run at a time.
SELECT kind FROM broker_account WHERE name = %(name)s FOR UPDATE;

-- name: account_of_code
-- Find whose a code is, in the same order of locks as whoever makes a new one.
SELECT name FROM broker_account
WHERE name = (SELECT account FROM enrolment WHERE code_hash = %(code_hash)s) FOR UPDATE;

-- name: add_account
-- Make an account without a credential; one that is there stays as it is.
INSERT INTO broker_account (name, kind) VALUES (%(name)s, %(kind)s)
ON CONFLICT (name) DO NOTHING;

-- name: native_device
-- Find the native device that publishes under its own id, which is therefore no name for anybody else.
SELECT device_id FROM device
WHERE device_id = %(name)s AND sender = 'native:' || %(name)s AND kind <> 'gateway' AND retired_at IS NULL;

-- name: issue
-- Give an account a new credential in place of a former one.
UPDATE broker_account
SET password_hash = %(password_hash)s, issued_at = %(now)s, revoked_at = NULL, revoked_by_user = NULL, version = version + 1
WHERE name = %(name)s
RETURNING name;

-- name: revoke
-- Take an account's credential away, and keep who did; nobody's where it was done at the machine.
UPDATE broker_account
SET
    password_hash = NULL, revoked_at = %(now)s, version = version + 1,
    revoked_by_user = (SELECT user_id FROM user_account WHERE user_id = %(user)s)
WHERE name = %(name)s
RETURNING name;

-- name: withdraw_codes
-- End the open code of an account.
UPDATE enrolment SET withdrawn_at = %(now)s
WHERE account = %(name)s AND used_at IS NULL AND withdrawn_at IS NULL;

-- name: add_code
-- Keep a new code; of the code itself only the hash.
INSERT INTO enrolment (code_hash, account, made_by_user, made_at, expires_at)
VALUES (%(code_hash)s, %(name)s, %(user)s, %(now)s, %(expires_at)s);

-- name: count_code
-- Count a new code among the changes of its account.
UPDATE broker_account SET version = version + 1 WHERE name = %(name)s;

-- name: use_code
-- Use a code up.
UPDATE enrolment SET used_at = %(now)s
FROM broker_account
WHERE code_hash = %(code_hash)s AND used_at IS NULL AND withdrawn_at IS NULL AND expires_at > %(now)s
    AND broker_account.name = enrolment.account
RETURNING broker_account.name, broker_account.kind;

-- name: codes
-- The latest codes of an account, the newest first, and who made each; nobody's where it was made at the machine.
SELECT e.made_at, coalesce(u.name, '') AS who, e.expires_at, e.used_at, e.withdrawn_at
FROM enrolment AS e
LEFT JOIN user_account AS u ON u.user_id = e.made_by_user
WHERE e.account = %(name)s
ORDER BY e.made_at DESC, e.code_hash
LIMIT %(limit)s;

-- name: standings
-- All accounts with how they stand, by name.
SELECT
    a.name, a.kind, a.password_hash IS NOT NULL AS is_let_in, a.issued_at, a.revoked_at,
    coalesce(u.name, '') AS revoked_by, e.expires_at AS code_until, a.version
FROM broker_account AS a
LEFT JOIN user_account AS u ON u.user_id = a.revoked_by_user
LEFT JOIN enrolment AS e ON e.account = a.name AND e.used_at IS NULL AND e.withdrawn_at IS NULL
    AND e.expires_at > %(now)s
WHERE %(name)s::text IS NULL OR a.name = %(name)s
ORDER BY a.name;

-- name: password_hashes
-- What the broker's password file must say: names with their hash, or none for those that may not come in.
SELECT name, password_hash FROM broker_account ORDER BY name;

-- name: announce_accounts
-- Notify sync-broker, after the commit, that the broker must learn something.
SELECT pg_notify('broker_account', '');
