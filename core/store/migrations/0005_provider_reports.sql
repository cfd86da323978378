-- What providers report: receipts, presses of buttons and keys, who left, and how much of a month is used up.

-- What a call says, to be said again; gone when the call has ended.
ALTER TABLE delivery ADD COLUMN spoken text;

CREATE TABLE inbound_event (
    provider text NOT NULL,
    event_id text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (provider, event_id)
);
CREATE INDEX inbound_event_received ON inbound_event (received_at);

CREATE TABLE line_code (
    contact_id integer PRIMARY KEY REFERENCES contact ON DELETE CASCADE,
    code_hash bytea NOT NULL UNIQUE,
    expires_at timestamptz NOT NULL
);

CREATE TABLE provider_quota (
    provider text PRIMARY KEY,
    message_limit integer,
    used integer NOT NULL,
    asked_at timestamptz NOT NULL
);
