-- The tables of the service. Times are timestamptz and come from the service's clock, never from the server's.
CREATE EXTENSION IF NOT EXISTS timescaledb;
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- TimescaleDB 2.19.3 (Apache edition) crashes the whole server when this form is called, and any role may call it.
DO $$
BEGIN
    IF to_regprocedure('merge_chunks(regclass, regclass)') IS NOT NULL THEN
        REVOKE EXECUTE ON PROCEDURE merge_chunks(regclass, regclass) FROM PUBLIC;
    END IF;
END $$;

-- People and places ---------------------------------------------------------------------------------------------------
CREATE TABLE office (
    office_id  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    phone      text NOT NULL DEFAULT ''
);

CREATE TABLE home (
    home_id    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    area       text NOT NULL DEFAULT '',
    time_zone  text NOT NULL DEFAULT 'Asia/Tokyo',
    lat        double precision CHECK (lat BETWEEN -90 AND 90),
    lon        double precision CHECK (lon BETWEEN -180 AND 180)
);

CREATE TABLE resident (
    resident_id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    home_id       integer NOT NULL REFERENCES home,
    office_id     integer NOT NULL REFERENCES office,
    name          text NOT NULL,
    kana          text NOT NULL DEFAULT '',
    born_on       date,
    phone         text NOT NULL DEFAULT '',
    note          text NOT NULL DEFAULT '',
    -- Evaluation starts here; what is older only teaches the baseline.
    watched_from  timestamptz NOT NULL,
    paused_from   timestamptz,
    paused_until  timestamptz,
    -- How long beyond the usual a silence may last.
    sensitivity   text NOT NULL DEFAULT 'standard' CHECK (sensitivity IN ('family', 'standard', 'quiet')),
    -- Somebody who may go out at night and lose the way: a door at night is raised at once.
    alert_on_night_exit  boolean NOT NULL DEFAULT false,
    CHECK ((paused_from IS NULL) = (paused_until IS NULL))
);
CREATE INDEX resident_home ON resident (home_id);
CREATE INDEX resident_office ON resident (office_id);

-- Planned absences, once or every week; resident.paused_from and paused_until show the one that holds now or comes next.
CREATE TABLE absence (
    absence_id    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resident_id   integer NOT NULL REFERENCES resident ON DELETE CASCADE,
    kind          text NOT NULL CHECK (kind IN ('travel', 'hospital', 'day_service', 'other')),
    began_at      timestamptz NOT NULL,
    -- Null for a weekly one that goes on.
    ended_at      timestamptz,
    -- {"days": [0, 3], "start": "09:00", "end": "16:00"}; null for one that is planned once.
    hours         jsonb,
    note          text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL,
    created_by_user    integer,
    cancelled_at  timestamptz,
    CHECK (ended_at > began_at),
    CHECK (hours IS NOT NULL OR ended_at IS NOT NULL)
);
CREATE INDEX absence_resident ON absence (resident_id, began_at);

CREATE TABLE user_account (
    user_id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login          text NOT NULL,
    name           text NOT NULL,
    role           text NOT NULL CHECK (role IN ('admin', 'care', 'family')),
    office_id      integer REFERENCES office,
    language       text NOT NULL DEFAULT 'ja' CHECK (language IN ('ja', 'en')),
    password_hash  text NOT NULL,
    is_active      boolean NOT NULL DEFAULT true,
    created_at     timestamptz NOT NULL,
    CHECK (role <> 'care' OR office_id IS NOT NULL)
);
CREATE UNIQUE INDEX user_account_login ON user_account (lower(login));

-- Which residents a family user may see.
CREATE TABLE family_link (
    user_id      integer NOT NULL REFERENCES user_account ON DELETE CASCADE,
    resident_id  integer NOT NULL REFERENCES resident ON DELETE CASCADE,
    PRIMARY KEY (user_id, resident_id)
);

CREATE TABLE user_session (
    token_hash    bytea PRIMARY KEY,
    user_id       integer NOT NULL REFERENCES user_account ON DELETE CASCADE,
    created_at    timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL
);

