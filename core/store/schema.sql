-- What all migrations together make, for reading; nothing runs it. Made by `python -m tests.checks.schema --write`.

CREATE TABLE absence (
    absence_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    resident_id integer NOT NULL,
    kind text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    hours jsonb,
    note text NOT NULL DEFAULT ''::text,
    created_at timestamp with time zone NOT NULL,
    created_by_user integer,
    cancelled_at timestamp with time zone,
    needs_second boolean NOT NULL DEFAULT false,
    confirmed_at timestamp with time zone,
    confirmed_by_user integer,
    confirmed_by_contact integer,
    expiry_notified_at timestamp with time zone,
    asked_at timestamp with time zone,
    still_at timestamp with time zone,
    still_by_user integer,
    still_by_contact integer,
    alone_since timestamp with time zone,
    CONSTRAINT absence_pkey PRIMARY KEY (absence_id),
    CONSTRAINT absence_check CHECK ((ended_at > began_at)),
    CONSTRAINT absence_confirmed_by_contact_fkey FOREIGN KEY (confirmed_by_contact) REFERENCES contact(contact_id) ON DELETE SET NULL,
    CONSTRAINT absence_confirmed_by_user_fkey FOREIGN KEY (confirmed_by_user) REFERENCES user_account(user_id) ON DELETE SET NULL,
    CONSTRAINT absence_created_by_user_fkey FOREIGN KEY (created_by_user) REFERENCES user_account(user_id) ON DELETE SET NULL,
    CONSTRAINT absence_has_an_end CHECK (((hours IS NOT NULL) OR (ended_at IS NOT NULL) OR (kind = 'hospital'::text))),
    CONSTRAINT absence_kind_check CHECK ((kind = ANY (ARRAY['travel'::text, 'hospital'::text, 'day_service'::text, 'other'::text]))),
    CONSTRAINT absence_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id) ON DELETE CASCADE,
    CONSTRAINT absence_still_by_contact_fkey FOREIGN KEY (still_by_contact) REFERENCES contact(contact_id) ON DELETE SET NULL,
    CONSTRAINT absence_still_by_user_fkey FOREIGN KEY (still_by_user) REFERENCES user_account(user_id) ON DELETE SET NULL
);
CREATE INDEX absence_resident ON absence USING btree (resident_id, began_at);
CREATE INDEX absence_still_by_contact ON absence USING btree (still_by_contact) WHERE (still_by_contact IS NOT NULL);
CREATE INDEX absence_still_by_user ON absence USING btree (still_by_user) WHERE (still_by_user IS NOT NULL);
CREATE INDEX absence_waiting ON absence USING btree (created_at) WHERE (needs_second AND (confirmed_at IS NULL) AND (cancelled_at IS NULL) AND (expiry_notified_at IS NULL));
CREATE INDEX absence_without_end ON absence USING btree (began_at) WHERE ((hours IS NULL) AND (ended_at IS NULL) AND (cancelled_at IS NULL));

CREATE TABLE access_log (
    access_log_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    at timestamp with time zone NOT NULL,
    user_id integer,
    resident_id integer,
    what text NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    until timestamp with time zone,
    by_contact_id integer,
    salt uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT access_log_pkey PRIMARY KEY (access_log_id),
    CONSTRAINT access_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id),
    CONSTRAINT access_log_whose CHECK (((resident_id IS NOT NULL) OR (what = 'ledger'::text)))
);
CREATE INDEX access_log_resident ON access_log USING btree (resident_id, at DESC);
CREATE TRIGGER access_log_in_ledger AFTER INSERT ON access_log FOR EACH ROW EXECUTE FUNCTION add_to_ledger();
CREATE TRIGGER access_log_stays BEFORE DELETE OR UPDATE ON access_log FOR EACH ROW EXECUTE FUNCTION guard_ledger();

CREATE TABLE alert (
    alert_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    rule text NOT NULL,
    subject_kind text NOT NULL,
    resident_id integer,
    geofence_id integer,
    home_id integer,
    device_number integer,
    area text,
    subject_number integer NOT NULL GENERATED ALWAYS AS (COALESCE(geofence_id, home_id, device_number,
CASE
    WHEN (subject_kind = 'resident'::text) THEN resident_id
    ELSE NULL::integer
END, 0)) STORED,
    office_id integer,
    severity smallint NOT NULL,
    condition text NOT NULL,
    handling text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    cleared_at timestamp with time zone,
    claimed_by_user integer,
    claimed_by_contact integer,
    claimed_at timestamp with time zone,
    claim_expires_at timestamp with time zone,
    closed_at timestamp with time zone,
    outcome text,
    detected_late boolean NOT NULL DEFAULT false,
    reason jsonb NOT NULL,
    version integer NOT NULL DEFAULT 1,
    progress text,
    progress_at timestamp with time zone,
    progress_note text NOT NULL DEFAULT ''::text,
    arrives_at timestamp with time zone,
    detected_at timestamp with time zone,
    CONSTRAINT alert_pkey PRIMARY KEY (alert_id),
    CONSTRAINT alert_check CHECK (((condition = 'cleared'::text) = (cleared_at IS NOT NULL))),
    CONSTRAINT alert_check1 CHECK (((handling = 'closed'::text) = (closed_at IS NOT NULL))),
    CONSTRAINT alert_check2 CHECK (((handling <> 'closed'::text) OR (outcome IS NOT NULL))),
    CONSTRAINT alert_check3 CHECK (((handling <> 'claimed'::text) OR (claimed_at IS NOT NULL))),
    CONSTRAINT alert_claimed_by_contact_fkey FOREIGN KEY (claimed_by_contact) REFERENCES contact(contact_id),
    CONSTRAINT alert_claimed_by_user_fkey FOREIGN KEY (claimed_by_user) REFERENCES user_account(user_id),
    CONSTRAINT alert_condition_check CHECK ((condition = ANY (ARRAY['active'::text, 'cleared'::text]))),
    CONSTRAINT alert_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number),
    CONSTRAINT alert_geofence_id_fkey FOREIGN KEY (geofence_id) REFERENCES geofence(geofence_id),
    CONSTRAINT alert_handling_check CHECK ((handling = ANY (ARRAY['open'::text, 'claimed'::text, 'closed'::text]))),
    CONSTRAINT alert_home_id_fkey FOREIGN KEY (home_id) REFERENCES home(home_id),
    CONSTRAINT alert_office_id_fkey FOREIGN KEY (office_id) REFERENCES office(office_id),
    CONSTRAINT alert_progress CHECK (((progress IS NULL) = (progress_at IS NULL))),
    CONSTRAINT alert_progress_check CHECK ((progress = ANY (ARRAY['still'::text, 'on_the_way'::text, 'on_site'::text, 'later'::text]))),
    CONSTRAINT alert_put_off CHECK (((progress <> 'later'::text) OR (progress_note <> ''::text))),
    CONSTRAINT alert_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id),
    CONSTRAINT alert_severity_check CHECK (((severity >= 1) AND (severity <= 4))),
    CONSTRAINT alert_subject CHECK (
CASE subject_kind
    WHEN 'resident'::text THEN ((resident_id IS NOT NULL) AND (num_nonnulls(geofence_id, home_id, device_number, area) = 0))
    WHEN 'geofence'::text THEN ((geofence_id IS NOT NULL) AND (num_nonnulls(home_id, device_number, area) = 0))
    WHEN 'home'::text THEN ((home_id IS NOT NULL) AND (num_nonnulls(geofence_id, device_number, area) = 0))
    WHEN 'device'::text THEN ((device_number IS NOT NULL) AND (num_nonnulls(geofence_id, home_id, area) = 0))
    WHEN 'area'::text THEN ((COALESCE(area, ''::text) <> ''::text) AND (num_nonnulls(resident_id, geofence_id, home_id, device_number) = 0))
    WHEN 'ward'::text THEN (num_nonnulls(resident_id, geofence_id, home_id, device_number, area) = 0)
    ELSE false
END)
);
CREATE INDEX alert_active_resident ON alert USING btree (resident_id) WHERE (condition = 'active'::text);
CREATE INDEX alert_active_subject ON alert USING btree (subject_kind, subject_number) WHERE (condition = 'active'::text);
CREATE INDEX alert_claim_expiry ON alert USING btree (claim_expires_at) WHERE (handling = 'claimed'::text);
CREATE INDEX alert_key ON alert USING btree (rule, subject_kind, subject_number, area, alert_id DESC);
CREATE UNIQUE INDEX alert_open ON alert USING btree (rule, subject_kind, subject_number, area) NULLS NOT DISTINCT WHERE (handling <> 'closed'::text);
CREATE INDEX alert_opened ON alert USING btree (opened_at);
CREATE INDEX alert_queue ON alert USING btree (office_id, severity, opened_at) WHERE (handling <> 'closed'::text);
CREATE INDEX alert_resident ON alert USING btree (resident_id, opened_at DESC);

