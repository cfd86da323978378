-- When a contact of a resident is not woken; a care centre is always told. Null: told at any hour.
ALTER TABLE contact ADD COLUMN quiet_from time;
ALTER TABLE contact ADD COLUMN quiet_until time;
UPDATE contact SET quiet_from = '22:00', quiet_until = '07:00' WHERE resident_id IS NOT NULL;
ALTER TABLE contact
    ADD CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
    ADD CHECK (quiet_from <> quiet_until),
    ADD CHECK (quiet_from IS NULL OR resident_id IS NOT NULL);
