-- What becomes too old goes, and each time it is on record what went: from when to when, and how much. One that was cut off has no end yet.
CREATE TABLE retention_run (
    retention_run_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    began_at timestamptz NOT NULL,
    done_at timestamptz,
    -- How long things are kept, and what went: core.domain.records.retention.
    kept_for jsonb NOT NULL,
    dropped jsonb NOT NULL DEFAULT '[]',
    -- Parts of time that are too old and are there all the same.
    parts_left integer,
    -- Each seals what the one before it says too; key 0: with none, so that changes show and forgeries do not.
    seal_before text NOT NULL DEFAULT '',
    key_number smallint,
    seal text,
    CHECK ((done_at IS NULL) = (seal IS NULL) AND (done_at IS NULL) = (key_number IS NULL) AND (done_at IS NULL) = (parts_left IS NULL))
);
CREATE UNIQUE INDEX retention_run_open ON retention_run ((true)) WHERE done_at IS NULL;

-- What an alert was raised from, taken out of a part of time before it goes.
CREATE TABLE alert_evidence (
    alert_id bigint NOT NULL REFERENCES alert ON DELETE CASCADE,
    what text NOT NULL CHECK (what IN ('reading', 'fix')),
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    rows integer NOT NULL,
    -- Rows in order of time, each as an object.
    body jsonb NOT NULL,
    -- SHA-256 of the body as text, in hexadecimal digits.
    sha256 text NOT NULL,
    PRIMARY KEY (alert_id, what, since)
);