CREATE TABLE alert_episode (
    alert_id bigint NOT NULL,
    rule text NOT NULL,
    subject_kind text NOT NULL,
    resident_id integer,
    geofence_id integer,
    home_id integer,
    device_number integer,
    area text,
    subject_number integer NOT NULL GENERATED ALWAYS AS (COALESCE(resident_id, geofence_id, home_id, device_number, 0)) STORED,
    began_at timestamp with time zone NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    cleared_at timestamp with time zone,
    withdrawn_at timestamp with time zone,
    CONSTRAINT alert_episode_pkey PRIMARY KEY (alert_id, began_at),
    CONSTRAINT alert_episode_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alert(alert_id) ON DELETE CASCADE,
    CONSTRAINT alert_episode_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number),
    CONSTRAINT alert_episode_geofence_id_fkey FOREIGN KEY (geofence_id) REFERENCES geofence(geofence_id),
    CONSTRAINT alert_episode_home_id_fkey FOREIGN KEY (home_id) REFERENCES home(home_id),
    CONSTRAINT alert_episode_key UNIQUE NULLS NOT DISTINCT (rule, subject_kind, subject_number, area, began_at),
    CONSTRAINT alert_episode_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id),
    CONSTRAINT alert_episode_subject CHECK (
CASE subject_kind
    WHEN 'resident'::text THEN ((resident_id IS NOT NULL) AND (num_nonnulls(geofence_id, home_id, device_number, area) = 0))
    WHEN 'geofence'::text THEN ((geofence_id IS NOT NULL) AND (num_nonnulls(resident_id, home_id, device_number, area) = 0))
    WHEN 'home'::text THEN ((home_id IS NOT NULL) AND (num_nonnulls(resident_id, geofence_id, device_number, area) = 0))
    WHEN 'device'::text THEN ((device_number IS NOT NULL) AND (num_nonnulls(resident_id, geofence_id, home_id, area) = 0))
    WHEN 'area'::text THEN ((COALESCE(area, ''::text) <> ''::text) AND (num_nonnulls(resident_id, geofence_id, home_id, device_number) = 0))
    WHEN 'ward'::text THEN (num_nonnulls(resident_id, geofence_id, home_id, device_number, area) = 0)
    ELSE false
END)
);

CREATE TABLE alert_event (
    alert_event_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    alert_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    user_id integer,
    contact_id integer,
    detail jsonb NOT NULL DEFAULT '{}'::jsonb,
    planned_at timestamp with time zone,
    CONSTRAINT alert_event_pkey PRIMARY KEY (alert_event_id),
    CONSTRAINT alert_event_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alert(alert_id) ON DELETE CASCADE,
    CONSTRAINT alert_event_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contact(contact_id) ON DELETE SET NULL,
    CONSTRAINT alert_event_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id)
);
CREATE INDEX alert_event_alert ON alert_event USING btree (alert_id, alert_event_id);
CREATE INDEX alert_event_unplanned ON alert_event USING btree (alert_event_id) WHERE (planned_at IS NULL);
CREATE TRIGGER alert_event_to_publish AFTER INSERT ON alert_event FOR EACH ROW EXECUTE FUNCTION keep_for_mqtt_out();

CREATE TABLE alert_evidence (
    alert_id bigint NOT NULL,
    what text NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    rows integer NOT NULL,
    body jsonb NOT NULL,
    sha256 text NOT NULL,
    CONSTRAINT alert_evidence_pkey PRIMARY KEY (alert_id, what, since),
    CONSTRAINT alert_evidence_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alert(alert_id) ON DELETE CASCADE,
    CONSTRAINT alert_evidence_what_check CHECK ((what = ANY (ARRAY['reading'::text, 'fix'::text])))
);

CREATE TABLE answer_link (
    token_hash bytea NOT NULL,
    alert_id bigint NOT NULL,
    contact_id integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT answer_link_pkey PRIMARY KEY (token_hash),
    CONSTRAINT answer_link_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alert(alert_id) ON DELETE CASCADE,
    CONSTRAINT answer_link_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contact(contact_id) ON DELETE CASCADE
);
CREATE INDEX answer_link_contact ON answer_link USING btree (contact_id, expires_at);

CREATE TABLE api_token (
    api_token_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    token_hash bytea NOT NULL,
    user_id integer NOT NULL,
    name text NOT NULL,
    scope text NOT NULL,
    office_id integer,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_token_pkey PRIMARY KEY (api_token_id),
    CONSTRAINT api_token_office_id_fkey FOREIGN KEY (office_id) REFERENCES office(office_id) ON DELETE CASCADE,
    CONSTRAINT api_token_scope_check CHECK ((scope = ANY (ARRAY['read'::text, 'write'::text]))),
    CONSTRAINT api_token_token_hash_key UNIQUE (token_hash),
    CONSTRAINT api_token_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX api_token_name ON api_token USING btree (user_id, name) WHERE (revoked_at IS NULL);

CREATE TABLE awaited_code (
    token_hash bytea NOT NULL,
    user_id integer NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT awaited_code_pkey PRIMARY KEY (token_hash),
    CONSTRAINT awaited_code_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id) ON DELETE CASCADE
);

CREATE TABLE backtest (
    backtest_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    resident_id integer NOT NULL,
    user_id integer NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    settings jsonb NOT NULL,
    state text NOT NULL DEFAULT 'waiting'::text,
    attempts integer NOT NULL DEFAULT 0,
    progress real NOT NULL DEFAULT 0,
    problem text,
    result jsonb,
    finished_at timestamp with time zone,
    CONSTRAINT backtest_pkey PRIMARY KEY (backtest_id),
    CONSTRAINT backtest_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id) ON DELETE CASCADE,
    CONSTRAINT backtest_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'failed'::text]))),
    CONSTRAINT backtest_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id)
);
CREATE INDEX backtest_open ON backtest USING btree (backtest_id) WHERE (state = ANY (ARRAY['waiting'::text, 'running'::text]));
CREATE INDEX backtest_resident ON backtest USING btree (resident_id, backtest_id DESC);

CREATE TABLE backup (
    name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    bytes bigint NOT NULL,
    rows bigint NOT NULL,
    proven_at timestamp with time zone,
    CONSTRAINT backup_pkey PRIMARY KEY (name)
);
CREATE INDEX backup_made ON backup USING btree (made_at DESC);

CREATE TABLE baseline (
    resident_id integer NOT NULL,
    rule text NOT NULL,
    version integer NOT NULL,
    day date NOT NULL,
    body jsonb NOT NULL,
    CONSTRAINT baseline_pkey PRIMARY KEY (resident_id, rule, day),
    CONSTRAINT baseline_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id) ON DELETE CASCADE
);

CREATE TABLE blind_time (
    blind_time_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    subject_kind text NOT NULL,
    home_id integer,
    device_number integer,
    area text,
    subject_number integer NOT NULL GENERATED ALWAYS AS (COALESCE(home_id, device_number, 0)) STORED,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    cause text NOT NULL,
    known_at timestamp with time zone,
    CONSTRAINT blind_time_pkey PRIMARY KEY (blind_time_id),
    CONSTRAINT blind_time_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number),
    CONSTRAINT blind_time_home_id_fkey FOREIGN KEY (home_id) REFERENCES home(home_id) ON DELETE CASCADE,
    CONSTRAINT blind_time_key UNIQUE NULLS NOT DISTINCT (subject_kind, subject_number, area, cause, began_at),
    CONSTRAINT blind_time_subject CHECK (
CASE subject_kind
    WHEN 'home'::text THEN ((home_id IS NOT NULL) AND (num_nonnulls(device_number, area) = 0))
    WHEN 'device'::text THEN ((device_number IS NOT NULL) AND (num_nonnulls(home_id, area) = 0))
    WHEN 'area'::text THEN ((COALESCE(area, ''::text) <> ''::text) AND (num_nonnulls(home_id, device_number) = 0))
    WHEN 'ward'::text THEN (num_nonnulls(home_id, device_number, area) = 0)
    WHEN 'canary'::text THEN (num_nonnulls(home_id, device_number, area) = 0)
    ELSE false
END)
);
CREATE INDEX blind_time_lasting ON blind_time USING btree (subject_kind, subject_number) WHERE (ended_at IS NULL);

CREATE TABLE broker_account (
    name text NOT NULL,
    kind text NOT NULL,
    password_hash text,
    issued_at timestamp with time zone,
    revoked_at timestamp with time zone,
    revoked_by_user integer,
    version integer NOT NULL DEFAULT 0,
    CONSTRAINT broker_account_pkey PRIMARY KEY (name),
    CONSTRAINT broker_account_kind_check CHECK ((kind = ANY (ARRAY['device'::text, 'gateway'::text, 'phone'::text]))),
    CONSTRAINT broker_account_name_check CHECK ((name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'::text)),
    CONSTRAINT broker_account_revoked_by_user_fkey FOREIGN KEY (revoked_by_user) REFERENCES user_account(user_id) ON DELETE SET NULL
);

CREATE TABLE broker_session (
    client_id text NOT NULL,
    subscriptions text[] NOT NULL,
    CONSTRAINT broker_session_pkey PRIMARY KEY (client_id)
);

CREATE TABLE canary_flight (
    device_number integer NOT NULL,
    pressed_at timestamp with time zone NOT NULL,
    found_at timestamp with time zone NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    lease_until timestamp with time zone,
    accepted_at timestamp with time zone,
    error text,
    CONSTRAINT canary_flight_pkey PRIMARY KEY (device_number, pressed_at),
    CONSTRAINT canary_flight_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number) ON DELETE CASCADE
);

CREATE TABLE chattering_device (
    device_number integer NOT NULL,
    since timestamp with time zone NOT NULL,
    CONSTRAINT chattering_device_pkey PRIMARY KEY (device_number),
    CONSTRAINT chattering_device_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number)
);

