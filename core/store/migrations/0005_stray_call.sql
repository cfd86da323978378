-- Emergency buttons that belong to nobody and were pressed: the latest call of each, since nobody would be told otherwise.
CREATE TABLE stray_call (
    sender    text PRIMARY KEY,
    -- Why it belongs to nobody: unknown_device, wrong_gateway or in_no_home.
    why       text NOT NULL,
    began_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    presses   integer NOT NULL
);
