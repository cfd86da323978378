-- A test of one channel: a message with a link, and when somebody pressed there that it arrived.
ALTER TABLE contact_channel
    ADD COLUMN tested_at timestamptz,
    ADD COLUMN proven_at timestamptz;

ALTER TABLE contact_link ADD COLUMN contact_channel_id integer REFERENCES contact_channel ON DELETE CASCADE;
ALTER TABLE contact_link DROP CONSTRAINT contact_link_purpose_check;
ALTER TABLE contact_link
    ADD CONSTRAINT contact_link_purpose_check CHECK (purpose IN ('confirm_absence', 'still_away', 'channel_test'));
CREATE INDEX contact_link_channel ON contact_link (contact_channel_id) WHERE contact_channel_id IS NOT NULL;
