"""A ward that is evaluated: homes to register, readings to store as ingest would, a clock moved by hand, and the alerts that came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from core.domain.alert import Alert
from core.domain.device import DeviceKind
from core.domain.metrics import METRICS
from core.domain.reading import ReadingFlag, is_life_sign
from core.store.alerts import alerts
from core.store.database import Database
from core.store.detection import evaluation_queue
from core.store.telemetry import batches
from core.store.telemetry.batches import Batch, DeviceContact
from detectors.engine.scheduler import Scheduler
from tests.support.alerting import HandClock
from tests.support.wards import ward_files

ZONE = ZoneInfo("Asia/Tokyo")


def at(text: str, zone: ZoneInfo = ZONE) -> datetime:
    """Return a moment written as it is on the wall: `2026-08-01 07:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True)
class Seen:
    """A reading of a device: what, how much, when, and when we received it (None: at once)."""

    device: str
    metric: str
    value: float
    time: datetime
    received_at: datetime | None = None


def home(
    number: int, *, watched_from: datetime, door_heartbeat_s: int | None = None, **resident: Any
) -> dict[str, Any]:
    """Return a home of a ward file with a hall, a kitchen, a door, a button, a tracker and a gateway."""
    key = f"r{number}"
    devices: list[dict[str, Any]] = [
        {"kind": "motion", "device_id": f"hall-{number}", "place": "hall"},
        {"kind": "motion", "device_id": f"kitchen-{number}", "place": "kitchen"},
        {"kind": "door", "device_id": f"door-{number}", "place": "front_door"},
        {"kind": "button", "device_id": f"sos-{number}", "resident": key},
        {"kind": "tracker", "device_id": f"phone-{number}", "resident": key},
        {"kind": "gateway", "device_id": f"gate-{number}"},
    ]
    if door_heartbeat_s is not None:
        devices[2]["heartbeat_s"] = door_heartbeat_s
    return {
        "name": f"3丁目 {number:03}",
        "office": "中央地域包括支援センター",
        "area": "3丁目",
        "residents": [
            {
                "key": key,
                "name": f"山田{number}",
                "kana": f"やまだ{number:03}",
                "watched_from": watched_from.isoformat(),
                **resident,
            }
        ],
        "devices": [
            {**one, "sender": f"native:{one['device_id']}", "since": "2026-01-01T00:00:00Z"}
            for one in devices
        ],
    }


class EvaluatedWard:
    """A registered ward with a scheduler; `now` moves only by `pass_to`."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        homes: Sequence[dict[str, Any]],
        now: datetime,
        *,
        centre: Sequence[dict[str, Any]] = (),
        users: Sequence[dict[str, Any]] = (),
    ) -> None:
        self.database = database
        self.clock = HandClock(now)
        self.scheduler = Scheduler(database, self.clock, ZONE)
        self._seq = 0
        office = {"name": "中央地域包括支援センター", "centre": list(centre)}
        ward = {"offices": [office], "users": list(users), "homes": list(homes)}
        with database.transaction() as connection:
            ward_files.register(connection, ward_files.write_ward(folder, ward))
            self._devices = {
                one.device_id: one for one in batches.sending_devices(connection, ward_files.NOW)
            }

    def store(self, seen: Iterable[Seen]) -> None:
        """Store readings as one batch of ingest."""
        batch = Batch()
        for one in seen:
            device = self._devices[one.device]
            received_at = one.received_at or one.time
            self._seq += 1
            is_sign = is_life_sign(DeviceKind(device.kind), one.metric, one.value)
            flags = int(ReadingFlag.LIFE_SIGN) if is_sign else 0
            metric = METRICS[one.metric].number
            row = (device.number, one.time, metric, self._seq, one.value, received_at, flags, None, None)
            batch.readings.append(row)
            latest = batch.latest.get((device.number, metric))
            if latest is None or latest[0] <= one.time:
                batch.latest[device.number, metric] = (one.time, one.value)
            contact = batch.contacts.get(device.number)
            if contact is None or contact.received_at < received_at:
                batch.contacts[device.number] = DeviceContact(received_at, one.time, self._seq, None)
        with self.database.transaction() as connection:
            batches.store_batch(connection, batch, self.clock.now())

    def locate(self, device: str, fixes: Iterable[tuple[datetime, float, float, float | None]]) -> None:
        """Store fixes: time, latitude, longitude, accuracy."""
        batch = Batch()
        number = self._devices[device].number
        for time, lat, lon, accuracy in fixes:
            self._seq += 1
            batch.fixes.append((number, time, self._seq, lat, lon, accuracy, None, None, None, time, 0, None))
            batch.contacts[number] = DeviceContact(time, time, self._seq, None)
        with self.database.transaction() as connection:
            batches.store_batch(connection, batch, self.clock.now())

    def pass_to(self, now: datetime, *, scheduler: Scheduler | None = None) -> int:
        """Move the clock, record that ingest has stored everything up to then, and evaluate; return how many homes were evaluated."""
        self.clock.advance(seconds=(now - self.clock.now()).total_seconds())
        self.complete(now)
        return (scheduler or self.scheduler).cycle()

    def complete(self, through: datetime) -> None:
        """Say that ingest has stored everything up to a moment."""
        with self.database.transaction() as connection:
            batches.report_progress(connection, "test", through, 0, through)

    def has_evaluated(self, through: datetime) -> bool:
        """Return whether everything up to a moment is evaluated."""
        with self.database.transaction() as connection:
            return evaluation_queue.is_evaluated(connection, through)

    def alerts(self, rule: str | None = None) -> list[Alert]:
        """Return all alerts, oldest first, of one rule or all."""
        with self.database.transaction() as connection:
            return sorted(alerts.history(connection, rule=rule), key=lambda one: one.number)

    def state(self, resident: int = 1) -> str:
        """Return what the board says about a resident."""
        with self.database.transaction() as connection:
            people = evaluation_queue.watched_residents(connection, [resident])
        return people[resident][0].state


def daily(number: int, first: datetime, days: int, *, hours: Sequence[float] = ()) -> list[Seen]:
    """Return the life signs of regular days: a pair in the kitchen every half hour from 7 to 22, and two at night."""
    clock = hours or [7 + half / 2 for half in range(31)] + [2.0, 4.5]
    found: list[Seen] = []
    for day in range(days):
        for hour in clock:
            time = first + timedelta(days=day, hours=hour)
            found.append(Seen(f"kitchen-{number}", "motion", 1, time))
            found.append(Seen(f"hall-{number}", "motion", 1, time + timedelta(seconds=40)))
    return found
