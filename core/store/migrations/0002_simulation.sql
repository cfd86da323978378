-- A simulated ward, in the demo and in tests: its testers and the simulator meet here. Empty in production.

-- How the simulation goes, and whether it is wanted: one row at most.
CREATE TABLE simulation (
    is_only      boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    is_wanted    boolean NOT NULL,
    is_running   boolean NOT NULL DEFAULT false,
    homes        integer NOT NULL,
    devices      integer NOT NULL,
    scenarios    text[] NOT NULL,
    messages     bigint NOT NULL DEFAULT 0,
    -- Why it does not run although it is wanted.
    problem      text NOT NULL DEFAULT '',
    reported_at  timestamptz NOT NULL
);

-- What really happens, and which rules should tell about it until when.
CREATE TABLE simulation_event (
    simulation_event_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind                 text NOT NULL,
    -- Null: in the whole ward.
    home_id              integer REFERENCES home ON DELETE CASCADE,
    began_at             timestamptz NOT NULL,
    ended_at             timestamptz NOT NULL,
    raises               text[] NOT NULL,
    -- Null: nobody should be disturbed because of it.
    due_at               timestamptz,
    -- A tester made it happen.
    is_injected          boolean NOT NULL
);
CREATE INDEX simulation_event_began ON simulation_event (began_at DESC);

-- What testers asked for.
CREATE TABLE simulation_wish (
    simulation_wish_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at                  timestamptz NOT NULL,
    user_id             integer NOT NULL REFERENCES user_account,
    home_id             integer NOT NULL REFERENCES home ON DELETE CASCADE,
    kind                text NOT NULL,
    taken_at            timestamptz,
    -- Why it could not be fulfilled.
    problem             text NOT NULL DEFAULT ''
);
