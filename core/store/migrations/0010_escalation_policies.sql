-- Who is asked and when, as data: policies of offices and households, and the desks above an office.

-- The ward's duty line and the operator's emergency plan are offices that look after nobody and whose centre is asked last.
-- `staffed` is when somebody sits there, null at any hour.
ALTER TABLE office
    ADD COLUMN role text NOT NULL DEFAULT 'care' CHECK (role IN ('care', 'ward_line', 'emergency_plan')),
    ADD COLUMN next_office_id integer REFERENCES office,
    ADD COLUMN staffed jsonb,
    ADD CONSTRAINT office_next CHECK (next_office_id <> office_id);
CREATE UNIQUE INDEX office_above ON office (role) WHERE role <> 'care';

-- Staff and volunteers who are asked only while they are on duty.
ALTER TABLE contact
    ADD COLUMN is_duty_only boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT contact_duty CHECK (NOT is_duty_only OR office_id IS NOT NULL);

CREATE OR REPLACE VIEW addressed_contact AS
SELECT
    contact.contact_id, contact.resident_id, contact.office_id, contact.user_id, contact.name, contact.relation,
    contact.calls_resident, contact.step, first_channel.kind AS channel, first_channel.address, contact.language,
    contact.is_active, contact.quiet_from, contact.quiet_until, contact.is_duty_only
FROM contact
JOIN LATERAL (
    SELECT contact_channel.kind, contact_channel.address
    FROM contact_channel
    WHERE contact_channel.contact_id = contact.contact_id
    ORDER BY contact_channel.place
    LIMIT 1
) AS first_channel ON true;

-- One policy of an office, or of a household in its place.
CREATE TABLE escalation_policy (
    escalation_policy_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    office_id integer UNIQUE REFERENCES office ON DELETE CASCADE,
    home_id integer UNIQUE REFERENCES home ON DELETE CASCADE,
    body jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    CHECK ((office_id IS NULL) <> (home_id IS NULL))
);

ALTER TABLE escalation_step
    DROP CONSTRAINT escalation_step_kind_check,
    ADD CONSTRAINT escalation_step_kind_check CHECK (kind IN (
        'contacts', 'family', 'office', 'duty', 'next_office', 'ward_line', 'emergency_plan', 'after_quiet_hours', 'reminder'
    ));

ALTER TABLE watch_change
    DROP CONSTRAINT watch_change_what_check,
    ADD CONSTRAINT watch_change_what_check CHECK (what IN ('geofence', 'absence', 'sensitivity', 'escalation', 'pause'));

-- Who changed what of an office that decides whom its residents' alerts reach.
CREATE TABLE office_change (
    office_change_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    office_id integer NOT NULL REFERENCES office ON DELETE CASCADE,
    at timestamptz NOT NULL,
    user_id integer NOT NULL REFERENCES user_account,
    what text NOT NULL CHECK (what IN ('escalation', 'cover', 'duty')),
    before jsonb,
    after jsonb,
    CHECK (before IS NOT NULL OR after IS NOT NULL)
);
CREATE INDEX office_change_office ON office_change (office_id, office_change_id);
