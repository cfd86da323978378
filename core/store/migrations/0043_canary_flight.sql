-- Calls of canaries on their way: pressed, found by the detectors, taken by the sink. They are about nobody.
CREATE TABLE canary_flight (
    device_number  integer NOT NULL REFERENCES device ON DELETE CASCADE,
    pressed_at     timestamptz NOT NULL,
    found_at       timestamptz NOT NULL,
    attempts       smallint NOT NULL DEFAULT 0,
    lease_until    timestamptz,
    accepted_at    timestamptz,
    error          text,
    PRIMARY KEY (device_number, pressed_at)
);