CREATE TABLE connection_break (
    senders text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT connection_break_pkey PRIMARY KEY (senders, began_at)
);
CREATE TRIGGER connection_break_of_release_before BEFORE INSERT OR UPDATE OF senders ON connection_break FOR EACH ROW EXECUTE FUNCTION spell_connection_break();

CREATE TABLE connection_loop (
    sender text NOT NULL,
    returns integer NOT NULL,
    began_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    CONSTRAINT connection_loop_pkey PRIMARY KEY (sender)
);

CREATE TABLE contact (
    contact_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    resident_id integer,
    office_id integer,
    user_id integer,
    name text NOT NULL,
    relation text NOT NULL DEFAULT ''::text,
    calls_resident text NOT NULL DEFAULT ''::text,
    step smallint NOT NULL,
    channel text,
    address text,
    language text NOT NULL DEFAULT 'ja'::text,
    is_active boolean NOT NULL DEFAULT true,
    quiet_from time without time zone,
    quiet_until time without time zone,
    is_duty_only boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    is_tested_monthly boolean NOT NULL DEFAULT true,
    digest text NOT NULL DEFAULT 'never'::text,
    is_resident boolean NOT NULL DEFAULT false,
    CONSTRAINT contact_pkey PRIMARY KEY (contact_id),
    CONSTRAINT contact_channel_check CHECK ((channel = ANY (ARRAY['mail'::text, 'webhook'::text]))),
    CONSTRAINT contact_check CHECK (((resident_id IS NULL) <> (office_id IS NULL))),
    CONSTRAINT contact_check1 CHECK (((quiet_from IS NULL) = (quiet_until IS NULL))),
    CONSTRAINT contact_check2 CHECK ((quiet_from <> quiet_until)),
    CONSTRAINT contact_check3 CHECK (((quiet_from IS NULL) OR (resident_id IS NOT NULL))),
    CONSTRAINT contact_digest_check CHECK ((digest = ANY (ARRAY['never'::text, 'daily'::text, 'weekly'::text]))),
    CONSTRAINT contact_digest_of_family CHECK (((digest = 'never'::text) OR (resident_id IS NOT NULL))),
    CONSTRAINT contact_duty CHECK (((NOT is_duty_only) OR (office_id IS NOT NULL))),
    CONSTRAINT contact_is_resident CHECK (((NOT is_resident) OR ((resident_id IS NOT NULL) AND (user_id IS NULL)))),
    CONSTRAINT contact_language_check CHECK ((language = ANY (ARRAY['ja'::text, 'en'::text]))),
    CONSTRAINT contact_office_id_fkey FOREIGN KEY (office_id) REFERENCES office(office_id),
    CONSTRAINT contact_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id) ON DELETE CASCADE,
    CONSTRAINT contact_step_check CHECK ((step >= 1)),
    CONSTRAINT contact_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX contact_of_resident ON contact USING btree (resident_id) WHERE (is_resident AND is_active);
CREATE INDEX contact_office ON contact USING btree (office_id);
CREATE INDEX contact_resident ON contact USING btree (resident_id);
CREATE TRIGGER contact_of_release_before AFTER INSERT ON contact FOR EACH ROW WHEN ((new.channel IS NOT NULL)) EXECUTE FUNCTION give_first_channel();

CREATE TABLE contact_channel (
    contact_channel_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    contact_id integer NOT NULL,
    place smallint NOT NULL,
    kind text NOT NULL,
    address text NOT NULL,
    sealed bytea,
    language text,
    confirmed_at timestamp with time zone,
    unreachable_since timestamp with time zone,
    unreachable_reason text,
    tested_at timestamp with time zone,
    proven_at timestamp with time zone,
    unanswered_since timestamp with time zone,
    CONSTRAINT contact_channel_pkey PRIMARY KEY (contact_channel_id),
    CONSTRAINT contact_channel_check1 CHECK (((unreachable_since IS NULL) = (unreachable_reason IS NULL))),
    CONSTRAINT contact_channel_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contact(contact_id) ON DELETE CASCADE,
    CONSTRAINT contact_channel_contact_id_place_key UNIQUE (contact_id, place) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT contact_channel_kind_check CHECK ((kind = ANY (ARRAY['mail'::text, 'webhook'::text, 'line'::text, 'sms'::text, 'voice'::text, 'slack'::text, 'teams'::text, 'mattermost'::text, 'ntfy'::text, 'apprise'::text]))),
    CONSTRAINT contact_channel_language_check CHECK ((language = ANY (ARRAY['ja'::text, 'en'::text]))),
    CONSTRAINT contact_channel_place_check CHECK ((place >= 1))
);
CREATE INDEX contact_channel_address ON contact_channel USING btree (kind, address);
CREATE TRIGGER contact_channel_for_release_before AFTER INSERT OR DELETE OR UPDATE OF place, kind, address, sealed ON contact_channel FOR EACH ROW EXECUTE FUNCTION show_first_channel();

CREATE TABLE contact_link (
    token_hash bytea NOT NULL,
    contact_id integer NOT NULL,
    purpose text NOT NULL,
    absence_id integer,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    contact_channel_id integer,
    prompt_id bigint,
    CONSTRAINT contact_link_pkey PRIMARY KEY (token_hash),
    CONSTRAINT contact_link_absence_id_fkey FOREIGN KEY (absence_id) REFERENCES absence(absence_id) ON DELETE CASCADE,
    CONSTRAINT contact_link_contact_channel_id_fkey FOREIGN KEY (contact_channel_id) REFERENCES contact_channel(contact_channel_id) ON DELETE CASCADE,
    CONSTRAINT contact_link_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contact(contact_id) ON DELETE CASCADE,
    CONSTRAINT contact_link_prompt_id_fkey FOREIGN KEY (prompt_id) REFERENCES prompt(prompt_id) ON DELETE CASCADE,
    CONSTRAINT contact_link_purpose_check CHECK ((purpose = ANY (ARRAY['confirm_absence'::text, 'still_away'::text, 'channel_test'::text, 'preferences'::text, 'prompt'::text])))
);
CREATE INDEX contact_link_absence ON contact_link USING btree (absence_id) WHERE (absence_id IS NOT NULL);
CREATE INDEX contact_link_channel ON contact_link USING btree (contact_channel_id) WHERE (contact_channel_id IS NOT NULL);
CREATE INDEX contact_link_contact ON contact_link USING btree (contact_id, expires_at);
CREATE INDEX contact_link_prompt ON contact_link USING btree (prompt_id) WHERE (prompt_id IS NOT NULL);

CREATE TABLE delivery (
    delivery_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    notification_id bigint NOT NULL,
    contact_channel_id integer,
    kind text NOT NULL,
    request_key uuid NOT NULL,
    state text NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    planned_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    arrived_at timestamp with time zone,
    read_at timestamp with time zone,
    answered_at timestamp with time zone,
    failed_at timestamp with time zone,
    provider_id text,
    parts smallint,
    retry_at timestamp with time zone,
    error text,
    spoken text,
    CONSTRAINT delivery_pkey PRIMARY KEY (delivery_id),
    CONSTRAINT delivery_check CHECK (((state = 'failed'::text) = (failed_at IS NOT NULL))),
    CONSTRAINT delivery_contact_channel_id_fkey FOREIGN KEY (contact_channel_id) REFERENCES contact_channel(contact_channel_id) ON DELETE SET NULL,
    CONSTRAINT delivery_notification_id_contact_channel_id_key UNIQUE (notification_id, contact_channel_id),
    CONSTRAINT delivery_notification_id_fkey FOREIGN KEY (notification_id) REFERENCES notification(notification_id) ON DELETE CASCADE,
    CONSTRAINT delivery_request_key_key UNIQUE (request_key),
    CONSTRAINT delivery_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'trying'::text, 'accepted'::text, 'unknown'::text, 'failed'::text])))
);
CREATE INDEX delivery_channel ON delivery USING btree (contact_channel_id, accepted_at);
CREATE INDEX delivery_provider_id ON delivery USING btree (provider_id) WHERE (provider_id IS NOT NULL);

CREATE TABLE device (
    device_number integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    device_id text NOT NULL,
    sender text NOT NULL,
    address text NOT NULL DEFAULT ''::text,
    kind text NOT NULL,
    place text NOT NULL DEFAULT ''::text,
    model text NOT NULL DEFAULT ''::text,
    gateway_id text,
    heartbeat_s integer,
    registered_at timestamp with time zone NOT NULL,
    retired_at timestamp with time zone,
    profile_id integer,
    meaning text NOT NULL DEFAULT 'as_measured'::text,
    follows_descriptions boolean NOT NULL DEFAULT true,
    CONSTRAINT device_pkey PRIMARY KEY (device_number),
    CONSTRAINT device_device_id_check CHECK ((device_id ~ '^[a-z0-9][a-z0-9_-]{0,63}$'::text)),
    CONSTRAINT device_device_id_key UNIQUE (device_id),
    CONSTRAINT device_heartbeat_s_check CHECK ((heartbeat_s > 0)),
    CONSTRAINT device_meaning_check CHECK ((meaning = ANY (ARRAY['as_measured'::text, 'call'::text, 'bed'::text, 'chair'::text]))),
    CONSTRAINT device_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES device_profile(profile_id),
    CONSTRAINT device_sender_key UNIQUE (sender) DEFERRABLE
);

