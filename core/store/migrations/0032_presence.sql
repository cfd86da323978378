-- Whether a resident is at home, as far as the door and the sensors inside prove it, since when and why.
ALTER TABLE evaluation
    ADD COLUMN presence_state text NOT NULL DEFAULT 'cannot_tell' CHECK (presence_state IN ('in', 'out', 'cannot_tell')),
    ADD COLUMN presence_reason text NOT NULL DEFAULT 'not_evaluated',
    ADD COLUMN presence_since timestamptz,
    -- The last use of the door, as far as it is known.
    ADD COLUMN presence_door_at timestamptz,
    -- Whether a use of the door, and whether any new life sign, must be evaluated at once.
    ADD COLUMN on_door boolean NOT NULL DEFAULT false,
    ADD COLUMN on_life_sign boolean NOT NULL DEFAULT false;
