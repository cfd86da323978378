-- A contact has several channels in an order, and each message a record of what became of it on each of them.

CREATE TABLE contact_channel (
    contact_channel_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id integer NOT NULL REFERENCES contact ON DELETE CASCADE,
    place smallint NOT NULL CHECK (place >= 1),
    kind text NOT NULL CHECK (
        kind IN ('mail', 'webhook', 'line', 'sms', 'voice', 'slack', 'teams', 'mattermost', 'ntfy', 'apprise')
    ),
    address text NOT NULL,
    sealed bytea,
    language text CHECK (language IN ('ja', 'en')),
    confirmed_at timestamptz,
    unreachable_since timestamptz,
    unreachable_reason text,
    UNIQUE (contact_id, place) DEFERRABLE INITIALLY DEFERRED,
    CHECK ((unreachable_since IS NULL) = (unreachable_reason IS NULL))
);
CREATE INDEX contact_channel_address ON contact_channel (kind, address);

-- What was stored before is each contact's first channel; nobody has confirmed any of them.
INSERT INTO contact_channel (contact_id, place, kind, address)
SELECT contact_id, 1, channel, address FROM contact;

-- Release 0.2.0 keeps a contact's only channel in these two columns. While processes of it still run, each side sees what the other writes: their
-- contacts get a channel, and the columns show the first of our channels that they can use. A later release drops all of this.
ALTER TABLE contact ALTER COLUMN channel DROP NOT NULL, ALTER COLUMN address DROP NOT NULL;

CREATE FUNCTION give_first_channel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO contact_channel (contact_id, place, kind, address) VALUES (NEW.contact_id, 1, NEW.channel, NEW.address);
    RETURN NULL;
END
$$;
CREATE TRIGGER contact_of_release_before AFTER INSERT ON contact
FOR EACH ROW WHEN (NEW.channel IS NOT NULL) EXECUTE FUNCTION give_first_channel();

CREATE FUNCTION show_first_channel() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed integer := CASE WHEN TG_OP = 'DELETE' THEN OLD.contact_id ELSE NEW.contact_id END;
BEGIN
    UPDATE contact
    SET (channel, address) = (
        SELECT kind, contact_channel.address
        FROM contact_channel
        WHERE contact_channel.contact_id = changed AND kind IN ('mail', 'webhook') AND sealed IS NULL
        ORDER BY place
        LIMIT 1
    )
    WHERE contact.contact_id = changed;
    RETURN NULL;
END
$$;
CREATE TRIGGER contact_channel_for_release_before AFTER INSERT OR DELETE OR UPDATE OF place, kind, address, sealed ON contact_channel
FOR EACH ROW EXECUTE FUNCTION show_first_channel();

CREATE TABLE delivery (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notification_id bigint NOT NULL REFERENCES notification ON DELETE CASCADE,
    contact_channel_id integer REFERENCES contact_channel ON DELETE SET NULL,
    kind text NOT NULL,
    request_key uuid NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('waiting', 'trying', 'accepted', 'unknown', 'failed')),
    attempts smallint NOT NULL DEFAULT 0,
    planned_at timestamptz NOT NULL,
    accepted_at timestamptz,
    arrived_at timestamptz,
    read_at timestamptz,
    answered_at timestamptz,
    failed_at timestamptz,
    provider_id text,
    parts smallint,
    retry_at timestamptz,
    error text,
    UNIQUE (notification_id, contact_channel_id),
    CHECK ((state = 'failed') = (failed_at IS NOT NULL))
);
CREATE INDEX delivery_provider_id ON delivery (provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX delivery_channel ON delivery (contact_channel_id, accepted_at);

-- Contacts with what may be shown of the first of their channels; every contact has one.
CREATE VIEW addressed_contact AS
SELECT
    contact.contact_id, contact.resident_id, contact.office_id, contact.user_id, contact.name, contact.relation,
    contact.calls_resident, contact.step, first_channel.kind AS channel, first_channel.address, contact.language,
    contact.is_active, contact.quiet_from, contact.quiet_until
FROM contact
JOIN LATERAL (
    SELECT kind, address
    FROM contact_channel
    WHERE contact_channel.contact_id = contact.contact_id
    ORDER BY place
    LIMIT 1
) AS first_channel ON true;
