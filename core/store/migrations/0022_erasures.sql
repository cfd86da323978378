-- Residents can be erased: what was asked for and what it proved, by number. While it runs `keys` holds what is looked for.
CREATE TABLE erasure (
    erasure_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    resident_number integer NOT NULL UNIQUE,
    asked_at timestamptz NOT NULL,
    asked_by_user integer REFERENCES user_account ON DELETE SET NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'unproven')),
    keys jsonb,
    removed jsonb NOT NULL DEFAULT '{}',
    report jsonb,
    done_at timestamptz,
    CHECK (keys IS NULL OR state = 'running'),
    CHECK ((done_at IS NULL) = (report IS NULL))
);

-- Who looked stays known, by number, when whom they looked at is erased; an export can be made at the machine, by nobody's account.
ALTER TABLE access_log DROP CONSTRAINT access_log_resident_id_fkey;
ALTER TABLE access_log ALTER COLUMN user_id DROP NOT NULL;
