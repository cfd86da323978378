-- A contact without an account confirms a pause by a link in the message, which acts once and ends.
CREATE TABLE contact_link (
    token_hash bytea PRIMARY KEY,
    contact_id integer NOT NULL REFERENCES contact ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('confirm_absence')),
    absence_id integer REFERENCES absence ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX contact_link_contact ON contact_link (contact_id, expires_at);
CREATE INDEX contact_link_absence ON contact_link (absence_id) WHERE absence_id IS NOT NULL;

ALTER TABLE absence
    ADD COLUMN confirmed_by_contact integer REFERENCES contact ON DELETE SET NULL,
    ADD COLUMN expiry_notified_at timestamptz;
CREATE INDEX absence_waiting ON absence (created_at)
WHERE needs_second AND confirmed_at IS NULL AND cancelled_at IS NULL AND expiry_notified_at IS NULL;

ALTER TABLE watch_change ADD COLUMN by_contact_id integer REFERENCES contact ON DELETE SET NULL;