-- Sign-in attempts, for the throttle; a login is stored as its hash so that a mistyped password is never kept.
CREATE TABLE sign_in_attempt (
    attempted_at  timestamptz NOT NULL,
    login_hash    bytea NOT NULL,
    peer          text NOT NULL,
    succeeded     boolean NOT NULL
);
CREATE INDEX sign_in_attempt_login ON sign_in_attempt (login_hash, attempted_at);
CREATE INDEX sign_in_attempt_peer ON sign_in_attempt (peer, attempted_at);

CREATE TABLE contact (
    contact_id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- A contact of one resident, or (resident null) the care centre of an office.
    resident_id     integer REFERENCES resident ON DELETE CASCADE,
    office_id       integer REFERENCES office,
    user_id         integer REFERENCES user_account ON DELETE SET NULL,
    name            text NOT NULL,
    relation        text NOT NULL DEFAULT '',
    calls_resident  text NOT NULL DEFAULT '',
    step            smallint NOT NULL CHECK (step >= 1),
    channel         text NOT NULL CHECK (channel IN ('mail', 'webhook')),
    address         text NOT NULL,
    language        text NOT NULL DEFAULT 'ja' CHECK (language IN ('ja', 'en')),
    is_active       boolean NOT NULL DEFAULT true,
    -- When a contact of a resident is not woken; a care centre is always notified. Null: at any hour.
    quiet_from      time,
    quiet_until     time,
    CHECK ((resident_id IS NULL) <> (office_id IS NULL)),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
    CHECK (quiet_from <> quiet_until),
    CHECK (quiet_from IS NULL OR resident_id IS NOT NULL)
);
CREATE INDEX contact_resident ON contact (resident_id);
CREATE INDEX contact_office ON contact (office_id);

CREATE TABLE geofence (
    geofence_id  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resident_id  integer NOT NULL REFERENCES resident ON DELETE CASCADE,
    name         text NOT NULL,
    -- {"kind": "circle", "lat", "lon", "radius_m"} or {"kind": "polygon", "corners": [[lat, lon], ...]}
    shape        jsonb NOT NULL,
    -- {"days": [0..6], "start": "22:00", "end": "06:00"}
    hours        jsonb NOT NULL,
    created_at   timestamptz NOT NULL,
    deleted_at   timestamptz
);
CREATE INDEX geofence_resident ON geofence (resident_id) WHERE deleted_at IS NULL;

-- Devices -------------------------------------------------------------------------------------------------------------
-- What each field of a model's messages measures and proves. A version is never changed; a change is the next version.
CREATE TABLE device_profile (
    profile_id  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    version     integer NOT NULL CHECK (version >= 1),
    vendor      text NOT NULL DEFAULT '',
    model       text NOT NULL DEFAULT '',
    source      text NOT NULL CHECK (source IN ('exposes', 'discovery', 'model_library', 'by_hand')),
    -- [{"metric", "field", "evidence", "channel", ...}, ...], as core.domain.evidence.device_profile.ProfileField has them
    fields      jsonb NOT NULL,
    -- Other names of the model, and the documents that say so.
    models      text[] NOT NULL DEFAULT '{}',
    documents   text[] NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL,
    UNIQUE (name, version)
);