CREATE TABLE device_assignment (
    device_number integer NOT NULL,
    home_id integer NOT NULL,
    resident_id integer,
    during tstzrange NOT NULL,
    CONSTRAINT device_assignment_device_number_during_excl EXCLUDE USING gist (device_number WITH =, during WITH &&),
    CONSTRAINT device_assignment_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number),
    CONSTRAINT device_assignment_during_check CHECK ((NOT isempty(during))),
    CONSTRAINT device_assignment_home_id_fkey FOREIGN KEY (home_id) REFERENCES home(home_id),
    CONSTRAINT device_assignment_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id)
);
CREATE INDEX device_assignment_home ON device_assignment USING btree (home_id);

CREATE TABLE device_contact (
    device_number integer NOT NULL,
    last_received_at timestamp with time zone NOT NULL,
    last_time timestamp with time zone NOT NULL,
    last_seq bigint NOT NULL DEFAULT 0,
    last_seq_at timestamp with time zone,
    sequence_reset_at timestamp with time zone,
    clock_skew_s double precision,
    CONSTRAINT device_contact_pkey PRIMARY KEY (device_number),
    CONSTRAINT device_contact_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number)
) WITH (fillfactor=70);

CREATE TABLE device_latest (
    device_number integer NOT NULL,
    metric smallint NOT NULL,
    time timestamp with time zone NOT NULL,
    value double precision NOT NULL,
    CONSTRAINT device_latest_pkey PRIMARY KEY (device_number, metric),
    CONSTRAINT device_latest_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number)
) WITH (fillfactor=70);

CREATE TABLE device_profile (
    profile_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    version integer NOT NULL,
    vendor text NOT NULL DEFAULT ''::text,
    model text NOT NULL DEFAULT ''::text,
    source text NOT NULL,
    fields jsonb NOT NULL,
    models text[] NOT NULL DEFAULT '{}'::text[],
    documents text[] NOT NULL DEFAULT '{}'::text[],
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT device_profile_pkey PRIMARY KEY (profile_id),
    CONSTRAINT device_profile_name_version_key UNIQUE (name, version),
    CONSTRAINT device_profile_source_check CHECK ((source = ANY (ARRAY['exposes'::text, 'discovery'::text, 'model_library'::text, 'by_hand'::text]))),
    CONSTRAINT device_profile_version_check CHECK ((version >= 1))
);

CREATE TABLE device_proposal (
    proposal_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    sender text NOT NULL,
    name text NOT NULL,
    model text NOT NULL,
    device_classes text[] NOT NULL,
    address text NOT NULL DEFAULT ''::text,
    described jsonb NOT NULL DEFAULT '{}'::jsonb,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    dismissed_at timestamp with time zone,
    CONSTRAINT device_proposal_pkey PRIMARY KEY (proposal_id),
    CONSTRAINT device_proposal_sender_key UNIQUE (sender)
);

CREATE TABLE device_rename (
    device_number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    former_sender text NOT NULL,
    sender text NOT NULL,
    is_followed boolean NOT NULL,
    CONSTRAINT device_rename_pkey PRIMARY KEY (device_number, at),
    CONSTRAINT device_rename_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number)
);

CREATE TABLE device_state (
    device_number integer NOT NULL,
    metric smallint NOT NULL,
    channel text NOT NULL DEFAULT ''::text,
    time timestamp with time zone NOT NULL,
    value double precision NOT NULL,
    said integer NOT NULL DEFAULT 0,
    said_since timestamp with time zone,
    lowest double precision,
    highest double precision,
    CONSTRAINT device_state_pkey PRIMARY KEY (device_number, metric, channel),
    CONSTRAINT device_state_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number)
) WITH (fillfactor=70);

CREATE TABLE duty_shift (
    duty_shift_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    office_id integer NOT NULL,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    contact_id integer NOT NULL,
    substitute_id integer,
    is_substituted boolean NOT NULL DEFAULT false,
    CONSTRAINT duty_shift_pkey PRIMARY KEY (duty_shift_id),
    CONSTRAINT duty_shift_check CHECK ((ended_at > began_at)),
    CONSTRAINT duty_shift_check1 CHECK ((substitute_id <> contact_id)),
    CONSTRAINT duty_shift_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contact(contact_id) ON DELETE CASCADE,
    CONSTRAINT duty_shift_office_id_fkey FOREIGN KEY (office_id) REFERENCES office(office_id) ON DELETE CASCADE,
    CONSTRAINT duty_shift_substitute_id_fkey FOREIGN KEY (substitute_id) REFERENCES contact(contact_id) ON DELETE SET NULL
);
CREATE INDEX duty_shift_office ON duty_shift USING btree (office_id, ended_at);

CREATE TABLE enrolment (
    code_hash bytea NOT NULL,
    account text NOT NULL,
    made_by_user integer,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    withdrawn_at timestamp with time zone,
    CONSTRAINT enrolment_pkey PRIMARY KEY (code_hash),
    CONSTRAINT enrolment_account_fkey FOREIGN KEY (account) REFERENCES broker_account(name),
    CONSTRAINT enrolment_made_by_user_fkey FOREIGN KEY (made_by_user) REFERENCES user_account(user_id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX enrolment_open ON enrolment USING btree (account) WHERE ((used_at IS NULL) AND (withdrawn_at IS NULL));

CREATE TABLE erasure (
    erasure_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    resident_number integer NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    asked_by_user integer,
    state text NOT NULL DEFAULT 'waiting'::text,
    keys jsonb,
    removed jsonb NOT NULL DEFAULT '{}'::jsonb,
    report jsonb,
    done_at timestamp with time zone,
    CONSTRAINT erasure_pkey PRIMARY KEY (erasure_id),
    CONSTRAINT erasure_asked_by_user_fkey FOREIGN KEY (asked_by_user) REFERENCES user_account(user_id) ON DELETE SET NULL,
    CONSTRAINT erasure_check CHECK (((keys IS NULL) OR (state = 'running'::text))),
    CONSTRAINT erasure_check1 CHECK (((done_at IS NULL) = (report IS NULL))),
    CONSTRAINT erasure_resident_number_key UNIQUE (resident_number),
    CONSTRAINT erasure_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'unproven'::text])))
);

CREATE TABLE escalation_policy (
    escalation_policy_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    office_id integer,
    home_id integer,
    body jsonb NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT escalation_policy_pkey PRIMARY KEY (escalation_policy_id),
    CONSTRAINT escalation_policy_check CHECK (((office_id IS NULL) <> (home_id IS NULL))),
    CONSTRAINT escalation_policy_home_id_fkey FOREIGN KEY (home_id) REFERENCES home(home_id) ON DELETE CASCADE,
    CONSTRAINT escalation_policy_home_id_key UNIQUE (home_id),
    CONSTRAINT escalation_policy_office_id_fkey FOREIGN KEY (office_id) REFERENCES office(office_id) ON DELETE CASCADE,
    CONSTRAINT escalation_policy_office_id_key UNIQUE (office_id)
);

CREATE TABLE escalation_step (
    alert_id bigint NOT NULL,
    kind text NOT NULL,
    step integer NOT NULL,
    cycle bigint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    executed_at timestamp with time zone,
    stopped_at timestamp with time zone,
    CONSTRAINT escalation_step_pkey PRIMARY KEY (alert_id, kind, step),
    CONSTRAINT escalation_step_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alert(alert_id) ON DELETE CASCADE,
    CONSTRAINT escalation_step_kind_check CHECK ((kind = ANY (ARRAY['contacts'::text, 'family'::text, 'office'::text, 'duty'::text, 'next_office'::text, 'ward_line'::text, 'emergency_plan'::text, 'after_quiet_hours'::text, 'reminder'::text]))),
    CONSTRAINT escalation_step_step_check CHECK ((step >= 0))
);
CREATE INDEX escalation_step_due ON escalation_step USING btree (due_at) WHERE ((executed_at IS NULL) AND (stopped_at IS NULL));

CREATE TABLE evaluation (
    resident_id integer,
    evaluated_through timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    failed_rule text,
    failed_at timestamp with time zone,
    state text NOT NULL DEFAULT 'cannot_tell'::text,
    state_since timestamp with time zone,
    on_any_reading boolean NOT NULL DEFAULT true,
    on_any_fix boolean NOT NULL DEFAULT false,
    late_from timestamp with time zone,
    late_until timestamp with time zone,
    presence_state text NOT NULL DEFAULT 'cannot_tell'::text,
    presence_reason text NOT NULL DEFAULT 'not_evaluated'::text,
    presence_since timestamp with time zone,
    presence_door_at timestamp with time zone,
    on_door boolean NOT NULL DEFAULT false,
    on_life_sign boolean NOT NULL DEFAULT false,
    CONSTRAINT evaluation_presence_state_check CHECK ((presence_state = ANY (ARRAY['in'::text, 'out'::text, 'cannot_tell'::text]))),
    CONSTRAINT evaluation_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id) ON DELETE CASCADE,
    CONSTRAINT evaluation_resident_id_key UNIQUE NULLS NOT DISTINCT (resident_id),
    CONSTRAINT evaluation_state_check CHECK ((state = ANY (ARRAY['as_usual'::text, 'different'::text, 'cannot_tell'::text])))
);
CREATE INDEX evaluation_due ON evaluation USING btree (due_at);

CREATE TABLE evaluation_gap (
    began_at timestamp with time zone NOT NULL,
    known_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    notified_at timestamp with time zone,
    CONSTRAINT evaluation_gap_pkey PRIMARY KEY (began_at),
    CONSTRAINT evaluation_gap_check CHECK ((ended_at >= began_at))
);

