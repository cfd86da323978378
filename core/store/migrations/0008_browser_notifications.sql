-- Browsers of the staff that asked for notifications of emergencies, and each notification on its way to one of them.
-- An address opens nothing without our private key, which the database does not hold: the browser bound it to that key.
CREATE TABLE push_subscription (
    push_subscription_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    user_id integer NOT NULL REFERENCES user_account ON DELETE CASCADE,
    endpoint text NOT NULL UNIQUE,
    p256dh text NOT NULL,
    auth text NOT NULL,
    created_at timestamptz NOT NULL,
    accepted_at timestamptz,
    dead_at timestamptz
);
CREATE INDEX push_subscription_user ON push_subscription (user_id);

CREATE TABLE push_message (
    push_message_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    alert_event_id bigint NOT NULL REFERENCES alert_event ON DELETE CASCADE,
    push_subscription_id integer NOT NULL REFERENCES push_subscription ON DELETE CASCADE,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    accepted_at timestamptz,
    given_up_at timestamptz,
    error text,
    UNIQUE (alert_event_id, push_subscription_id)
);
CREATE INDEX push_message_due ON push_message (due_at) WHERE accepted_at IS NULL AND given_up_at IS NULL;