CREATE TABLE device (
    device_number  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id      text NOT NULL UNIQUE CHECK (device_id ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
    -- Deferrable, so that two devices can exchange their names.
    sender         text NOT NULL UNIQUE DEFERRABLE,
    -- What it keeps whatever it is called: the address of its radio; empty where no gateway said it.
    address        text NOT NULL DEFAULT '',
    kind           text NOT NULL,
    place          text NOT NULL DEFAULT '',
    model          text NOT NULL DEFAULT '',
    gateway_id     text,
    heartbeat_s    integer CHECK (heartbeat_s > 0),
    registered_at  timestamptz NOT NULL,
    retired_at     timestamptz,
    -- Null: fields mean what the registry of metrics says.
    profile_id     integer REFERENCES device_profile,
    -- What its presses or states mean in this home, which no model can say.
    meaning        text NOT NULL DEFAULT 'as_measured' CHECK (meaning IN ('as_measured', 'call', 'bed', 'chair'))
);

-- Where a device was, and whose it was (resident null: everybody's in that home), over time.
CREATE TABLE device_assignment (
    device_number  integer NOT NULL REFERENCES device,
    home_id        integer NOT NULL REFERENCES home,
    resident_id    integer REFERENCES resident,
    during         tstzrange NOT NULL CHECK (NOT isempty(during)),
    EXCLUDE USING gist (device_number WITH =, during WITH &&)
);
CREATE INDEX device_assignment_home ON device_assignment (home_id);

-- Who signs in to the broker with a credential of its own; `mimamori sync-broker` carries it to the broker.
CREATE TABLE broker_account (
    name           text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    kind           text NOT NULL CHECK (kind IN ('device', 'gateway', 'phone')),
    -- As the broker compares it; null: never handed out, or revoked.
    password_hash  text,
    issued_at      timestamptz,
    revoked_at     timestamptz
);

-- One-use codes for which a device gets its credential. Times are the machine's, since people carry the codes around.
CREATE TABLE enrolment (
    code_hash     bytea PRIMARY KEY,
    account       text NOT NULL REFERENCES broker_account,
    made_by_user  integer REFERENCES user_account ON DELETE SET NULL,
    made_at       timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    used_at       timestamptz,
    withdrawn_at  timestamptz
);
CREATE UNIQUE INDEX enrolment_open ON enrolment (account) WHERE used_at IS NULL AND withdrawn_at IS NULL;

-- Devices that a bridge calls by another name than before.
CREATE TABLE device_rename (
    device_number  integer NOT NULL REFERENCES device,
    at             timestamptz NOT NULL,
    former_sender  text NOT NULL,
    sender         text NOT NULL,
    -- False where another device is registered under the new name.
    is_followed    boolean NOT NULL,
    PRIMARY KEY (device_number, at)
);

-- Devices that a gateway described and nobody has registered, until somebody does or does not want to.
CREATE TABLE device_proposal (
    proposal_id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sender           text NOT NULL UNIQUE,
    name             text NOT NULL,
    model            text NOT NULL,
    -- What it measures, in Home Assistant's words: motion, battery ...
    device_classes   text[] NOT NULL,
    address          text NOT NULL DEFAULT '',
    -- What is read of its messages: core.domain.device_proposal.ModelDescription.
    described        jsonb NOT NULL DEFAULT '{}',
    first_seen_at    timestamptz NOT NULL,
    last_seen_at     timestamptz NOT NULL,
    dismissed_at     timestamptz
);

-- Readings ------------------------------------------------------------------------------------------------------------
-- What the bits of `flags` say of a reading or a fix (core.domain.reading.ReadingFlag). The planner puts their bodies
-- into a query in their place, so they cost nothing.
CREATE FUNCTION is_life_sign(flags smallint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT flags & 1 = 1';
CREATE FUNCTION is_retained(flags smallint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT flags & 2 <> 0';
CREATE FUNCTION is_clock_suspect(flags smallint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT flags & 8 <> 0';

CREATE TABLE reading (
    time           timestamptz NOT NULL,
    received_at    timestamptz NOT NULL,
    value          double precision NOT NULL,
    seq            bigint NOT NULL DEFAULT 0,
    device_number  integer NOT NULL,
    metric         smallint NOT NULL,
    flags          smallint NOT NULL DEFAULT 0,
    -- Which part of the device it is about; null: the device itself.
    channel        text,
    -- Of a life sign that is dated otherwise than by `time`: somebody acted at some time from then until `time`.
    acted_from     timestamptz
);
SELECT create_hypertable('reading', 'time', chunk_time_interval => interval '7 days', create_default_indexes => false);
CREATE UNIQUE INDEX reading_key ON reading (device_number, time DESC, metric, seq);

CREATE TABLE fix (
    time           timestamptz NOT NULL,
    received_at    timestamptz NOT NULL,
    lat            double precision NOT NULL,
    lon            double precision NOT NULL,
    seq            bigint NOT NULL DEFAULT 0,
    device_number  integer NOT NULL,
    accuracy_m     real,
    altitude_m     real,
    speed_kmh      real,
    course_deg     real,
    flags          smallint NOT NULL DEFAULT 0
);
SELECT create_hypertable('fix', 'time', chunk_time_interval => interval '7 days', create_default_indexes => false);
CREATE UNIQUE INDEX fix_key ON fix (device_number, time DESC, seq);

-- The latest value of each metric of each device, by the time it happened.
CREATE TABLE device_latest (
    device_number  integer NOT NULL REFERENCES device,
    metric         smallint NOT NULL,
    time           timestamptz NOT NULL,
    value          double precision NOT NULL,
    PRIMARY KEY (device_number, metric)
) WITH (fillfactor = 70);

-- The latest state of each part of a device whose edges show that a person acted.
CREATE TABLE device_state (
    device_number  integer NOT NULL REFERENCES device,
    metric         smallint NOT NULL,
    channel        text NOT NULL DEFAULT '',
    time           timestamptz NOT NULL,
    value          double precision NOT NULL,
    -- How often a state was said under the profile that the device follows, since when, and the least and the greatest of
    -- what it was: the same where a sensor never says anything else.
    said           integer NOT NULL DEFAULT 0,
    said_since     timestamptz,
    lowest         double precision,
    highest        double precision,
    PRIMARY KEY (device_number, metric, channel)
) WITH (fillfactor = 70);

-- When some devices were out of contact, so that nobody knows when within a state of theirs changed.
CREATE TABLE connection_break (
    -- A device's sender; the beginning of the senders behind a bridge, with its slash; empty: all that come over the broker.
    senders   text NOT NULL,
    began_at  timestamptz NOT NULL,
    ended_at  timestamptz,
    PRIMARY KEY (senders, began_at)
);

-- Last contact of each device (our clock), and its last sequence number.
CREATE TABLE device_contact (
    device_number     integer PRIMARY KEY REFERENCES device,
    last_received_at  timestamptz NOT NULL,
    last_time         timestamptz NOT NULL,
    last_seq          bigint NOT NULL DEFAULT 0,
    -- The time of that number, while several workers share the messages; null: last_time.
    last_seq_at       timestamptz,
    -- Since when its numbers are of the count that it began anew; null: it never did.
    sequence_reset_at      timestamptz,
    -- Our clock less the device's; null until it reports its own.
    clock_skew_s      double precision
) WITH (fillfactor = 70);

-- The latest life sign in each home.
CREATE TABLE home_latest (
    home_id        integer PRIMARY KEY REFERENCES home,
    life_sign_at   timestamptz NOT NULL,
    device_number  integer NOT NULL REFERENCES device
) WITH (fillfactor = 70);

-- Devices that chatter now: what they report is no sign of a person, so it is nobody's last movement.
CREATE TABLE chattering_device (
    device_number  integer PRIMARY KEY REFERENCES device,
    since          timestamptz NOT NULL
);

-- What could not be stored as a reading: nothing disappears.
CREATE TABLE quarantine (
    quarantine_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at    timestamptz NOT NULL,
    topic          text NOT NULL,
    payload        bytea NOT NULL,
    retained       boolean NOT NULL DEFAULT false,
    reason         text NOT NULL,
    detail         text NOT NULL,
    released_at    timestamptz
);
CREATE INDEX quarantine_waiting ON quarantine (received_at) WHERE released_at IS NULL;

-- That messages had to go which nobody had released: the quarantine is bounded, and says when it forgets.
CREATE TABLE quarantine_drop (
    dropped_at  timestamptz PRIMARY KEY,
    too_old     bigint NOT NULL,
    too_many    bigint NOT NULL
);

-- Senders that connect and are cut off again and again, as ingest sees them now.
CREATE TABLE connection_loop (
    -- With a slash at its end: all that comes through a bridge.
    sender    text PRIMARY KEY,
    -- How often it came back within half an hour, and when first and last.
    returns   integer NOT NULL,
    began_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL
);

-- Fields of messages that no value was read from; their names, never what they held.
CREATE TABLE unread_field (
    -- As devices are registered, whether this one is or not.
    sender    text NOT NULL,
    field     text NOT NULL,
    messages  bigint NOT NULL,
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    PRIMARY KEY (sender, field)
);

-- How far each ingest worker has come: everything received before `watermark` is committed.
CREATE TABLE ingest_progress (
    worker            text PRIMARY KEY,
    watermark  timestamptz NOT NULL,
    stored_messages   bigint NOT NULL DEFAULT 0,
    reported_at       timestamptz NOT NULL
);

-- Homes with something new. Ingest only inserts and the scheduler only deletes, so neither waits for the other.
CREATE TABLE home_change (
    home_id    integer NOT NULL,
    earliest   timestamptz NOT NULL,
    urgent     boolean NOT NULL
);
CREATE INDEX home_change_home ON home_change (home_id);

-- Messages that a device numbered and we did not get, until they come or are given up.
CREATE TABLE sequence_gap (
    device_number  integer NOT NULL REFERENCES device,
    first_seq      bigint NOT NULL,
    last_seq       bigint NOT NULL CHECK (last_seq >= first_seq),
    -- Last contact before them and first contact after them, in the device's time.
    began_at       timestamptz NOT NULL,
    ended_at       timestamptz,
    noticed_at     timestamptz NOT NULL,
    PRIMARY KEY (device_number, first_seq)
);

-- Devices that belong to nobody and call for help or report a hazard: the latest call of each, since nobody would be notified otherwise.
CREATE TABLE unassigned_call (
    sender        text NOT NULL,
    metric        smallint NOT NULL,
    -- Why it belongs to nobody: unknown_device, wrong_gateway or in_no_home.
    why           text NOT NULL,
    began_at      timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,
    presses       integer NOT NULL,
    -- Messages this close to each other are one call.
    one_call      interval NOT NULL,
    is_over       boolean NOT NULL DEFAULT false,
    -- The last message of which the staff were notified.
    told_through  timestamptz,
    PRIMARY KEY (sender, metric)
);

-- Fields that look like a call for help or a hazard and are not understood, so that the staff are notified once of each.
CREATE TABLE unclear_call (
    sender    text NOT NULL,
    field     text NOT NULL,
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    told_at   timestamptz,
    PRIMARY KEY (sender, field)
);

-- Numbers of messages that workers which share them have stored, until one of the workers looked for gaps among them.
CREATE TABLE sequence_batch (
    sequence_batch_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device           integer[] NOT NULL,
    seq              bigint[] NOT NULL,
    at               timestamptz[] NOT NULL,
    -- The device says that it made a message of this number; it did not come with it.
    is_claim         boolean[] NOT NULL
);

-- Time in which something could not have been noticed.
CREATE TABLE blind_time (
    blind_time_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What was out of contact (core.domain.alert.Subject): the column of its kind is set, of the ward and the canary none.
    subject_kind   text NOT NULL,
    home_id        integer REFERENCES home ON DELETE CASCADE,
    device_number  integer REFERENCES device,
    area           text,
    -- The key of the subject, to look it up; 0 where the kind has no number.
    subject_number integer NOT NULL GENERATED ALWAYS AS (coalesce(home_id, device_number, 0)) STORED,
    began_at       timestamptz NOT NULL,
    ended_at       timestamptz,
    cause          text NOT NULL,
    -- From when on it was known; null: from its beginning.
    known_at       timestamptz,
    CONSTRAINT blind_time_subject CHECK (
        CASE subject_kind
            WHEN 'home' THEN home_id IS NOT NULL AND num_nonnulls(device_number, area) = 0
            WHEN 'device' THEN device_number IS NOT NULL AND num_nonnulls(home_id, area) = 0
            WHEN 'area' THEN coalesce(area, '') <> '' AND num_nonnulls(home_id, device_number) = 0
            WHEN 'ward' THEN num_nonnulls(home_id, device_number, area) = 0
            WHEN 'canary' THEN num_nonnulls(home_id, device_number, area) = 0
            ELSE false
        END
    ),
    CONSTRAINT blind_time_key UNIQUE NULLS NOT DISTINCT (subject_kind, subject_number, area, cause, began_at)
);

-- Evaluation ----------------------------------------------------------------------------------------------------------
-- One row for each resident, and one for the ward (resident null); the row lock is the claim.
CREATE TABLE evaluation (
    resident_id      integer UNIQUE NULLS NOT DISTINCT REFERENCES resident ON DELETE CASCADE,
    evaluated_through   timestamptz NOT NULL,
    due_at           timestamptz NOT NULL,
    failed_rule      text,
    failed_at        timestamptz,
    -- What the board says while no alert is open, and since when.
    state            text NOT NULL DEFAULT 'cannot_tell' CHECK (state IN ('as_usual', 'different', 'cannot_tell')),
    state_since      timestamptz,
    -- Whether every change must be evaluated at once; else nothing can change before due_at.
    on_any_reading         boolean NOT NULL DEFAULT true,
    -- Whether every new fix must be evaluated at once.
    on_any_fix    boolean NOT NULL DEFAULT false
);
CREATE INDEX evaluation_due ON evaluation (due_at);

-- What rules about the ward carry from one evaluation to the next.
CREATE TABLE rule_state (
    rule     text PRIMARY KEY,
    version  integer NOT NULL,
    through  timestamptz NOT NULL,
    state    jsonb NOT NULL
);

-- What was learned about a resident's usual, per local day.
CREATE TABLE baseline (
    resident_id   integer NOT NULL REFERENCES resident ON DELETE CASCADE,
    rule          text NOT NULL,
    version       integer NOT NULL,
    day   date NOT NULL,
    body          jsonb NOT NULL,
    PRIMARY KEY (resident_id, rule, day)
);

-- Alerts --------------------------------------------------------------------------------------------------------------
CREATE TABLE alert (
    alert_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule         text NOT NULL,
    -- What it is about (core.domain.alert.Subject): the column of its kind is set, of the ward none.
    subject_kind text NOT NULL,
    -- Whose alert it is: the subject itself, whose geofence it is, or who stands for the home or the home of the device.
    resident_id  integer REFERENCES resident,
    geofence_id  integer REFERENCES geofence,
    home_id      integer REFERENCES home,
    device_number  integer REFERENCES device,
    area         text,
    -- The key of the subject, to look it up; 0 where the kind has no number.
    subject_number  integer NOT NULL GENERATED ALWAYS AS (
        coalesce(geofence_id, home_id, device_number, CASE WHEN subject_kind = 'resident' THEN resident_id END, 0)
    ) STORED,
    office_id    integer REFERENCES office,
    severity     smallint NOT NULL CHECK (severity BETWEEN 1 AND 4),
    condition    text NOT NULL CHECK (condition IN ('active', 'cleared')),
    handling     text NOT NULL CHECK (handling IN ('open', 'claimed', 'closed')),
    began_at     timestamptz NOT NULL,
    raised_at    timestamptz NOT NULL,
    opened_at    timestamptz NOT NULL,
    cleared_at   timestamptz,
    -- Who holds it: a user or a contact who answered from a message.
    claimed_by_user     integer REFERENCES user_account,
    claimed_by_contact  integer REFERENCES contact,
    claimed_at   timestamptz,
    claim_expires_at timestamptz,
    closed_at    timestamptz,
    outcome      text,
    detected_late    boolean NOT NULL DEFAULT false,
    reason       jsonb NOT NULL,
    version      integer NOT NULL DEFAULT 1,
    CONSTRAINT alert_subject CHECK (
        CASE subject_kind
            WHEN 'resident' THEN resident_id IS NOT NULL AND num_nonnulls(geofence_id, home_id, device_number, area) = 0
            WHEN 'geofence' THEN geofence_id IS NOT NULL AND num_nonnulls(home_id, device_number, area) = 0
            WHEN 'home' THEN home_id IS NOT NULL AND num_nonnulls(geofence_id, device_number, area) = 0
            WHEN 'device' THEN device_number IS NOT NULL AND num_nonnulls(geofence_id, home_id, area) = 0
            WHEN 'area' THEN
                coalesce(area, '') <> '' AND num_nonnulls(resident_id, geofence_id, home_id, device_number) = 0
            WHEN 'ward' THEN num_nonnulls(resident_id, geofence_id, home_id, device_number, area) = 0
            ELSE false
        END
    ),
    CHECK ((condition = 'cleared') = (cleared_at IS NOT NULL)),
    CHECK ((handling = 'closed') = (closed_at IS NOT NULL)),
    CHECK (handling <> 'closed' OR outcome IS NOT NULL),
    CHECK (handling <> 'claimed' OR claimed_at IS NOT NULL)
);
-- At most one alert per rule and subject that is not closed.
CREATE UNIQUE INDEX alert_open ON alert (rule, subject_kind, subject_number, area) NULLS NOT DISTINCT
    WHERE handling <> 'closed';
CREATE INDEX alert_resident ON alert (resident_id, opened_at DESC);
CREATE INDEX alert_queue ON alert (office_id, severity, opened_at) WHERE handling <> 'closed';
CREATE INDEX alert_key ON alert (rule, subject_kind, subject_number, area, alert_id DESC);
-- What is active is asked for with each evaluation: by whom it is about, and by what.
CREATE INDEX alert_active_resident ON alert (resident_id) WHERE condition = 'active';
CREATE INDEX alert_active_subject ON alert (subject_kind, subject_number) WHERE condition = 'active';
CREATE INDEX alert_claim_expiry ON alert (claim_expires_at) WHERE handling = 'claimed';

-- The episodes that an alert is about; evaluating the same data again finds the same row.
CREATE TABLE alert_episode (
    alert_id      bigint NOT NULL REFERENCES alert ON DELETE CASCADE,
    -- As its alert says them; here too, so that no two alerts can have the same episode.
    rule          text NOT NULL,
    subject_kind  text NOT NULL,
    resident_id   integer REFERENCES resident,
    geofence_id   integer REFERENCES geofence,
    home_id       integer REFERENCES home,
    device_number  integer REFERENCES device,
    area          text,
    subject_number  integer NOT NULL GENERATED ALWAYS AS (
        coalesce(resident_id, geofence_id, home_id, device_number, 0)
    ) STORED,
    began_at      timestamptz NOT NULL,
    raised_at     timestamptz NOT NULL,
    cleared_at    timestamptz,
    -- Late data contradicted it: it was never so.
    withdrawn_at  timestamptz,
    PRIMARY KEY (alert_id, began_at),
    CONSTRAINT alert_episode_subject CHECK (
        CASE subject_kind
            WHEN 'resident' THEN resident_id IS NOT NULL AND num_nonnulls(geofence_id, home_id, device_number, area) = 0
            WHEN 'geofence' THEN geofence_id IS NOT NULL AND num_nonnulls(resident_id, home_id, device_number, area) = 0
            WHEN 'home' THEN home_id IS NOT NULL AND num_nonnulls(resident_id, geofence_id, device_number, area) = 0
            WHEN 'device' THEN device_number IS NOT NULL AND num_nonnulls(resident_id, geofence_id, home_id, area) = 0
            WHEN 'area' THEN
                coalesce(area, '') <> '' AND num_nonnulls(resident_id, geofence_id, home_id, device_number) = 0
            WHEN 'ward' THEN num_nonnulls(resident_id, geofence_id, home_id, device_number, area) = 0
            ELSE false
        END
    ),
    CONSTRAINT alert_episode_key UNIQUE NULLS NOT DISTINCT (rule, subject_kind, subject_number, area, began_at)
);

-- An alert with the name of whoever holds it.
CREATE VIEW alert_card AS
SELECT
    alert.alert_id, alert.rule, alert.subject_kind, alert.subject_number, alert.area, alert.resident_id, alert.office_id,
    alert.severity, alert.condition,
    alert.handling, alert.began_at, alert.raised_at, alert.opened_at, alert.cleared_at,
    coalesce(user_account.name, contact.name) AS claimed_by,
    alert.claimed_at, alert.closed_at, alert.outcome, alert.detected_late, alert.reason, alert.version,
    alert.claimed_by_user, alert.claimed_by_contact, alert.claim_expires_at
FROM alert
LEFT JOIN user_account ON user_account.user_id = alert.claimed_by_user
LEFT JOIN contact ON contact.contact_id = alert.claimed_by_contact;

-- Everything that happened to an alert, in order.
CREATE TABLE alert_event (
    alert_event_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id        bigint NOT NULL REFERENCES alert ON DELETE CASCADE,
    at              timestamptz NOT NULL,
    kind            text NOT NULL,
    user_id         integer REFERENCES user_account,
    contact_id      integer REFERENCES contact ON DELETE SET NULL,
    detail          jsonb NOT NULL DEFAULT '{}',
    -- When its consequences (messages, the escalation) were planned; null until then.
    planned_at      timestamptz
);
CREATE INDEX alert_event_alert ON alert_event (alert_id, alert_event_id);
CREATE INDEX alert_event_unplanned ON alert_event (alert_event_id) WHERE planned_at IS NULL;

-- The steps of an alert's escalation: a stored plan.
CREATE TABLE escalation_step (
    alert_id    bigint NOT NULL REFERENCES alert ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('contacts', 'after_quiet_hours', 'reminder')),
    -- Of contacts: those with this step. Of the other kinds: how many of the kind came before.
    step        smallint NOT NULL CHECK (step >= 0),
    -- The alert_event that started this escalation; an alert that begins anew is raised anew.
    cycle       bigint NOT NULL,
    due_at      timestamptz NOT NULL,
    executed_at timestamptz,
    stopped_at  timestamptz,
    PRIMARY KEY (alert_id, kind, step)
);
CREATE INDEX escalation_step_due ON escalation_step (due_at) WHERE executed_at IS NULL AND stopped_at IS NULL;

-- The transactional outbox: one row per message to one contact.
CREATE TABLE notification (
    notification_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id         bigint NOT NULL REFERENCES alert ON DELETE CASCADE,
    contact_id       integer NOT NULL REFERENCES contact ON DELETE CASCADE,
    kind             text NOT NULL,
    -- What makes the message one of its kind: the step, or the moment of a claim. Writing the same key twice does nothing.
    key              text NOT NULL,
    status           text NOT NULL CHECK (status IN ('pending', 'sending', 'sent', 'unknown', 'failed', 'cancelled')),
    attempts         smallint NOT NULL DEFAULT 0,
    due_at           timestamptz NOT NULL,
    -- While a sender holds it; leases go by the machine's time, kept apart from the service's clock.
    lease_until      timestamptz,
    last_error       text,
    created_at       timestamptz NOT NULL,
    sent_at          timestamptz,
    UNIQUE (alert_id, contact_id, kind, key)
);
CREATE INDEX notification_due ON notification (due_at) WHERE status IN ('pending', 'sending');

-- A link in a message: what it may do is bound to one alert and one contact.
CREATE TABLE answer_link (
    token_hash  bytea PRIMARY KEY,
    alert_id    bigint NOT NULL REFERENCES alert ON DELETE CASCADE,
    contact_id  integer NOT NULL REFERENCES contact ON DELETE CASCADE,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz
);
CREATE INDEX answer_link_contact ON answer_link (contact_id, expires_at);

-- Who looked at what --------------------------------------------------------------------------------------------------
-- A look at a precise place or at a person's data: kept for the person watched.
CREATE TABLE access_log (
    access_log_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL,
    user_id      integer NOT NULL REFERENCES user_account,
    resident_id  integer NOT NULL REFERENCES resident ON DELETE CASCADE,
    what         text NOT NULL,
    reason       text NOT NULL DEFAULT '',
    until        timestamptz
);
CREATE INDEX access_log_resident ON access_log (resident_id, at DESC);

-- Backtests -----------------------------------------------------------------------------------------------------------
-- What staff try on a resident's past: the pages ask, the detectors answer.

CREATE TABLE backtest (
    backtest_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resident_id  integer NOT NULL REFERENCES resident ON DELETE CASCADE,
    user_id      integer NOT NULL REFERENCES user_account,
    asked_at     timestamptz NOT NULL,
    -- Weeks, rules, settings, budget, and what really happened.
    settings         jsonb NOT NULL,
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    -- How often it was begun: one that ends every worker is given up.
    attempts     integer NOT NULL DEFAULT 0,
    -- The share that is done, 0 to 1.
    progress     real NOT NULL DEFAULT 0,
    -- Why it failed, in one word.
    problem      text,
    -- Figures and findings, with places.
    result       jsonb,
    finished_at  timestamptz
);
CREATE INDEX backtest_resident ON backtest (resident_id, backtest_id DESC);
CREATE INDEX backtest_open ON backtest (backtest_id) WHERE state IN ('waiting', 'running');

-- Simulation ----------------------------------------------------------------------------------------------------------
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

-- What really happens, and which rules should raise it until when.
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
CREATE TABLE injection_request (
    injection_request_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at                  timestamptz NOT NULL,
    user_id             integer NOT NULL REFERENCES user_account,
    home_id             integer NOT NULL REFERENCES home ON DELETE CASCADE,
    kind                text NOT NULL,
    executed_at            timestamptz,
    -- Why it could not be fulfilled.
    problem             text NOT NULL DEFAULT ''
);
