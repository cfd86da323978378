-- People, homes and offices are changed by several at once: each row says its version, and a watch can end.
ALTER TABLE office
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN is_active boolean NOT NULL DEFAULT true;
ALTER TABLE home
    ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE contact
    ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE user_account
    ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE resident
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN ended_at timestamptz,
    ADD COLUMN end_reason text CHECK (end_reason IN ('moved', 'died', 'left'));
ALTER TABLE resident ADD CONSTRAINT resident_ended CHECK ((ended_at IS NULL) = (end_reason IS NULL));

-- One record of changes for what is watched and for the people themselves. Without a user it was somebody at the machine.
ALTER TABLE watch_change
    ADD COLUMN home_id integer REFERENCES home ON DELETE CASCADE,
    ADD COLUMN contact_id integer REFERENCES contact ON DELETE CASCADE,
    ADD COLUMN office_id integer REFERENCES office ON DELETE CASCADE,
    ADD COLUMN account_id integer REFERENCES user_account ON DELETE CASCADE;
ALTER TABLE watch_change ALTER COLUMN resident_id DROP NOT NULL;
ALTER TABLE watch_change ALTER COLUMN user_id DROP NOT NULL;
ALTER TABLE watch_change DROP CONSTRAINT watch_change_what_check;
ALTER TABLE watch_change ADD CONSTRAINT watch_change_what_check CHECK (
    what IN ('geofence', 'absence', 'sensitivity', 'escalation', 'pause', 'resident', 'home', 'contact', 'channels', 'office',
    'account', 'family'));
ALTER TABLE watch_change ADD CONSTRAINT watch_change_subject
    CHECK (num_nonnulls(resident_id, home_id, contact_id, office_id, account_id) > 0);
CREATE INDEX watch_change_home ON watch_change (home_id, watch_change_id) WHERE home_id IS NOT NULL;
CREATE INDEX watch_change_contact ON watch_change (contact_id, watch_change_id) WHERE contact_id IS NOT NULL;
CREATE INDEX watch_change_office ON watch_change (office_id, watch_change_id) WHERE office_id IS NOT NULL;
CREATE INDEX watch_change_account ON watch_change (account_id, watch_change_id) WHERE account_id IS NOT NULL;

-- One-time links with which somebody chooses their password; of each only the hash.
CREATE TABLE invitation (
    code_hash bytea PRIMARY KEY,
    user_id integer NOT NULL REFERENCES user_account ON DELETE CASCADE,
    made_by_user integer REFERENCES user_account ON DELETE SET NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    withdrawn_at timestamptz
);
CREATE UNIQUE INDEX invitation_open ON invitation (user_id) WHERE used_at IS NULL AND withdrawn_at IS NULL;