CREATE TABLE evaluation_look (
    is_only boolean NOT NULL DEFAULT true,
    through timestamp with time zone NOT NULL,
    CONSTRAINT evaluation_look_pkey PRIMARY KEY (is_only),
    CONSTRAINT evaluation_look_is_only_check CHECK (is_only)
);

CREATE TABLE evening_check (
    office_id integer NOT NULL,
    day date NOT NULL,
    checked_at timestamp with time zone NOT NULL,
    residents integer NOT NULL,
    gaps integer NOT NULL,
    centre_is_able boolean NOT NULL,
    unproven integer NOT NULL DEFAULT 0,
    CONSTRAINT evening_check_pkey PRIMARY KEY (office_id, day),
    CONSTRAINT evening_check_office_id_fkey FOREIGN KEY (office_id) REFERENCES office(office_id) ON DELETE CASCADE
);

CREATE TABLE family_link (
    user_id integer NOT NULL,
    resident_id integer NOT NULL,
    CONSTRAINT family_link_pkey PRIMARY KEY (user_id, resident_id),
    CONSTRAINT family_link_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id) ON DELETE CASCADE,
    CONSTRAINT family_link_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id) ON DELETE CASCADE
);

CREATE TABLE fix (
    time timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    seq bigint NOT NULL DEFAULT 0,
    device_number integer NOT NULL,
    accuracy_m real,
    altitude_m real,
    speed_kmh real,
    course_deg real,
    flags smallint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX fix_key ON fix USING btree (device_number, "time" DESC, seq);
-- a hypertable, in parts of 7 days of time

CREATE TABLE geofence (
    geofence_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    resident_id integer NOT NULL,
    name text NOT NULL,
    shape jsonb NOT NULL,
    hours jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT geofence_pkey PRIMARY KEY (geofence_id),
    CONSTRAINT geofence_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id) ON DELETE CASCADE
);
CREATE INDEX geofence_resident ON geofence USING btree (resident_id) WHERE (deleted_at IS NULL);

CREATE TABLE home (
    home_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    area text NOT NULL DEFAULT ''::text,
    time_zone text NOT NULL DEFAULT 'Asia/Tokyo'::text,
    lat double precision,
    lon double precision,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT home_pkey PRIMARY KEY (home_id),
    CONSTRAINT home_lat_check CHECK (((lat >= ('-90'::integer)::double precision) AND (lat <= (90)::double precision))),
    CONSTRAINT home_lon_check CHECK (((lon >= ('-180'::integer)::double precision) AND (lon <= (180)::double precision))),
    CONSTRAINT home_name_key UNIQUE (name)
);

CREATE TABLE home_change (
    home_id integer NOT NULL,
    earliest timestamp with time zone NOT NULL,
    urgent boolean NOT NULL
);
CREATE INDEX home_change_home ON home_change USING btree (home_id);

CREATE TABLE home_latest (
    home_id integer NOT NULL,
    life_sign_at timestamp with time zone NOT NULL,
    device_number integer NOT NULL,
    CONSTRAINT home_latest_pkey PRIMARY KEY (home_id),
    CONSTRAINT home_latest_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number),
    CONSTRAINT home_latest_home_id_fkey FOREIGN KEY (home_id) REFERENCES home(home_id)
) WITH (fillfactor=70);

CREATE TABLE inbound_event (
    provider text NOT NULL,
    event_id text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT inbound_event_pkey PRIMARY KEY (provider, event_id)
);
CREATE INDEX inbound_event_received ON inbound_event USING btree (received_at);

CREATE TABLE ingest_progress (
    worker text NOT NULL,
    watermark timestamp with time zone NOT NULL,
    stored_messages bigint NOT NULL DEFAULT 0,
    reported_at timestamp with time zone NOT NULL,
    CONSTRAINT ingest_progress_pkey PRIMARY KEY (worker)
);

CREATE TABLE injection_request (
    injection_request_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    at timestamp with time zone NOT NULL,
    user_id integer NOT NULL,
    home_id integer NOT NULL,
    kind text NOT NULL,
    executed_at timestamp with time zone,
    problem text NOT NULL DEFAULT ''::text,
    CONSTRAINT injection_request_pkey PRIMARY KEY (injection_request_id),
    CONSTRAINT injection_request_home_id_fkey FOREIGN KEY (home_id) REFERENCES home(home_id) ON DELETE CASCADE,
    CONSTRAINT injection_request_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id)
);

CREATE TABLE invitation (
    code_hash bytea NOT NULL,
    user_id integer NOT NULL,
    made_by_user integer,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    withdrawn_at timestamp with time zone,
    CONSTRAINT invitation_pkey PRIMARY KEY (code_hash),
    CONSTRAINT invitation_made_by_user_fkey FOREIGN KEY (made_by_user) REFERENCES user_account(user_id) ON DELETE SET NULL,
    CONSTRAINT invitation_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX invitation_open ON invitation USING btree (user_id) WHERE ((used_at IS NULL) AND (withdrawn_at IS NULL));

CREATE TABLE ledger_cut (
    ledger_cut_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    at timestamp with time zone NOT NULL,
    before timestamp with time zone NOT NULL,
    through bigint NOT NULL,
    entries bigint NOT NULL,
    seal bytea NOT NULL,
    salt uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT ledger_cut_pkey PRIMARY KEY (ledger_cut_id)
);
CREATE TRIGGER ledger_cut_in_ledger AFTER INSERT ON ledger_cut FOR EACH ROW EXECUTE FUNCTION add_to_ledger();
CREATE TRIGGER ledger_cut_stays BEFORE DELETE OR UPDATE ON ledger_cut FOR EACH ROW EXECUTE FUNCTION guard_ledger();

CREATE TABLE ledger_pending (
    ledger_pending_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,
    row_number bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    cause text NOT NULL,
    erasure_id integer,
    CONSTRAINT ledger_pending_pkey PRIMARY KEY (ledger_pending_id),
    CONSTRAINT ledger_pending_at_check CHECK (isfinite(at)),
    CONSTRAINT ledger_pending_cause_check CHECK ((cause = ANY (ARRAY['written'::text, 'erasure'::text, 'simulation'::text]))),
    CONSTRAINT ledger_pending_check CHECK (((cause = 'erasure'::text) = (erasure_id IS NOT NULL))),
    CONSTRAINT ledger_pending_source_check CHECK ((source = ANY (ARRAY['access_log'::text, 'watch_change'::text, 'office_change'::text, 'ledger_cut'::text])))
);
CREATE INDEX ledger_pending_row ON ledger_pending USING btree (source, row_number);

CREATE TABLE ledger_seal (
    ledger_seal_id bigint NOT NULL,
    source text NOT NULL,
    row_number bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    cause text NOT NULL,
    erasure_id integer,
    digest bytea,
    seal bytea NOT NULL,
    CONSTRAINT ledger_seal_pkey PRIMARY KEY (ledger_seal_id),
    CONSTRAINT ledger_seal_cause_check CHECK ((cause = ANY (ARRAY['written'::text, 'erasure'::text, 'simulation'::text]))),
    CONSTRAINT ledger_seal_check CHECK (((cause = 'erasure'::text) = (erasure_id IS NOT NULL))),
    CONSTRAINT ledger_seal_source_check CHECK ((source = ANY (ARRAY['access_log'::text, 'watch_change'::text, 'office_change'::text, 'ledger_cut'::text])))
);
CREATE INDEX ledger_seal_at ON ledger_seal USING btree (at);
CREATE INDEX ledger_seal_row ON ledger_seal USING btree (source, row_number, ledger_seal_id);
CREATE TRIGGER ledger_seal_stays BEFORE DELETE OR UPDATE ON ledger_seal FOR EACH ROW EXECUTE FUNCTION guard_ledger_seals();

CREATE TABLE line_code (
    contact_id integer NOT NULL,
    code_hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT line_code_pkey PRIMARY KEY (contact_id),
    CONSTRAINT line_code_code_hash_key UNIQUE (code_hash),
    CONSTRAINT line_code_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contact(contact_id) ON DELETE CASCADE
);

CREATE TABLE mqtt_out (
    is_only boolean NOT NULL DEFAULT true,
    CONSTRAINT mqtt_out_pkey PRIMARY KEY (is_only),
    CONSTRAINT mqtt_out_is_only_check CHECK (is_only)
);

CREATE TABLE mqtt_out_event (
    alert_event_id bigint NOT NULL,
    CONSTRAINT mqtt_out_event_pkey PRIMARY KEY (alert_event_id),
    CONSTRAINT mqtt_out_event_alert_event_id_fkey FOREIGN KEY (alert_event_id) REFERENCES alert_event(alert_event_id) ON DELETE CASCADE
);

CREATE TABLE notice (
    notice_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    contact_id integer NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    body jsonb NOT NULL,
    request_key uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    lease_until timestamp with time zone,
    sent_at timestamp with time zone,
    given_up_at timestamp with time zone,
    error text,
    CONSTRAINT notice_pkey PRIMARY KEY (notice_id),
    CONSTRAINT notice_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contact(contact_id) ON DELETE CASCADE,
    CONSTRAINT notice_contact_id_kind_key_key UNIQUE (contact_id, kind, key)
);
CREATE INDEX notice_due ON notice USING btree (due_at) WHERE ((sent_at IS NULL) AND (given_up_at IS NULL));
CREATE INDEX notice_outage ON notice USING btree (created_at) WHERE (kind = 'outage'::text);

CREATE TABLE notification (
    notification_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    alert_id bigint NOT NULL,
    contact_id integer NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    status text NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    due_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    last_error text,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT notification_pkey PRIMARY KEY (notification_id),
    CONSTRAINT notification_alert_id_contact_id_kind_key_key UNIQUE (alert_id, contact_id, kind, key),
    CONSTRAINT notification_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alert(alert_id) ON DELETE CASCADE,
    CONSTRAINT notification_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contact(contact_id) ON DELETE CASCADE,
    CONSTRAINT notification_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sending'::text, 'sent'::text, 'unknown'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX notification_due ON notification USING btree (due_at) WHERE (status = ANY (ARRAY['pending'::text, 'sending'::text]));

CREATE TABLE office (
    office_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    phone text NOT NULL DEFAULT ''::text,
    role text NOT NULL DEFAULT 'care'::text,
    next_office_id integer,
    staffed jsonb,
    version integer NOT NULL DEFAULT 1,
    is_active boolean NOT NULL DEFAULT true,
    is_tested_monthly boolean NOT NULL DEFAULT true,
    CONSTRAINT office_pkey PRIMARY KEY (office_id),
    CONSTRAINT office_name_key UNIQUE (name),
    CONSTRAINT office_next CHECK ((next_office_id <> office_id)),
    CONSTRAINT office_next_office_id_fkey FOREIGN KEY (next_office_id) REFERENCES office(office_id),
    CONSTRAINT office_role_check CHECK ((role = ANY (ARRAY['care'::text, 'ward_line'::text, 'emergency_plan'::text])))
);
CREATE UNIQUE INDEX office_above ON office USING btree (role) WHERE (role <> 'care'::text);

CREATE TABLE office_change (
    office_change_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    office_id integer NOT NULL,
    at timestamp with time zone NOT NULL,
    user_id integer NOT NULL,
    what text NOT NULL,
    before jsonb,
    after jsonb,
    salt uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT office_change_pkey PRIMARY KEY (office_change_id),
    CONSTRAINT office_change_check CHECK (((before IS NOT NULL) OR (after IS NOT NULL))),
    CONSTRAINT office_change_office_id_fkey FOREIGN KEY (office_id) REFERENCES office(office_id) ON DELETE CASCADE,
    CONSTRAINT office_change_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id),
    CONSTRAINT office_change_what_check CHECK ((what = ANY (ARRAY['escalation'::text, 'cover'::text, 'duty'::text])))
);
CREATE INDEX office_change_office ON office_change USING btree (office_id, office_change_id);
CREATE TRIGGER office_change_in_ledger AFTER INSERT ON office_change FOR EACH ROW EXECUTE FUNCTION add_to_ledger();
CREATE TRIGGER office_change_stays BEFORE DELETE OR UPDATE ON office_change FOR EACH ROW EXECUTE FUNCTION guard_ledger();

CREATE TABLE people_import (
    people_import_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id integer NOT NULL,
    made_at timestamp with time zone NOT NULL,
    body bytea NOT NULL,
    fingerprint text NOT NULL,
    CONSTRAINT people_import_pkey PRIMARY KEY (people_import_id),
    CONSTRAINT people_import_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id) ON DELETE CASCADE
);

