-- Programs ask in somebody's name with a token: what it may, for which office, and until when.
CREATE TABLE api_token (
    api_token_id  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash    bytea NOT NULL UNIQUE,
    user_id       integer NOT NULL REFERENCES user_account ON DELETE CASCADE,
    name          text NOT NULL,
    scope         text NOT NULL CHECK (scope IN ('read', 'write')),
    -- None: all that its owner may know of.
    office_id     integer REFERENCES office ON DELETE CASCADE,
    made_at       timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    last_used_at  timestamptz,
    revoked_at    timestamptz
);
-- A name stands for one token that can be used; so the form that made it makes no second one when it is sent again.
CREATE UNIQUE INDEX api_token_name ON api_token (user_id, name) WHERE revoked_at IS NULL;
