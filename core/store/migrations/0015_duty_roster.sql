-- Who of an office is on duty when, and who stands in.
CREATE TABLE duty_shift (
    duty_shift_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    office_id integer NOT NULL REFERENCES office ON DELETE CASCADE,
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    contact_id integer NOT NULL REFERENCES contact ON DELETE CASCADE,
    substitute_id integer REFERENCES contact ON DELETE SET NULL,
    is_substituted boolean NOT NULL DEFAULT false,
    CHECK (ended_at > began_at),
    CHECK (substitute_id <> contact_id)
);
CREATE INDEX duty_shift_office ON duty_shift (office_id, ended_at);