CREATE TABLE profile_trial (
    profile_trial_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    profile_id integer NOT NULL,
    device_number integer,
    user_id integer NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    state text NOT NULL DEFAULT 'waiting'::text,
    attempts integer NOT NULL DEFAULT 0,
    result jsonb,
    sender text,
    model text,
    CONSTRAINT profile_trial_pkey PRIMARY KEY (profile_trial_id),
    CONSTRAINT profile_trial_check CHECK (((state = 'done'::text) = (result IS NOT NULL))),
    CONSTRAINT profile_trial_check1 CHECK ((num_nonnulls(device_number, sender, model) = 1)),
    CONSTRAINT profile_trial_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number) ON DELETE CASCADE,
    CONSTRAINT profile_trial_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES device_profile(profile_id) ON DELETE CASCADE,
    CONSTRAINT profile_trial_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'failed'::text]))),
    CONSTRAINT profile_trial_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id) ON DELETE CASCADE
);

CREATE TABLE prompt (
    prompt_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    resident_id integer NOT NULL,
    contact_id integer,
    rule text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    line_at timestamp with time zone NOT NULL,
    channel text,
    sent_at timestamp with time zone,
    answer text,
    answered_at timestamp with time zone,
    is_in_time boolean,
    CONSTRAINT prompt_pkey PRIMARY KEY (prompt_id),
    CONSTRAINT prompt_answer_check CHECK ((answer = ANY (ARRAY['safe'::text, 'help'::text]))),
    CONSTRAINT prompt_check CHECK (((answer IS NULL) = (answered_at IS NULL))),
    CONSTRAINT prompt_check1 CHECK (((channel IS NULL) = (sent_at IS NULL))),
    CONSTRAINT prompt_check2 CHECK ((line_at > asked_at)),
    CONSTRAINT prompt_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contact(contact_id) ON DELETE SET NULL,
    CONSTRAINT prompt_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id) ON DELETE CASCADE,
    CONSTRAINT prompt_resident_id_rule_began_at_key UNIQUE (resident_id, rule, began_at)
);
CREATE INDEX prompt_asked ON prompt USING btree (resident_id, asked_at DESC);
CREATE INDEX prompt_contact ON prompt USING btree (contact_id) WHERE (contact_id IS NOT NULL);
CREATE INDEX prompt_of_day ON prompt USING btree (asked_at);

CREATE TABLE prompt_setting (
    resident_id integer NOT NULL,
    is_on boolean NOT NULL,
    most_in_a_week smallint NOT NULL,
    agreed text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT prompt_setting_pkey PRIMARY KEY (resident_id),
    CONSTRAINT prompt_setting_check CHECK (((agreed <> ''::text) OR (NOT is_on))),
    CONSTRAINT prompt_setting_most_in_a_week_check CHECK (((most_in_a_week >= 1) AND (most_in_a_week <= 7))),
    CONSTRAINT prompt_setting_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id) ON DELETE CASCADE
);

CREATE TABLE provider_quota (
    provider text NOT NULL,
    message_limit integer,
    used integer NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    CONSTRAINT provider_quota_pkey PRIMARY KEY (provider)
);

CREATE TABLE push_message (
    push_message_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    alert_event_id bigint NOT NULL,
    push_subscription_id integer NOT NULL,
    due_at timestamp with time zone NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    accepted_at timestamp with time zone,
    given_up_at timestamp with time zone,
    error text,
    CONSTRAINT push_message_pkey PRIMARY KEY (push_message_id),
    CONSTRAINT push_message_alert_event_id_fkey FOREIGN KEY (alert_event_id) REFERENCES alert_event(alert_event_id) ON DELETE CASCADE,
    CONSTRAINT push_message_alert_event_id_push_subscription_id_key UNIQUE (alert_event_id, push_subscription_id),
    CONSTRAINT push_message_push_subscription_id_fkey FOREIGN KEY (push_subscription_id) REFERENCES push_subscription(push_subscription_id) ON DELETE CASCADE
);
CREATE INDEX push_message_due ON push_message USING btree (due_at) WHERE ((accepted_at IS NULL) AND (given_up_at IS NULL));

CREATE TABLE push_subscription (
    push_subscription_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id integer NOT NULL,
    endpoint text NOT NULL,
    p256dh text NOT NULL,
    auth text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    dead_at timestamp with time zone,
    CONSTRAINT push_subscription_pkey PRIMARY KEY (push_subscription_id),
    CONSTRAINT push_subscription_endpoint_key UNIQUE (endpoint),
    CONSTRAINT push_subscription_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id) ON DELETE CASCADE
);
CREATE INDEX push_subscription_user ON push_subscription USING btree (user_id);

CREATE TABLE quarantine (
    quarantine_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    received_at timestamp with time zone NOT NULL,
    topic text NOT NULL,
    payload bytea NOT NULL,
    retained boolean NOT NULL DEFAULT false,
    reason text NOT NULL,
    detail text NOT NULL,
    released_at timestamp with time zone,
    CONSTRAINT quarantine_pkey PRIMARY KEY (quarantine_id)
);
CREATE INDEX quarantine_waiting ON quarantine USING btree (received_at) WHERE (released_at IS NULL);

CREATE TABLE quarantine_drop (
    dropped_at timestamp with time zone NOT NULL,
    too_old bigint NOT NULL,
    too_many bigint NOT NULL,
    CONSTRAINT quarantine_drop_pkey PRIMARY KEY (dropped_at)
);

CREATE TABLE quiet_limit (
    quiet_limit_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    resident_id integer NOT NULL,
    place text NOT NULL DEFAULT ''::text,
    device_number integer,
    quiet_min integer NOT NULL,
    hours jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT quiet_limit_pkey PRIMARY KEY (quiet_limit_id),
    CONSTRAINT quiet_limit_check CHECK (((place = ''::text) OR (device_number IS NULL))),
    CONSTRAINT quiet_limit_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number) ON DELETE CASCADE,
    CONSTRAINT quiet_limit_quiet_min_check CHECK (((quiet_min >= 30) AND (quiet_min <= 1440))),
    CONSTRAINT quiet_limit_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id) ON DELETE CASCADE
);
CREATE INDEX quiet_limit_resident ON quiet_limit USING btree (resident_id) WHERE (deleted_at IS NULL);

