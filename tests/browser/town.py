"""A small ward with four weeks behind it and a busy morning, seeded: what the pages are looked at with."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from core.domain.alert import Condition, Finding, Severity
from core.domain.metric import METRICS
from core.domain.reading import ReadingFlag
from core.store import alerts, answer_links, episodes
from core.store.database import Database
from core.store.registry import register_ward
from core.store.ward_file import read_ward
from detectors.alerting import planner
from tests.support.api_ward import password_hash
from tests.support.wards import write_ward

NOW = datetime(2026, 11, 23, 0, 52, tzinfo=UTC)  # 9:52 in Tokyo, a Monday
TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE = "中央地域包括支援センター"
_DAYS = 28
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
    """What the seed made: alert numbers and an answer token."""

    sos: int
    inactivity: int
    geofence: int
    silent: int
    late: int
    equipment: int
    token: str


def build(url: str, folder: Path) -> Town:
    """Fill a migrated database."""
    with Database(url, size=2) as database:
        with database.transaction() as connection:
            register_ward(
                connection,
                read_ward(write_ward(folder, _ward())),
                now=NOW - timedelta(days=_DAYS),
                default_zone="Asia/Tokyo",
                new_password=lambda _login: password_hash(),
            )
        with psycopg.connect(url, autocommit=True) as raw:
            _fill(raw)
        town = _morning(database)
        with psycopg.connect(url, autocommit=True) as raw:
            raw.execute("UPDATE notification SET status = 'sent', sent_at = created_at, attempts = 1")
    return town


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
        ],
        "homes": homes,
    }


def _home(number: int, name: str, kana: str, born: int, area: str) -> dict[str, Any]:
    lat, lon = _place(number)
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


def _place(number: int) -> tuple[float, float]:
    return round(35.6300 + 0.003 * (number % 4), 6), round(139.7900 + 0.003 * (number // 4), 6)


def _fill(raw: psycopg.Connection) -> None:
    numbers: dict[str, int] = dict(raw.execute("SELECT device_id, device_number FROM device").fetchall())
    chance = random.Random(5)
    readings: list[tuple[object, ...]] = []
    fixes: list[tuple[object, ...]] = []
    last: dict[int, datetime] = {}
    for number in range(1, len(_PEOPLE) + 1):
        rows = list(_history(number, numbers, chance))
        readings += rows
        last[number] = max(row[0] for row in rows if row[5])  # type: ignore[type-var] # ty: rows hold what COPY takes
        tracker = numbers.get(f"tracker-self-{number}")
        if tracker is not None:
            fixes += _walks(number, tracker, chance)
    with raw.cursor().copy(
        "COPY reading (time, received_at, value, device_number, metric, flags, seq) FROM STDIN"
    ) as copy:
        for row in readings:
            copy.write_row(row)
    with raw.cursor().copy(
        "COPY fix (time, received_at, lat, lon, device_number, accuracy_m) FROM STDIN"
    ) as copy:
        for row in fixes:
            copy.write_row(row)
    _latest(raw, numbers, last)


def _history(number: int, numbers: dict[str, int], chance: random.Random) -> list[tuple[Any, ...]]:
    living, kitchen = numbers[f"motion-living-room-{number}"], numbers[f"motion-kitchen-{number}"]
    motion, beat = METRICS["motion"].number, METRICS["heartbeat"].number
    rows: list[tuple[Any, ...]] = []
    up, down = 6.2 + chance.random(), 21 + chance.random()
    is_dark = number in {4, 9}
    for back in range(_DAYS, -1, -1):
        midnight = (NOW.astimezone(TOKYO) - timedelta(days=back)).replace(hour=0, minute=0)
        begin, end = up + chance.gauss(0, 0.3), down + chance.gauss(0, 0.4)
        outing = (10.0, 11.5) if chance.random() < 0.4 else (0.0, 0.0)
        if number == 2 and back == 0:
            begin = 24.0
        for half in range(48):
            hour = half / 2
            moment = (midnight + timedelta(hours=hour, minutes=chance.randrange(5))).astimezone(UTC)
            silent = (number % 5 == 2 and back == 11 and 2 <= hour < 15) or (
                is_dark and back == 0 and hour >= 5
            )
            if moment > NOW - timedelta(minutes=3) or silent:
                continue
            rows.append((moment, moment, 1.0, living, beat, 0, len(rows)))
            awake = begin <= hour < end and not outing[0] <= hour < outing[1]
            often = chance.choice((0, 1, 2, 4, 7)) if awake else int(chance.random() < 0.04)
            # He has not got up today; the silence of the two homes that cannot be heard began at five.
            often = 0 if number == 2 and (back == 0 or (back == 1 and hour >= 21.5)) else often
            for place in range(often):
                at = moment + timedelta(minutes=5 + 3 * place)
                device = kitchen if chance.random() < 0.3 else living
                if at < NOW:
                    rows.append((at, at, 1.0, device, motion, int(ReadingFlag.LIFE_SIGN), len(rows)))
    return rows


def _walks(number: int, tracker: int, chance: random.Random) -> list[tuple[object, ...]]:
    lat, lon = _place(number)
    began = NOW - timedelta(minutes=40 if number == 3 else 90)
    rows: list[tuple[object, ...]] = []
    for step in range(24):
        at = began + timedelta(minutes=1.5 * step)
        rows.append(
            (
                at,
                at,
                lat + 0.00022 * step + chance.gauss(0, 0.00008),
                lon + 0.00031 * step + chance.gauss(0, 0.00008),
                tracker,
                chance.choice((8.0, 15.0, 35.0)),
            )
        )
    return rows


def _latest(raw: psycopg.Connection, numbers: dict[str, int], last: dict[int, datetime]) -> None:
    climate = {"living-room": 22.4, "bedroom": 15.1}
    for device_id, number in numbers.items():
        home = int(device_id.rsplit("-", 1)[1])
        age = timedelta(hours=5) if home in {4, 9} else timedelta(seconds=12 + home)
        if device_id == "motion-kitchen-5":
            age = timedelta(hours=6)
        raw.execute(
            "INSERT INTO device_contact (device_number, last_received_at, last_time) VALUES (%s, %s, %s)",
            (number, NOW - age, NOW - age),
        )
        level = 9.0 if device_id == "door-front-door-6" else 60.0 + home
        _value(raw, number, "battery_pct", level)
        for place, degrees in climate.items():
            if device_id == f"climate-{place}-{home}":
                _value(raw, number, "temperature_c", degrees + home / 10)
                _value(raw, number, "humidity_pct", 40 + home)
    for home, at in last.items():
        raw.execute(
            "INSERT INTO home_latest (home_id, life_sign_at, device_number) VALUES (%s, %s, %s)",
            (home, at, numbers[f"motion-living-room-{home}"]),
        )
        state = {4: "cannot_tell", 9: "cannot_tell", 10: "different"}.get(home, "as_usual")
        raw.execute(
            "INSERT INTO watch (subject, resident_id, judged_through, due_at, state, state_since)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (subject) DO UPDATE SET state = excluded.state, state_since = excluded.state_since",
            (f"resident:{home}", home, NOW, NOW, state, NOW - timedelta(hours=2)),
        )
    raw.execute(
        "INSERT INTO ingest_progress (worker, complete_through, reported_at) VALUES ('w1', %s, %s)",
        # Far ahead, so that a slow test does not find ingest silent.
        (NOW + timedelta(days=1), NOW + timedelta(days=1)),
    )
    raw.execute(
        "INSERT INTO blind_time (subject, began_at, ended_at, cause) VALUES ('home:2', %s, %s, 'home_silent')",
        (NOW - timedelta(days=4, hours=6), NOW - timedelta(days=4)),
    )
    raw.execute(
        "UPDATE resident SET paused_from = %s, paused_until = %s WHERE resident_id = 12",
        (NOW - timedelta(days=1), NOW + timedelta(days=3)),
    )


def _value(raw: psycopg.Connection, device: int, metric: str, value: float) -> None:
    raw.execute(
        "INSERT INTO device_latest (device_number, metric, time, value) VALUES (%s, %s, %s, %s)",
        (device, METRICS[metric].number, NOW - timedelta(minutes=4), value),
    )


def _morning(database: Database) -> Town:
    usual = {"days": 28, "active_by": "2026-11-22T21:40:00+00:00", "longest_min": 95}
    card = {"rule_version": 1, "ruled_out": ["planned_absence", "home_silent", "ward_silent"]}
    life_sign = {"time": "2026-11-22T12:40:00+00:00", "kind": "motion", "place": "bedroom"}
    lat, lon = _place(3)
    old = _open(database, 2, "inactivity", 2, began=24 * 9.0, raised=24 * 9 - 3.0, usual=usual, **card)
    with database.transaction() as connection:
        alerts.close(connection, old, outcome=_outcome("safe_contacted"), user=2, note="寝坊でした", now=NOW)
    silent = _open(database, 4, "home_silent", 2, began=4.8, raised=0.6, subject="home:4")
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
        "late": _open(database, 6, "geofence_exit", 3, began=3.0, raised=2.9, subject="geofence:6",
                      geofence={"number": 6, "name": "商店街"}, rule_version=1),
        "equipment": _open(database, 5, "device_silent", 4, began=6.0, raised=5.0, subject="device:30"),
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
        alerts.claim(connection, found["geofence"], contact=contact[0], now=claimed_at)
        father = connection.execute("SELECT contact_id FROM contact WHERE resident_id = 2").fetchone()
        assert father is not None
        token = answer_links.issue(connection, found["inactivity"], father[0], NOW)
    return Town(silent=silent, token=token, **found)


def _open(
    database: Database,
    resident: int,
    rule: str,
    severity: int,
    *,
    began: float,
    raised: float,
    subject: str | None = None,
    **reason: object,
) -> int:
    """Open an alert; `began` and `raised` are hours before now."""
    raised_at = NOW - timedelta(hours=raised)
    found = Finding(
        rule=rule,
        subject=subject or f"resident:{resident}",
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


def _outcome(name: str) -> Any:
    from core.domain.alert import Outcome

    return Outcome(name)


__all__ = ["NOW", "Condition", "Town", "build"]
