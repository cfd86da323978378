-- Events for other programs that did not arrive are sent once more when somebody asks for it: who, when, and how it went.
CREATE TABLE webhook_redelivery (
    webhook_redelivery_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id            bigint NOT NULL REFERENCES delivery ON DELETE CASCADE,
    asked_by_user          integer REFERENCES user_account ON DELETE SET NULL,
    asked_at               timestamptz NOT NULL,
    lease_until            timestamptz,
    done_at                timestamptz,
    result                 text CHECK (result IN ('delivered', 'failed', 'refused', 'unknown')),
    error                  text,
    CHECK ((done_at IS NULL) = (result IS NULL))
);
CREATE INDEX webhook_redelivery_delivery ON webhook_redelivery (delivery_id);
-- Whoever presses twice asks once.
CREATE UNIQUE INDEX webhook_redelivery_waiting ON webhook_redelivery (delivery_id) WHERE done_at IS NULL;