CREATE TABLE reading (
    time timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    value double precision NOT NULL,
    seq bigint NOT NULL DEFAULT 0,
    device_number integer NOT NULL,
    metric smallint NOT NULL,
    flags smallint NOT NULL DEFAULT 0,
    channel text,
    acted_from timestamp with time zone
);
CREATE UNIQUE INDEX reading_key ON reading USING btree (device_number, "time" DESC, metric, seq);
-- a hypertable, in parts of 7 days of time

CREATE TABLE recovery_code (
    code_hash bytea NOT NULL,
    user_id integer NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT recovery_code_pkey PRIMARY KEY (code_hash),
    CONSTRAINT recovery_code_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id) ON DELETE CASCADE
);
CREATE INDEX recovery_code_user ON recovery_code USING btree (user_id);

CREATE TABLE resident (
    resident_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    home_id integer NOT NULL,
    office_id integer NOT NULL,
    name text NOT NULL,
    kana text NOT NULL DEFAULT ''::text,
    born_on date,
    phone text NOT NULL DEFAULT ''::text,
    note text NOT NULL DEFAULT ''::text,
    watched_from timestamp with time zone NOT NULL,
    paused_from timestamp with time zone,
    paused_until timestamp with time zone,
    sensitivity text NOT NULL DEFAULT 'standard'::text,
    alert_on_night_exit boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    ended_at timestamp with time zone,
    end_reason text,
    public_id uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT resident_pkey PRIMARY KEY (resident_id),
    CONSTRAINT resident_check CHECK (((paused_from IS NULL) = (paused_until IS NULL))),
    CONSTRAINT resident_end_reason_check CHECK ((end_reason = ANY (ARRAY['moved'::text, 'died'::text, 'left'::text]))),
    CONSTRAINT resident_ended CHECK (((ended_at IS NULL) = (end_reason IS NULL))),
    CONSTRAINT resident_home_id_fkey FOREIGN KEY (home_id) REFERENCES home(home_id),
    CONSTRAINT resident_office_id_fkey FOREIGN KEY (office_id) REFERENCES office(office_id),
    CONSTRAINT resident_sensitivity_check CHECK ((sensitivity = ANY (ARRAY['family'::text, 'standard'::text, 'quiet'::text])))
);
CREATE INDEX resident_home ON resident USING btree (home_id);
CREATE INDEX resident_office ON resident USING btree (office_id);
CREATE UNIQUE INDEX resident_public_id ON resident USING btree (public_id);

CREATE TABLE retention_run (
    retention_run_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    began_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    kept_for jsonb NOT NULL,
    dropped jsonb NOT NULL DEFAULT '[]'::jsonb,
    parts_left integer,
    seal_before text NOT NULL DEFAULT ''::text,
    key_number smallint,
    seal text,
    CONSTRAINT retention_run_pkey PRIMARY KEY (retention_run_id),
    CONSTRAINT retention_run_check CHECK ((((done_at IS NULL) = (seal IS NULL)) AND ((done_at IS NULL) = (key_number IS NULL)) AND ((done_at IS NULL) = (parts_left IS NULL))))
);
CREATE UNIQUE INDEX retention_run_open ON retention_run USING btree ((true)) WHERE (done_at IS NULL);

CREATE TABLE rule_state (
    rule text NOT NULL,
    version integer NOT NULL,
    through timestamp with time zone NOT NULL,
    state jsonb NOT NULL,
    CONSTRAINT rule_state_pkey PRIMARY KEY (rule)
);

CREATE TABLE schema_migration (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT schema_migration_pkey PRIMARY KEY (name)
);

CREATE TABLE second_factor (
    user_id integer NOT NULL,
    sealed bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    used_step bigint NOT NULL DEFAULT 0,
    CONSTRAINT second_factor_pkey PRIMARY KEY (user_id),
    CONSTRAINT second_factor_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id) ON DELETE CASCADE
);

CREATE TABLE sequence_batch (
    sequence_batch_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    device integer[] NOT NULL,
    seq bigint[] NOT NULL,
    at timestamp with time zone[] NOT NULL,
    is_claim boolean[] NOT NULL,
    CONSTRAINT sequence_batch_pkey PRIMARY KEY (sequence_batch_id)
);

CREATE TABLE sequence_gap (
    device_number integer NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    noticed_at timestamp with time zone NOT NULL,
    CONSTRAINT sequence_gap_pkey PRIMARY KEY (device_number, first_seq),
    CONSTRAINT sequence_gap_check CHECK ((last_seq >= first_seq)),
    CONSTRAINT sequence_gap_device_number_fkey FOREIGN KEY (device_number) REFERENCES device(device_number)
);

CREATE TABLE sign_in_attempt (
    attempted_at timestamp with time zone NOT NULL,
    login_hash bytea NOT NULL,
    peer text NOT NULL,
    succeeded boolean NOT NULL
);
CREATE INDEX sign_in_attempt_login ON sign_in_attempt USING btree (login_hash, attempted_at);
CREATE INDEX sign_in_attempt_peer ON sign_in_attempt USING btree (peer, attempted_at);

CREATE TABLE simulation (
    is_only boolean NOT NULL DEFAULT true,
    is_wanted boolean NOT NULL,
    is_running boolean NOT NULL DEFAULT false,
    homes integer NOT NULL,
    devices integer NOT NULL,
    scenarios text[] NOT NULL,
    messages bigint NOT NULL DEFAULT 0,
    problem text NOT NULL DEFAULT ''::text,
    reported_at timestamp with time zone NOT NULL,
    CONSTRAINT simulation_pkey PRIMARY KEY (is_only),
    CONSTRAINT simulation_is_only_check CHECK (is_only)
);

CREATE TABLE simulation_event (
    simulation_event_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    home_id integer,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    raises text[] NOT NULL,
    due_at timestamp with time zone,
    is_injected boolean NOT NULL,
    CONSTRAINT simulation_event_pkey PRIMARY KEY (simulation_event_id),
    CONSTRAINT simulation_event_home_id_fkey FOREIGN KEY (home_id) REFERENCES home(home_id) ON DELETE CASCADE
);
CREATE INDEX simulation_event_began ON simulation_event USING btree (began_at DESC);

CREATE TABLE unassigned_call (
    sender text NOT NULL,
    metric smallint NOT NULL,
    why text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    presses integer NOT NULL,
    one_call interval NOT NULL,
    is_over boolean NOT NULL DEFAULT false,
    told_through timestamp with time zone,
    over_at timestamp with time zone,
    CONSTRAINT unassigned_call_pkey PRIMARY KEY (sender, metric)
);
CREATE TRIGGER unassigned_call_of_release_before BEFORE INSERT OR UPDATE ON unassigned_call FOR EACH ROW EXECUTE FUNCTION keep_end_of_unassigned_call();

CREATE TABLE unclear_call (
    sender text NOT NULL,
    field text NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    told_at timestamp with time zone,
    CONSTRAINT unclear_call_pkey PRIMARY KEY (sender, field)
);

CREATE TABLE unread_field (
    sender text NOT NULL,
    field text NOT NULL,
    messages bigint NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    CONSTRAINT unread_field_pkey PRIMARY KEY (sender, field)
);

CREATE TABLE user_account (
    user_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    login text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    office_id integer,
    language text NOT NULL DEFAULT 'ja'::text,
    password_hash text NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamp with time zone NOT NULL,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT user_account_pkey PRIMARY KEY (user_id),
    CONSTRAINT user_account_check CHECK (((role <> ALL (ARRAY['care'::text, 'technician'::text])) OR (office_id IS NOT NULL))),
    CONSTRAINT user_account_language_check CHECK ((language = ANY (ARRAY['ja'::text, 'en'::text]))),
    CONSTRAINT user_account_office_id_fkey FOREIGN KEY (office_id) REFERENCES office(office_id),
    CONSTRAINT user_account_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'care'::text, 'family'::text, 'technician'::text, 'official'::text, 'tester'::text])))
);
CREATE UNIQUE INDEX user_account_login ON user_account USING btree (lower(login));

CREATE TABLE user_session (
    token_hash bytea NOT NULL,
    user_id integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    session_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    browser text NOT NULL DEFAULT ''::text,
    proved_at timestamp with time zone,
    CONSTRAINT user_session_pkey PRIMARY KEY (token_hash),
    CONSTRAINT user_session_session_id_key UNIQUE (session_id),
    CONSTRAINT user_session_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id) ON DELETE CASCADE
);

