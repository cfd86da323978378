-- Devices that chatter now: what they tell is no sign of a person, so it is nobody's last movement.
CREATE TABLE chattering_device (
    device_number  integer PRIMARY KEY REFERENCES device,
    since          timestamptz NOT NULL
);
