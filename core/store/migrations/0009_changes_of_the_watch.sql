-- Who changed what is watched of a resident, when, and what it was before and after.
CREATE TABLE watch_change (
    watch_change_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    resident_id integer NOT NULL REFERENCES resident ON DELETE CASCADE,
    at timestamptz NOT NULL,
    user_id integer NOT NULL REFERENCES user_account,
    what text NOT NULL CHECK (what IN ('geofence', 'absence', 'sensitivity')),
    before jsonb,
    after jsonb,
    CHECK (before IS NOT NULL OR after IS NOT NULL)
);
CREATE INDEX watch_change_resident ON watch_change (resident_id, watch_change_id);
