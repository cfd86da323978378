-- What is published to other systems is known there by an id that says nothing.
ALTER TABLE resident ADD COLUMN public_id uuid NOT NULL DEFAULT gen_random_uuid();
CREATE UNIQUE INDEX resident_public_id ON resident (public_id);
-- How far the events of alerts have been published: the highest number, and which of the latest, for they are seen out of order.
CREATE TABLE mqtt_out (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    through  bigint NOT NULL,
    latest   bigint[] NOT NULL
);