CREATE TABLE watch_change (
    watch_change_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    resident_id integer,
    at timestamp with time zone NOT NULL,
    user_id integer,
    what text NOT NULL,
    before jsonb,
    after jsonb,
    home_id integer,
    contact_id integer,
    office_id integer,
    account_id integer,
    by_contact_id integer,
    salt uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT watch_change_pkey PRIMARY KEY (watch_change_id),
    CONSTRAINT watch_change_account_id_fkey FOREIGN KEY (account_id) REFERENCES user_account(user_id) ON DELETE CASCADE,
    CONSTRAINT watch_change_by_contact_id_fkey FOREIGN KEY (by_contact_id) REFERENCES contact(contact_id) ON DELETE SET NULL,
    CONSTRAINT watch_change_check CHECK (((before IS NOT NULL) OR (after IS NOT NULL))),
    CONSTRAINT watch_change_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contact(contact_id) ON DELETE CASCADE,
    CONSTRAINT watch_change_home_id_fkey FOREIGN KEY (home_id) REFERENCES home(home_id) ON DELETE CASCADE,
    CONSTRAINT watch_change_office_id_fkey FOREIGN KEY (office_id) REFERENCES office(office_id) ON DELETE CASCADE,
    CONSTRAINT watch_change_resident_id_fkey FOREIGN KEY (resident_id) REFERENCES resident(resident_id) ON DELETE CASCADE,
    CONSTRAINT watch_change_subject CHECK ((num_nonnulls(resident_id, home_id, contact_id, office_id, account_id) > 0)),
    CONSTRAINT watch_change_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(user_id),
    CONSTRAINT watch_change_what_check CHECK ((what = ANY (ARRAY['geofence'::text, 'absence'::text, 'sensitivity'::text, 'escalation'::text, 'pause'::text, 'resident'::text, 'home'::text, 'contact'::text, 'channels'::text, 'office'::text, 'account'::text, 'family'::text, 'quiet_limit'::text, 'prompts'::text])))
);
CREATE INDEX watch_change_account ON watch_change USING btree (account_id, watch_change_id) WHERE (account_id IS NOT NULL);
CREATE INDEX watch_change_contact ON watch_change USING btree (contact_id, watch_change_id) WHERE (contact_id IS NOT NULL);
CREATE INDEX watch_change_home ON watch_change USING btree (home_id, watch_change_id) WHERE (home_id IS NOT NULL);
CREATE INDEX watch_change_office ON watch_change USING btree (office_id, watch_change_id) WHERE (office_id IS NOT NULL);
CREATE INDEX watch_change_resident ON watch_change USING btree (resident_id, watch_change_id);
CREATE TRIGGER watch_change_in_ledger AFTER INSERT ON watch_change FOR EACH ROW EXECUTE FUNCTION add_to_ledger();
CREATE TRIGGER watch_change_stays BEFORE DELETE OR UPDATE ON watch_change FOR EACH ROW EXECUTE FUNCTION guard_ledger();

CREATE TABLE webhook_redelivery (
    webhook_redelivery_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    delivery_id bigint NOT NULL,
    asked_by_user integer,
    asked_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    done_at timestamp with time zone,
    result text,
    error text,
    CONSTRAINT webhook_redelivery_pkey PRIMARY KEY (webhook_redelivery_id),
    CONSTRAINT webhook_redelivery_asked_by_user_fkey FOREIGN KEY (asked_by_user) REFERENCES user_account(user_id) ON DELETE SET NULL,
    CONSTRAINT webhook_redelivery_check CHECK (((done_at IS NULL) = (result IS NULL))),
    CONSTRAINT webhook_redelivery_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES delivery(delivery_id) ON DELETE CASCADE,
    CONSTRAINT webhook_redelivery_result_check CHECK ((result = ANY (ARRAY['delivered'::text, 'failed'::text, 'refused'::text, 'unknown'::text])))
);
CREATE INDEX webhook_redelivery_delivery ON webhook_redelivery USING btree (delivery_id);
CREATE UNIQUE INDEX webhook_redelivery_waiting ON webhook_redelivery USING btree (delivery_id) WHERE (done_at IS NULL);

CREATE VIEW addressed_contact AS
 SELECT contact.contact_id,
    contact.resident_id,
    contact.office_id,
    contact.user_id,
    contact.name,
    contact.relation,
    contact.calls_resident,
    contact.step,
    first_channel.kind AS channel,
    first_channel.address,
    contact.language,
    contact.is_active,
    contact.quiet_from,
    contact.quiet_until,
    contact.is_duty_only,
    contact.is_resident
   FROM contact
     JOIN LATERAL ( SELECT contact_channel.kind,
            contact_channel.address
           FROM contact_channel
          WHERE contact_channel.contact_id = contact.contact_id
          ORDER BY contact_channel.place
         LIMIT 1) first_channel ON true;

CREATE VIEW alert_card AS
 SELECT alert.alert_id,
    alert.rule,
    alert.subject_kind,
    alert.subject_number,
    alert.area,
    alert.resident_id,
    alert.office_id,
    alert.severity,
    alert.condition,
    alert.handling,
    alert.began_at,
    alert.raised_at,
    alert.opened_at,
    alert.cleared_at,
    COALESCE(user_account.name, contact.name) AS claimed_by,
    alert.claimed_at,
    alert.closed_at,
    alert.outcome,
    alert.detected_late,
    alert.reason,
    alert.version,
    alert.claimed_by_user,
    alert.claimed_by_contact,
    alert.claim_expires_at
   FROM alert
     LEFT JOIN user_account ON user_account.user_id = alert.claimed_by_user
     LEFT JOIN contact ON contact.contact_id = alert.claimed_by_contact;

CREATE VIEW full_alert AS
 SELECT alert.alert_id,
    alert.rule,
    alert.subject_kind,
    alert.subject_number,
    alert.area,
    alert.resident_id,
    alert.office_id,
    alert.severity,
    alert.condition,
    alert.handling,
    alert.began_at,
    alert.raised_at,
    alert.opened_at,
    alert.cleared_at,
    COALESCE(user_account.name, contact.name) AS claimed_by,
    alert.claimed_at,
    alert.closed_at,
    alert.outcome,
    alert.detected_late,
    alert.reason,
    alert.version,
    alert.claimed_by_user,
    alert.claimed_by_contact,
    alert.claim_expires_at,
    GREATEST(episodes.count, 1) AS occurrences,
    COALESCE(episodes.first_began_at, alert.began_at) AS first_began_at,
    alert.progress,
    alert.progress_at,
    alert.progress_note,
    alert.arrives_at,
    alert.detected_at
   FROM alert
     LEFT JOIN user_account ON user_account.user_id = alert.claimed_by_user
     LEFT JOIN contact ON contact.contact_id = alert.claimed_by_contact
     LEFT JOIN LATERAL ( SELECT count(*)::integer AS count,
            min(alert_episode.began_at) AS first_began_at
           FROM alert_episode
          WHERE alert_episode.alert_id = alert.alert_id AND alert_episode.withdrawn_at IS NULL) episodes ON true;

CREATE OR REPLACE FUNCTION public.add_to_ledger()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
    INSERT INTO ledger_pending (source, row_number, at, cause)
    VALUES (tg_table_name, (to_jsonb(new) ->> (tg_table_name || '_id'))::bigint, new.at, 'written');
    RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION public.give_first_channel()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO contact_channel (contact_id, place, kind, address) VALUES (NEW.contact_id, 1, NEW.channel, NEW.address);
    RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION public.guard_ledger()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
    said text := coalesce(current_setting('mimamori.ledger_cause', true), '');
    said_at timestamptz := nullif(current_setting('mimamori.ledger_at', true), '')::timestamptz;
BEGIN
    IF said !~ '^(erasure [0-9]+|simulation|cut)$' OR (said IN ('simulation', 'cut') AND tg_op <> 'DELETE')
        OR tg_table_schema <> 'public' OR NOT has_table_privilege(session_user, tg_relid, tg_op) THEN
        RAISE EXCEPTION 'rows of % are never changed and never go', tg_table_name USING ERRCODE = 'restrict_violation';
    END IF;
    IF said <> 'cut' THEN
        INSERT INTO ledger_pending (source, row_number, at, cause, erasure_id)
        VALUES (
            tg_table_name, (to_jsonb(old) ->> (tg_table_name || '_id'))::bigint, coalesce(said_at, old.at), split_part(said, ' ', 1),
            nullif(split_part(said, ' ', 2), '')::integer
        );
    END IF;
    IF tg_op = 'DELETE' THEN
        RETURN old;
    END IF;
    new.salt := gen_random_uuid();
    RETURN new;
END
$function$;

CREATE OR REPLACE FUNCTION public.guard_ledger_seals()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF tg_op = 'DELETE' AND current_setting('mimamori.ledger_cause', true) = 'cut' THEN
        RETURN old;
    END IF;
    RAISE EXCEPTION 'seals of the ledger are never changed and never go' USING ERRCODE = 'restrict_violation';
END
$function$;

CREATE OR REPLACE FUNCTION public.is_clock_suspect(flags smallint)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$SELECT flags & 8 <> 0$function$;

CREATE OR REPLACE FUNCTION public.is_life_sign(flags smallint)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$SELECT flags & 1 = 1$function$;

CREATE OR REPLACE FUNCTION public.is_retained(flags smallint)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$SELECT flags & 2 <> 0$function$;

CREATE OR REPLACE FUNCTION public.keep_end_of_unassigned_call()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.is_over AND NOT OLD.is_over AND NEW.over_at IS NOT DISTINCT FROM OLD.over_at THEN
        NEW.over_at := greatest(NEW.over_at, NEW.last_at);
    END IF;
    NEW.is_over := coalesce(NEW.over_at >= NEW.last_at, false);
    RETURN NEW;
END
$function$;

CREATE OR REPLACE FUNCTION public.keep_for_mqtt_out()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO mqtt_out_event (alert_event_id) SELECT new.alert_event_id WHERE EXISTS (SELECT FROM mqtt_out);
    RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION public.show_first_channel()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.spell_connection_break()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    NEW.senders := lower(normalize(NEW.senders));
    RETURN NEW;
END
$function$;
