-- Who last said that a stay without an end goes on, and since when only they have: then the others are asked.
ALTER TABLE absence
    ADD COLUMN still_by_user integer REFERENCES user_account ON DELETE SET NULL,
    ADD COLUMN still_by_contact integer REFERENCES contact ON DELETE SET NULL,
    ADD COLUMN alone_since timestamptz;
CREATE INDEX absence_still_by_user ON absence (still_by_user) WHERE still_by_user IS NOT NULL;
CREATE INDEX absence_still_by_contact ON absence (still_by_contact) WHERE still_by_contact IS NOT NULL;
