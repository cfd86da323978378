"""A small ward with four weeks behind it and a busy morning, seeded: what the pages are looked at with."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from core.domain.agreed.prompt import AskedFirst
from core.domain.alert import Finding, Outcome, Severity, Subject
from core.domain.people import Channel
from core.domain.planned_absence import AbsenceKind
from core.formats.ward_file import read_ward
from core.store.alerts import answer_links, episodes, handling
from core.store.database import Connection, Database
from core.store.devices.ward_registration import register_ward
from core.store.operation import simulation
from core.store.people import contact_channels, planned_absences
from core.store.people.agreed import prompts
from core.store.people.links import contact_links
from core.store.people.links.contact_links import LinkPurpose
from detectors.alerting import planner
from tests.browser.four_weeks import DAYS, NOW, fill, place
from tests.browser.tried import seed, seed_profile_trials
from tests.support.wards.api_ward import password_hash
from tests.support.wards.ward_files import write_ward

OFFICE = "中央地域包括支援センター"
_PEOPLE = (
    ("田中 花子", "たなか はなこ", 1940, "三丁目"),
    ("鈴木 一郎", "すずき いちろう", 1947, "一丁目"),
    ("高橋 トメ", "たかはし とめ", 1935, "二丁目"),
    ("加藤 実", "かとう みのる", 1943, "三丁目"),
    ("渡辺 キヨ", "わたなべ きよ", 1938, "四丁目"),
    ("伊藤 正", "いとう ただし", 1944, "一丁目"),
    ("山本 ハル", "やまもと はる", 1936, "二丁目"),
    ("中村 勇", "なかむら いさむ", 1941, "三丁目"),
    ("小林 ヨシ", "こばやし よし", 1939, "四丁目"),
    ("斎藤 清", "さいとう きよし", 1942, "一丁目"),
    ("松本 フミ", "まつもと ふみ", 1937, "二丁目"),
    ("井上 茂", "いのうえ しげる", 1945, "三丁目"),
)


@dataclass(frozen=True)
class Town:
    """What the seed made: alert numbers, and the tokens of links in messages."""

    sos: int
    inactivity: int
    geofence: int
    silent: int
    late: int
    equipment: int
    token: str
    contact_token: str
    test_token: str
    settings_token: str
    prompt_token: str
    tried: int = 0
    trying: int = 0
    profile_tried: int = 0
    profile_trying: int = 0


def build(url: str, folder: Path) -> Town:
    """Fill a migrated database."""
    with Database(url, size=2) as database:
        with database.transaction() as connection:
            register_ward(
                connection,
                read_ward(write_ward(folder, _ward())),
                now=NOW - timedelta(days=DAYS),
                default_zone="Asia/Tokyo",
                new_password=lambda _login: password_hash(),
            )
        with psycopg.connect(url, autocommit=True) as raw:
            fill(raw, len(_PEOPLE))
            _movement_without_end(raw)
        town = _morning(database)
        tried, trying = seed(database, NOW)
        # Their times are the machine's.
        profile_tried, profile_trying = seed_profile_trials(database, datetime.now(UTC))
        _simulation(database)
        with psycopg.connect(url, autocommit=True) as raw:
            raw.execute("UPDATE notification SET status = 'sent', sent_at = created_at, attempts = 1")
    return replace(
        town, tried=tried, trying=trying, profile_tried=profile_tried, profile_trying=profile_trying
    )


def _movement_without_end(raw: psycopg.Connection[Any]) -> None:
    """Let one sensor have said "movement" for days and never its end."""
    raw.execute(
        "UPDATE device SET sender = 'zigbee2mqtt:g11/台所', model = 'Maker PIR-1' WHERE device_id = 'motion-kitchen-11'"
    )
    raw.execute(
        "INSERT INTO device_state (device_number, metric, time, value, said, said_since, lowest, highest)"
        " SELECT device_number, 1, %s, 1, 412, %s, 1, 1 FROM device WHERE device_id = 'motion-kitchen-11'",
        (NOW - timedelta(minutes=4), NOW - timedelta(days=4)),
    )
    raw.execute(
        "INSERT INTO device_proposal (sender, name, model, device_classes, described, first_seen_at, last_seen_at)"
        " VALUES ('zigbee2mqtt:g11/浴室', '浴室のレーダー', 'Maker Radar-1', '{occupancy}', %s, %s, %s)",
        (
            '{"understood": ["fall_status: fall_alarm -> fall"], "unread": ["fall_status: calibrating"]}',
            NOW - timedelta(days=1),
            NOW - timedelta(hours=1),
        ),
    )
    raw.execute(
        "INSERT INTO unread_field (sender, field, messages, first_at, last_at)"
        " SELECT 'zigbee2mqtt:g11/台所', unnest(ARRAY['work_state', 'update.installed_version_of_the_firmware']), 412, %s, %s",
        (NOW - timedelta(days=4), NOW - timedelta(minutes=4)),
    )
    raw.execute(
        "INSERT INTO unclear_call (sender, field, first_at, last_at, told_at)"
        " SELECT 'zigbee2mqtt:g11/台所', unnest(ARRAY['Alarm', 'emergency_state_of_the_second_channel']), %(at)s, %(at)s, %(at)s",
        {"at": NOW - timedelta(minutes=4)},
    )


def _ward() -> dict[str, Any]:
    homes = [_home(number, *person) for number, person in enumerate(_PEOPLE, 1)]
    return {
        "offices": [
            {
                "name": OFFICE,
                "phone": "03-0000-0001",
                "centre": [
                    {
                        "name": "当直",
                        "step": 2,
                        "channel": "mail",
                        "address": "centre@example.jp",
                        "user": "care",
                    }
                ],
            }
        ],
        "users": [
            {"login": "admin", "name": "管理 太郎", "role": "admin"},
            {"login": "care", "name": "佐藤 恵", "role": "care", "office": OFFICE},
            {"login": "family", "name": "鈴木 明", "role": "family"},
            {"login": "technician", "name": "設置 三郎", "role": "technician", "office": OFFICE},
            {"login": "official", "name": "統計 花子", "role": "official"},
            {"login": "tester", "name": "試験 次郎", "role": "tester"},
        ],
        "homes": homes,
    }


def _home(number: int, name: str, kana: str, born: int, area: str) -> dict[str, Any]:
    lat, lon = place(number)
    key = f"r{number}"
    family = {
        "name": f"{name.split(maxsplit=1)[0]} 明",
        "relation": "長男",
        "step": 1,
        "calls_resident": "お父さん" if name[-1] in "一実正勇清茂" else "お母さん",
    }
    contact = family | {"channel": "mail", "address": f"family{number}@example.jp"}
    is_linked = number in {2, 7}

    def device(kind: str, place: str, **more: object) -> dict[str, object]:
        device_id = f"{kind}-{place or 'self'}-{number}".replace("_", "-")
        common = {"kind": kind, "place": place, "since": "2026-10-01T00:00:00+09:00"}
        return {"device_id": device_id, "sender": f"native:{device_id}", **common, **more}

    return {
        "name": f"{area} A-{100 + number}",
        "office": OFFICE,
        "area": area,
        "lat": lat,
        "lon": lon,
        "residents": [
            {
                "key": key,
                "name": name,
                "kana": kana,
                "born_on": f"{born}-05-0{number % 9 + 1}",
                "phone": f"03-1111-{1000 + number}",
                "watched_from": "2026-10-26T00:00:00+09:00",
                "contacts": [contact | ({"user": "family"} if is_linked else {})],
                "family_users": ["family"] if is_linked else [],
                "geofences": [
                    {
                        "name": "自宅のまわり",
                        "shape": {"kind": "circle", "lat": lat, "lon": lon, "radius_m": 400},
                    }
                ],
            }
        ],
        "devices": [
            device("motion", "living_room", heartbeat_s=1800),
            device("motion", "kitchen", heartbeat_s=1800),
            device("door", "front_door", heartbeat_s=3600),
            device("climate", "living_room", heartbeat_s=1800),
            device("climate", "bedroom", heartbeat_s=1800),
            device("button", "", resident=key),
            *([device("tracker", "", resident=key)] if number % 3 == 0 or number == 1 else []),
        ],
    }


def _morning(database: Database) -> Town:
    usual = {"days": 28, "active_by": "2026-11-22T21:40:00+00:00", "longest_min": 95}
    card: dict[str, Any] = {"rule_version": 1, "ruled_out": ["planned_absence", "home_silent", "ward_silent"]}
    life_sign = {"time": "2026-11-22T12:40:00+00:00", "kind": "motion", "place": "bedroom"}
    lat, lon = place(3)
    old = _open(database, 2, "inactivity", 2, began=24 * 9.0, raised=24 * 9 - 3.0, usual=usual, **card)
    with database.transaction() as connection:
        handling.close(connection, old, outcome=Outcome.SAFE_CONTACTED, user=2, note="寝坊でした", now=NOW)
    silent = _open(
        database,
        4,
        "home_silent",
        2,
        began=4.8,
        raised=0.6,
        subject=Subject.of_home(4),
        cause="no_heartbeat",
        rule_version=1,
    )
    found = {
        "inactivity": _open(
            database, 2, "inactivity", 2, began=12.2, raised=0.2, last_life_sign=life_sign,
            usual=usual, context="at_home", confidence="high", **card,
        ),
        "geofence": _open(
            database, 3, "geofence_exit", 2, began=0.45, raised=0.4, outside_m=180,
            geofence={"number": 3, "name": "自宅のまわり"}, confidence="high",
            position={"time": NOW.isoformat(), "lat": lat, "lon": lon, "accuracy_m": 15.0},
            ruled_out=["poor_accuracy", "single_fix"], rule_version=1,
        ),
        "late": _open(database, 6, "geofence_exit", 3, began=3.0, raised=2.9, subject=Subject.of_geofence(6),
                      geofence={"number": 6, "name": "商店街"}, rule_version=1),
        "equipment": _open(database, 5, "device_silent", 4, began=6.0, raised=5.0, subject=Subject.of_device(30),
                           kind="motion", place="kitchen", cause="no_heartbeat", rule_version=1),
    }  # fmt: skip
    planner.plan_all(database, NOW - timedelta(minutes=1))
    found["sos"] = _open(
        database,
        1,
        "sos",
        1,
        began=0.02,
        raised=0.0133,
        place="bed",
        pressed_at=NOW.isoformat(),
        rule_version=1,
    )
    planner.plan_all(database, NOW)
    with database.transaction() as connection:
        contact = connection.execute("SELECT contact_id FROM contact WHERE resident_id = 3").fetchone()
        assert contact is not None
        claimed_at = NOW - timedelta(minutes=8)
        handling.claim(connection, found["geofence"], contact=contact[0], now=claimed_at)
        father = connection.execute("SELECT contact_id FROM contact WHERE resident_id = 2").fetchone()
        assert father is not None
        token = answer_links.issue(connection, found["inactivity"], father[0], NOW)
        waiting = planned_absences.add(
            connection,
            2,
            kind=AbsenceKind.TRAVEL,
            span=(NOW + timedelta(days=3), NOW + timedelta(days=20)),
            user=1,
            needs_second=True,
            now=NOW,
        )
        contact_token = contact_links.issue(
            connection,
            father[0],
            LinkPurpose.CONFIRM_ABSENCE,
            absence=waiting.number,
            expires_at=waiting.expires_at,
            now=NOW,
        )
        (channel,) = contact_channels.of_contact(connection, father[0])[:1]
        lasts = NOW + timedelta(days=7)
        purpose = LinkPurpose.CHANNEL_TEST
        test_token = contact_links.issue(
            connection, father[0], purpose, channel=channel.number, expires_at=lasts, now=NOW
        )
        purpose = LinkPurpose.PREFERENCES
        settings_token = contact_links.issue(
            connection, father[0], purpose, channel=channel.number, expires_at=lasts, now=NOW
        )
        prompt_token = _asked(connection)
    return Town(
        silent=silent,
        token=token,
        contact_token=contact_token,
        test_token=test_token,
        settings_token=settings_token,
        prompt_token=prompt_token,
        **found,
    )


def _asked(connection: Connection) -> str:
    """Ask a resident whether all is well, and return the link with which to answer."""
    row = connection.execute(
        "INSERT INTO contact (resident_id, name, step, is_resident) VALUES (12, '本人', 1, true) RETURNING contact_id"
    ).fetchone()
    assert row is not None
    connection.execute(
        "INSERT INTO contact_channel (contact_id, place, kind, address, confirmed_at) VALUES (%s, 1, 'mail', 'own@example.jp', %s)",
        (row[0], NOW),
    )
    began_at, line_at = NOW - timedelta(hours=2), NOW + timedelta(minutes=20)
    prompt = prompts.add(connection, AskedFirst(12, 3, row[0], 0), "inactivity", began_at, line_at, NOW)
    assert prompt is not None
    prompts.note_sent(connection, prompt, Channel.MAIL, NOW)
    return contact_links.issue(
        connection, row[0], LinkPurpose.PROMPT, prompt=prompt, expires_at=NOW + timedelta(hours=12), now=NOW
    )


def _simulation(database: Database) -> None:
    """Leave what a simulator would have left: raised, missed and harmless events, and a wish that could not be fulfilled."""
    with database.transaction() as connection:
        name = connection.execute("SELECT name FROM home ORDER BY home_id LIMIT 1").fetchone()
        assert name is not None
        simulation.begin(connection, homes=12, devices=60, scenarios=["demo", "hard_day"], now=NOW)
        began_at = NOW - timedelta(hours=4)
        due_at = began_at + timedelta(hours=3)
        alerts_raised = simulation.PlannedEvent(
            "does_not_get_up", name[0], began_at, NOW, ("inactivity", "late_morning", "sos"), due_at
        )
        simulation.write_script(
            connection,
            [alerts_raised, replace(alerts_raised, kind="ward_silent", home="", raises=("x",))],
            NOW,
        )
        simulation.add_events(
            connection, [replace(alerts_raised, kind="visitor", raises=(), due_at=None)], is_injected=True
        )
        wish = simulation.request_injection(connection, home=1, kind="leaves_area", user=1, now=NOW)
        simulation.mark_executed(connection, wish, problem="no tracker", now=NOW)


def _open(
    database: Database,
    resident: int,
    rule: str,
    severity: int,
    *,
    began: float,
    raised: float,
    subject: Subject | None = None,
    **reason: object,
) -> int:
    """Open an alert; `began` and `raised` are hours before now."""
    raised_at = NOW - timedelta(hours=raised)
    found = Finding(
        rule=rule,
        subject=subject or Subject.of_resident(resident),
        severity=Severity(severity),
        began_at=NOW - timedelta(hours=began),
        raised_at=raised_at,
        cleared_at=None,
        reason=reason,
    )
    with database.transaction() as connection:
        number = episodes.open_or_update(connection, found, resident, None, raised_at)
    assert number is not None
    return number
