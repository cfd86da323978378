-- Whom nobody could reach tonight, looked at once every evening, and messages that are about no alert.
CREATE TABLE evening_check (
    office_id integer NOT NULL REFERENCES office ON DELETE CASCADE,
    day date NOT NULL,
    checked_at timestamptz NOT NULL,
    residents integer NOT NULL,
    gaps integer NOT NULL,
    centre_is_able boolean NOT NULL,
    PRIMARY KEY (office_id, day)
);

CREATE TABLE notice (
    notice_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    contact_id integer NOT NULL REFERENCES contact ON DELETE CASCADE,
    kind text NOT NULL,
    key text NOT NULL,
    body jsonb NOT NULL,
    request_key uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    sent_at timestamptz,
    given_up_at timestamptz,
    error text,
    UNIQUE (contact_id, kind, key)
);
CREATE INDEX notice_due ON notice (due_at) WHERE sent_at IS NULL AND given_up_at IS NULL;
