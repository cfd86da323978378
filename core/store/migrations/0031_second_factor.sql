-- A second proof of who signs in: the secret of an authenticator app, encrypted, and codes for the day the phone is lost.
CREATE TABLE second_factor (
    user_id       integer PRIMARY KEY REFERENCES user_account ON DELETE CASCADE,
    sealed        bytea NOT NULL,
    made_at       timestamptz NOT NULL,
    confirmed_at  timestamptz,
    -- The half minute of the code that was used last; no code of it or of one before is taken again.
    used_step     bigint NOT NULL DEFAULT 0
);

CREATE TABLE recovery_code (
    code_hash  bytea PRIMARY KEY,
    user_id    integer NOT NULL REFERENCES user_account ON DELETE CASCADE,
    used_at    timestamptz
);
CREATE INDEX recovery_code_user ON recovery_code (user_id);

-- Whose password was right, and whose code is still awaited.
CREATE TABLE awaited_code (
    token_hash  bytea PRIMARY KEY,
    user_id     integer NOT NULL REFERENCES user_account ON DELETE CASCADE,
    expires_at  timestamptz NOT NULL
);
