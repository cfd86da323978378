-- People see where they are signed in, and end one; what gives much away asks for a proof of who sits there that is minutes old.
ALTER TABLE user_session
    ADD COLUMN session_id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    ADD COLUMN browser text NOT NULL DEFAULT '',
    ADD COLUMN proved_at timestamptz;
