-- A stay in hospital may have no end date; once a week somebody is asked whether it goes on.
-- Release 0.2.0 writes an end to each stay, and takes one without as going on.
ALTER TABLE absence DROP CONSTRAINT absence_check1;
ALTER TABLE absence
    ADD COLUMN asked_at timestamptz,
    ADD COLUMN still_at timestamptz;
ALTER TABLE absence
    ADD CONSTRAINT absence_has_an_end CHECK (hours IS NOT NULL OR ended_at IS NOT NULL OR kind = 'hospital');
CREATE INDEX absence_without_end ON absence (began_at) WHERE hours IS NULL AND ended_at IS NULL AND cancelled_at IS NULL;

ALTER TABLE contact_link DROP CONSTRAINT contact_link_purpose_check;
ALTER TABLE contact_link ADD CONSTRAINT contact_link_purpose_check CHECK (purpose IN ('confirm_absence', 'still_away'));
