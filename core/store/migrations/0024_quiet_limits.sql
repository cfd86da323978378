-- How long a room, a device or the whole home of a resident may give no sign in which hours, as somebody set it.
CREATE TABLE quiet_limit (
    quiet_limit_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    resident_id integer NOT NULL REFERENCES resident ON DELETE CASCADE,
    -- A room, a device, or neither: then anything in the home counts.
    place text NOT NULL DEFAULT '',
    device_number integer REFERENCES device ON DELETE CASCADE,
    quiet_min integer NOT NULL CHECK (quiet_min BETWEEN 30 AND 1440),
    -- {"days": [0..6], "start": "06:00", "end": "11:00"}
    hours jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CHECK (place = '' OR device_number IS NULL)
);
CREATE INDEX quiet_limit_resident ON quiet_limit (resident_id) WHERE deleted_at IS NULL;

ALTER TABLE watch_change DROP CONSTRAINT watch_change_what_check;
ALTER TABLE watch_change ADD CONSTRAINT watch_change_what_check CHECK (
    what IN ('geofence', 'absence', 'sensitivity', 'escalation', 'pause', 'resident', 'home', 'contact', 'channels', 'office',
    'account', 'family', 'quiet_limit'));
