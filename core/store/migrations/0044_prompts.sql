-- Residents who are asked before anybody else is notified of a silence: how they are reached, what was agreed, and each question with its answer.

-- The resident as a contact: never part of an escalation.
ALTER TABLE contact
    ADD COLUMN is_resident boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT contact_is_resident CHECK (NOT is_resident OR (resident_id IS NOT NULL AND user_id IS NULL));
CREATE UNIQUE INDEX contact_of_resident ON contact (resident_id) WHERE is_resident AND is_active;

CREATE OR REPLACE VIEW addressed_contact AS
SELECT
    contact.contact_id, contact.resident_id, contact.office_id, contact.user_id, contact.name, contact.relation,
    contact.calls_resident, contact.step, first_channel.kind AS channel, first_channel.address, contact.language,
    contact.is_active, contact.quiet_from, contact.quiet_until, contact.is_duty_only, contact.is_resident
FROM contact
JOIN LATERAL (
    SELECT contact_channel.kind, contact_channel.address
    FROM contact_channel
    WHERE contact_channel.contact_id = contact.contact_id
    ORDER BY contact_channel.place
    LIMIT 1
) AS first_channel ON true;

-- What was agreed with a resident; without a row nobody is asked.
CREATE TABLE prompt_setting (
    resident_id integer PRIMARY KEY REFERENCES resident ON DELETE CASCADE,
    is_on boolean NOT NULL,
    most_in_a_week smallint NOT NULL CHECK (most_in_a_week BETWEEN 1 AND 7),
    agreed text NOT NULL CHECK (agreed <> '' OR NOT is_on),
    changed_at timestamptz NOT NULL
);

CREATE TABLE prompt (
    prompt_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    resident_id integer NOT NULL REFERENCES resident ON DELETE CASCADE,
    contact_id integer REFERENCES contact ON DELETE SET NULL,
    rule text NOT NULL,
    began_at timestamptz NOT NULL,
    asked_at timestamptz NOT NULL,
    line_at timestamptz NOT NULL,
    channel text,
    sent_at timestamptz,
    answer text CHECK (answer IN ('safe', 'help')),
    answered_at timestamptz,
    is_in_time boolean,
    UNIQUE (resident_id, rule, began_at),
    CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CHECK ((channel IS NULL) = (sent_at IS NULL)),
    CHECK (line_at > asked_at)
);
CREATE INDEX prompt_asked ON prompt (resident_id, asked_at DESC);
CREATE INDEX prompt_of_day ON prompt (asked_at);
CREATE INDEX prompt_contact ON prompt (contact_id) WHERE contact_id IS NOT NULL;

ALTER TABLE contact_link
    ADD COLUMN prompt_id bigint REFERENCES prompt ON DELETE CASCADE,
    DROP CONSTRAINT contact_link_purpose_check,
    ADD CONSTRAINT contact_link_purpose_check CHECK (purpose IN ('confirm_absence', 'still_away', 'channel_test', 'preferences', 'prompt'));
CREATE INDEX contact_link_prompt ON contact_link (prompt_id) WHERE prompt_id IS NOT NULL;

ALTER TABLE watch_change
    DROP CONSTRAINT watch_change_what_check,
    ADD CONSTRAINT watch_change_what_check CHECK (
        what IN (
            'geofence', 'absence', 'sensitivity', 'escalation', 'pause', 'resident', 'home', 'contact', 'channels', 'office',
            'account', 'family', 'quiet_limit', 'prompts'
        )
    );
