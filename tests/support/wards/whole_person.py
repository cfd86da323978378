"""A resident of whom every table of the database has something, and the whole database as rows to compare."""

import json
from collections import Counter
from typing import Any

from core.domain.records.personal_data import OF_RESIDENTS, PERSONAL_DATA
from core.store.database import Connection, Database
from core.store.people.personal.rows import login_hash

# `{r}` resident, `{h}` home, `{c}` contact, `{t}` tracker, `{s}` sensor of the home, `{u}` account of the family, `{x}` a letter.
_ROWS = """
UPDATE resident SET note = 'likes tea of {x}' WHERE resident_id = {r};
INSERT INTO contact_channel (contact_id, place, kind, address) VALUES ({c}, 2, 'voice', '+8131111000{r}');
INSERT INTO line_code (contact_id, code_hash, expires_at) VALUES ({c}, 'code{r}', now());
INSERT INTO absence (resident_id, kind, began_at, ended_at, note, created_at) VALUES ({r}, 'travel', '2026-07-01Z', '2026-07-02Z', 'to her sister', now());
INSERT INTO quiet_limit (resident_id, place, quiet_min, hours, created_at) VALUES ({r}, 'kitchen', 240, '{{"days": [0], "start": "06:00", "end": "11:00"}}', now());
INSERT INTO prompt_setting (resident_id, is_on, most_in_a_week, agreed, changed_at) VALUES ({r}, true, 3, 'her daughter {x}', now());
INSERT INTO prompt (resident_id, contact_id, rule, began_at, asked_at, line_at) VALUES ({r}, {c}, 'inactivity', '2026-07-02Z', '2026-07-02T03:00Z', '2026-07-02T04:00Z');
INSERT INTO backtest (resident_id, user_id, asked_at, settings) VALUES ({r}, 1, now(), '{{"note": "really"}}');
INSERT INTO baseline (resident_id, rule, version, day, body) VALUES ({r}, 'rhythm', 1, '2026-07-01', '{{"up": 1}}');
INSERT INTO evaluation (resident_id, evaluated_through, due_at) VALUES ({r}, now(), now()) ON CONFLICT DO NOTHING;
INSERT INTO access_log (at, user_id, resident_id, what, reason) VALUES ('2026-07-01Z', 2, {r}, 'reveal', 'other: {x} is lost'), ('2026-07-02Z', {u}, {r}, 'reveal', '');
INSERT INTO watch_change (resident_id, at, user_id, what, after) VALUES ({r}, now(), 1, 'sensitivity', '{{"sensitivity": "quiet"}}');
INSERT INTO watch_change (account_id, at, user_id, what, after) VALUES ({u}, now(), 1, 'account', '{{"name": "x"}}');
INSERT INTO escalation_policy (home_id, body, changed_at) VALUES ({h}, '{{}}', now());
INSERT INTO alert (rule, subject_kind, resident_id, office_id, severity, condition, handling, began_at, raised_at, opened_at, reason, progress_note)
VALUES ('inactivity', 'resident', {r}, {r}, 2, 'active', 'open', '2026-07-02Z', '2026-07-02Z', '2026-07-02Z', '{{"rule_version": 1}}', 'calls later');
INSERT INTO alert (rule, subject_kind, home_id, office_id, severity, condition, handling, began_at, raised_at, opened_at, reason)
VALUES ('home_silent', 'home', {h}, {r}, 3, 'active', 'open', '2026-07-02Z', '2026-07-02Z', '2026-07-02Z', '{{}}');
INSERT INTO alert (rule, subject_kind, device_number, office_id, severity, condition, handling, began_at, raised_at, opened_at, reason)
VALUES ('battery', 'device', {s}, {r}, 4, 'active', 'open', '2026-07-02Z', '2026-07-02Z', '2026-07-02Z', '{{}}');
INSERT INTO alert_episode (alert_id, rule, subject_kind, resident_id, began_at, raised_at)
SELECT alert_id, rule, subject_kind, resident_id, began_at, raised_at FROM alert WHERE resident_id = {r};
INSERT INTO alert_evidence (alert_id, what, since, until, rows, body, sha256) SELECT alert_id, 'reading', '2026-06-25Z', '2026-07-02Z', 1, '[{{"device_id": "hall-{x}"}}]', 's' FROM alert WHERE resident_id = {r};
INSERT INTO alert_event (alert_id, at, kind, user_id, contact_id, detail) SELECT alert_id, now(), 'note', 1, {c}, '{{"note": "was asleep"}}' FROM alert WHERE resident_id = {r};
INSERT INTO escalation_step (alert_id, kind, step, cycle, due_at) SELECT alert_id, 'contacts', 1, 1, now() FROM alert WHERE resident_id = {r};
INSERT INTO notification (alert_id, contact_id, kind, key, status, due_at, created_at) SELECT alert_id, {c}, 'opening', 'k', 'pending', now(), now() FROM alert WHERE resident_id = {r};
INSERT INTO delivery (notification_id, kind, request_key, state, planned_at, spoken) SELECT notification_id, 'voice', gen_random_uuid(), 'waiting', now(), 'Mother has not moved' FROM notification WHERE contact_id = {c};
INSERT INTO webhook_redelivery (delivery_id, asked_by_user, asked_at) SELECT delivery_id, 1, now() FROM delivery JOIN notification USING (notification_id) WHERE contact_id = {c};
INSERT INTO answer_link (token_hash, alert_id, contact_id, created_at, expires_at) SELECT 'link{r}', alert_id, {c}, now(), now() FROM alert WHERE resident_id = {r};
INSERT INTO contact_link (token_hash, contact_id, purpose, absence_id, created_at, expires_at) SELECT 'own{r}', {c}, 'confirm_absence', absence_id, now(), now() FROM absence WHERE resident_id = {r};
INSERT INTO mqtt_out_event (alert_event_id) SELECT alert_event_id FROM alert_event JOIN alert USING (alert_id) WHERE alert.resident_id = {r};
INSERT INTO push_subscription (user_id, endpoint, p256dh, auth, created_at) VALUES ({u}, 'https://push.example.jp/{u}', 'p', 'a', now());
INSERT INTO push_message (alert_event_id, push_subscription_id, due_at) SELECT alert_event_id, (SELECT max(push_subscription_id) FROM push_subscription), now() FROM alert_event JOIN alert USING (alert_id) WHERE alert.resident_id = {r};
INSERT INTO notice (contact_id, kind, key, body, created_at, due_at) VALUES ({c}, 'weakening', 'k', '{{"resident": {r}, "change": 1}}', now(), now());
INSERT INTO reading (time, received_at, value, device_number, metric) SELECT at, at, 1, {s}, 1 FROM generate_series('2026-06-10Z'::timestamptz, '2026-07-10Z', '6 hours') AS at;
INSERT INTO fix (time, received_at, lat, lon, device_number) SELECT at, at, 35.6, 139.7, {t} FROM generate_series('2026-06-10Z'::timestamptz, '2026-07-10Z', '1 day') AS at;
INSERT INTO device_latest (device_number, metric, time, value) VALUES ({s}, 1, '2026-07-10Z', 1), ({t}, 9, '2026-07-10Z', 1);
INSERT INTO device_state (device_number, metric, time, value) VALUES ({s}, 1, '2026-07-10Z', 1), ({t}, 9, '2026-07-10Z', 1);
INSERT INTO device_contact (device_number, last_received_at, last_time) VALUES ({t}, now(), now());
INSERT INTO device_rename (device_number, at, former_sender, sender, is_followed) VALUES ({t}, now(), 'native:was-{x}', 'native:tracker-{x}', true);
INSERT INTO canary_flight (device_number, pressed_at, found_at) VALUES ({t}, now(), now());
INSERT INTO chattering_device (device_number, since) VALUES ({t}, now());
INSERT INTO sequence_gap (device_number, first_seq, last_seq, began_at, noticed_at) VALUES ({t}, 1, 2, now(), now());
INSERT INTO home_latest (home_id, life_sign_at, device_number) VALUES ({h}, now(), {s});
INSERT INTO home_change (home_id, earliest, urgent) VALUES ({h}, now(), false);
INSERT INTO blind_time (subject_kind, home_id, began_at, cause) VALUES ('home', {h}, '2026-07-03Z', 'silent');
INSERT INTO blind_time (subject_kind, device_number, began_at, cause) VALUES ('device', {s}, '2026-07-03Z', 'gap');
INSERT INTO quarantine (received_at, topic, payload, reason, detail) VALUES
    ('2026-07-03Z', 'mimamori/v1/tracker-{x}/fix', 'no json', 'not_json', 'x'),
    ('2026-07-03Z', 'mimamori/v1/hall-{x}/readings', 'no json', 'not_json', 'x'),
    ('2026-07-03Z', 'gw/g1/other', convert_to('{{"name": "{name}"}}', 'UTF8'), 'unknown_device', 'x');
INSERT INTO unassigned_call (sender, metric, why, began_at, last_at, presses, one_call) VALUES ('native:tracker-{x}', 1, 'sos', now(), now(), 1, '1 minute');
INSERT INTO unclear_call (sender, field, first_at, last_at) VALUES ('native:tracker-{x}', 'f', now(), now());
INSERT INTO unread_field (sender, field, messages, first_at, last_at) VALUES ('native:tracker-{x}#2', 'f', 1, now(), now());
INSERT INTO connection_break (senders, began_at) VALUES ('native:tracker-{x}', now());
INSERT INTO connection_loop (sender, returns, began_at, last_at) VALUES ('native:tracker-{x}', 1, now(), now());
INSERT INTO device_proposal (sender, name, model, device_classes, first_seen_at, last_seen_at) VALUES ('native:tracker-{x}', 'the phone', 'm', '{{}}', now(), now());
INSERT INTO broker_account (name, kind) VALUES ('tracker-{x}', 'device');
INSERT INTO enrolment (code_hash, account, made_at, expires_at) VALUES ('enrol{r}', 'tracker-{x}', now(), now());
INSERT INTO profile_trial (profile_id, device_number, user_id, asked_at, expires_at) SELECT profile_id, {t}, 1, now(), now() FROM device_profile LIMIT 1;
INSERT INTO injection_request (at, user_id, home_id, kind) VALUES (now(), 1, {h}, 'fall');
INSERT INTO simulation_event (kind, home_id, began_at, ended_at, raises, is_injected) VALUES ('fall', {h}, now(), now(), '{{}}', true);
INSERT INTO people_import (user_id, made_at, body, fingerprint) VALUES (1, now(), 'x', 'f');
INSERT INTO invitation (code_hash, user_id, made_at, expires_at) VALUES ('invited{r}', {u}, now(), now());
INSERT INTO second_factor (user_id, sealed, made_at) VALUES ({u}, 'sealed', now());
INSERT INTO api_token (token_hash, user_id, name, scope, made_at, expires_at) VALUES ('token{r}', {u}, 'for {x}', 'read', now(), now());
INSERT INTO recovery_code (code_hash, user_id) VALUES ('recovery{r}', {u});
INSERT INTO awaited_code (token_hash, user_id, expires_at) VALUES ('awaited{r}', {u}, now());
INSERT INTO user_session (token_hash, user_id, created_at, last_seen_at, expires_at) VALUES ('session{r}', {u}, now(), now(), now());
"""


