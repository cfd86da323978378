"""Four weeks of readings, walks and states of the seeded ward, written straight into the tables."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from core.domain.metrics import METRICS
from core.domain.reading import ReadingFlag

NOW = datetime(2026, 11, 23, 0, 52, tzinfo=UTC)  # 9:52 in Tokyo, a Monday
TOKYO = ZoneInfo("Asia/Tokyo")
DAYS = 28


def place(number: int) -> tuple[float, float]:
    """Return where the home of a number stands."""
    return round(35.6300 + 0.003 * (number % 4), 6), round(139.7900 + 0.003 * (number // 4), 6)


def fill(raw: psycopg.Connection, people: int) -> None:
    """Write everything that the detectors and ingest would have left by now."""
    numbers: dict[str, int] = dict(raw.execute("SELECT device_id, device_number FROM device").fetchall())
    chance = random.Random(5)
    readings: list[tuple[object, ...]] = []
    fixes: list[tuple[object, ...]] = []
    last: dict[int, datetime] = {}
    for number in range(1, people + 1):
        rows = list(_history(number, numbers, chance))
        readings += rows
        last[number] = max(row[0] for row in rows if row[5])
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
    for back in range(DAYS, -1, -1):
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
            # He has not got up today; the silence of the two homes that is out of contact began at five.
            often = 0 if number == 2 and (back == 0 or (back == 1 and hour >= 21.5)) else often
            for place in range(often):
                at = moment + timedelta(minutes=5 + 3 * place)
                device = kitchen if chance.random() < 0.3 else living
                if at < NOW:
                    rows.append((at, at, 1.0, device, motion, int(ReadingFlag.LIFE_SIGN), len(rows)))
    return rows


def _walks(number: int, tracker: int, chance: random.Random) -> list[tuple[object, ...]]:
    lat, lon = place(number)
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


def _presence(home: int) -> tuple[str, str, datetime | None, datetime | None]:
    """Return whether somebody is at home, why, since when, and when the door was used."""
    door = NOW - timedelta(hours=3)
    if home % 4 == 1:
        return "out", "nothing_inside", door, door
    if home % 4 == 2:
        return "cannot_tell", "returns_unseen", None, door
    return "in", "seen_inside", door, door


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
            "INSERT INTO evaluation (resident_id, evaluated_through, due_at, state, state_since, presence_state, presence_reason,"
            " presence_since, presence_door_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (resident_id) DO UPDATE SET state = excluded.state, state_since = excluded.state_since,"
            " due_at = excluded.due_at, presence_state = excluded.presence_state, presence_reason = excluded.presence_reason,"
            " presence_since = excluded.presence_since, presence_door_at = excluded.presence_door_at",
            (home, NOW, NOW + timedelta(days=1), state, NOW - timedelta(hours=2), *_presence(home)),
        )
    raw.execute(
        "INSERT INTO ingest_progress (worker, watermark, reported_at) VALUES ('w1', %s, %s)",
        # Far ahead, so that a slow test does not find ingest silent.
        (NOW + timedelta(days=1), NOW + timedelta(days=1)),
    )
    raw.execute(
        "INSERT INTO evaluation (evaluated_through, due_at) VALUES (%s, %s)"
        " ON CONFLICT (resident_id) DO UPDATE SET evaluated_through = excluded.evaluated_through",
        (NOW + timedelta(days=1), NOW + timedelta(days=1)),
    )
    raw.execute(
        "INSERT INTO blind_time (subject_kind, home_id, began_at, ended_at, cause) VALUES ('home', 2, %s, %s, 'home_silent')",
        (NOW - timedelta(days=4, hours=6), NOW - timedelta(days=4)),
    )
    raw.execute(
        "INSERT INTO absence (resident_id, kind, began_at, ended_at, created_at) VALUES (12, 'travel', %s, %s, %s)",
        (NOW - timedelta(days=1), NOW + timedelta(days=3), NOW - timedelta(days=2)),
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
