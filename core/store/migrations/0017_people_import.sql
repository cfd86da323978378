-- Tables of residents that somebody has given and not applied yet; forgotten within an hour.
CREATE TABLE people_import (
    people_import_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    user_id integer NOT NULL REFERENCES user_account ON DELETE CASCADE,
    made_at timestamptz NOT NULL,
    body bytea NOT NULL,
    fingerprint text NOT NULL
);
