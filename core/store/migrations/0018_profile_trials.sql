-- Requests to try a profile on what a device has in quarantine, and what ingest would read of it; forgotten after a day.
CREATE TABLE profile_trial (
    profile_trial_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    profile_id integer NOT NULL REFERENCES device_profile ON DELETE CASCADE,
    device_number integer NOT NULL REFERENCES device ON DELETE CASCADE,
    user_id integer NOT NULL REFERENCES user_account ON DELETE CASCADE,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    result jsonb,
    CHECK ((state = 'done') = (result IS NOT NULL))
);
