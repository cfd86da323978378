-- Contacts choose themselves how they are notified, by a link to their own page; and how often they get a summary.
ALTER TABLE contact ADD COLUMN digest text NOT NULL DEFAULT 'never' CHECK (digest IN ('never', 'daily', 'weekly'));
ALTER TABLE contact ADD CONSTRAINT contact_digest_of_family CHECK (digest = 'never' OR resident_id IS NOT NULL);
ALTER TABLE contact_link DROP CONSTRAINT contact_link_purpose_check;
ALTER TABLE contact_link
    ADD CONSTRAINT contact_link_purpose_check
    CHECK (purpose IN ('confirm_absence', 'still_away', 'channel_test', 'preferences'));