def fill(database: Database, resident: int, letter: str) -> None:
    """Let every table have something of a resident of `api_ward`."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO device_profile (name, version, source, fields, created_at) VALUES ('p', 1, 'by_hand', '[]', now())"
            " ON CONFLICT DO NOTHING"
        )

        def one(statement: str, value: object) -> Any:
            row = connection.execute(statement.encode(), (value,)).fetchone()
            assert row is not None
            return row[0]

        device = "SELECT device_number FROM device WHERE device_id = %s"
        names = {
            "r": resident,
            "h": one("SELECT home_id FROM resident WHERE resident_id = %s", resident),
            "c": one("SELECT min(contact_id) FROM contact WHERE resident_id = %s", resident),
            "t": one(device, f"tracker-{letter}"),
            "s": one(device, f"hall-{letter}"),
            "u": one("SELECT user_id FROM user_account WHERE login = %s", f"family_{letter}"),
            "name": one("SELECT name FROM resident WHERE resident_id = %s", resident),
            "x": letter,
        }
        for statement in _ROWS.format(**names).split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
        connection.execute(
            "INSERT INTO sign_in_attempt (attempted_at, login_hash, peer, succeeded) VALUES (now(), %s, '192.0.2.1', true)",
            (login_hash(f"family_{letter}"),),
        )


def all_rows(database: Database) -> dict[str, Counter[str]]:
    """Return every row of every table as JSON, with how often it is there."""
    found: dict[str, Counter[str]] = {}
    with database.transaction() as connection:
        for name in PERSONAL_DATA:
            rows = connection.execute(f'SELECT to_jsonb(t) FROM "{name}" AS t'.encode())  # noqa: S608 - our own names
            found[name] = Counter(json.dumps(row[0], sort_keys=True, ensure_ascii=False) for row in rows)
    return found


def empty_tables(connection: Connection) -> list[str]:
    """Return the tables of residents that have no row at all."""
    return [
        one.name
        for one in OF_RESIDENTS
        if connection.execute(f'SELECT FROM "{one.name}" LIMIT 1'.encode()).fetchone() is None
    ]
