"""Devices where they are now, and whether they are in contact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row, kwargs_row

from core.domain.access_scope import AccessScope
from core.domain.device import LEAST_SILENCE, MISSED_HEARTBEATS, DeviceKind
from core.domain.metrics import BATTERY_LOW, BATTERY_PCT, METRICS_BY_NUMBER
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.queries import load

_DEVICES = load("devices/devices")
_ALL = 100_000


@dataclass(frozen=True)
class DeviceOverview:
    """A registered device with where it is and its last contact.

    `home`, `home_name` and `area` are None for a device in store. `battery_low` is None where the device never said.
    """

    number: int
    device_id: str
    sender: str
    kind: DeviceKind
    place: str
    model: str
    gateway_id: str | None
    heartbeat: timedelta | None
    registered_at: datetime
    home: int | None
    home_name: str | None
    area: str | None
    resident: int | None
    last_received_at: datetime | None
    last_time: datetime | None
    clock_skew_s: float | None
    battery_pct: float | None
    battery_low: bool | None

    def is_in_contact(self, now: datetime) -> bool | None:
        """Return whether its messages come as they should; None where that cannot be known, since it has no heartbeat."""
        if self.heartbeat is None:
            return None
        if self.last_received_at is None:
            return False
        return now - self.last_received_at <= max(MISSED_HEARTBEATS * self.heartbeat, LEAST_SILENCE)


@dataclass(frozen=True)
class LastContact:
    """How many of the devices with a heartbeat are in contact, and the last contact of any device."""

    in_contact: int
    expected: int
    last_received_at: datetime | None


def overviews(
    connection: Connection,
    scope: AccessScope,
    *,
    resident: int | None = None,
    limit: int = _ALL,
    after: str | None = None,
) -> list[DeviceOverview]:
    """Return the devices of a scope (or of one resident's home) by device id, those behind `after` only."""
    return _overviews(connection, scope, resident=resident, device_id=None, limit=limit, after=after)


def overview(connection: Connection, scope: AccessScope, device_id: str) -> DeviceOverview:
    """Return one device of a scope.

    Raises
    ------
    NotFoundError
        There is none of that id, or not in this scope.
    """
    found = _overviews(connection, scope, resident=None, device_id=device_id, limit=1, after=None)
    if not found:
        raise NotFoundError("there is no device of that id that you may see")
    return found[0]


def is_visible(connection: Connection, scope: AccessScope, device_id: str) -> bool:
    """Return whether a device is one of a scope."""
    return bool(_overviews(connection, scope, resident=None, device_id=device_id, limit=1, after=None))


def ids_of_senders(connection: Connection, senders: Sequence[str]) -> dict[str, str]:
    """Return the ids of the devices in use that some senders are, by sender; without those that nobody registered."""
    return dict(connection.execute(_DEVICES["ids_of_senders"], {"senders": list(senders)}).fetchall())


def measured(connection: Connection, device: int) -> list[str]:
    """Return the names of the metrics that a device ever measured."""
    rows = connection.execute(_DEVICES["measured"], {"device": device})
    return [METRICS_BY_NUMBER[number].name for (number,) in rows if number in METRICS_BY_NUMBER]


def contact_count(devices: Sequence[DeviceOverview], now: datetime) -> LastContact:
    """Return how many of these devices are in contact at `now`."""
    in_contact = [device.is_in_contact(now) for device in devices if device.home is not None]
    expected = [one for one in in_contact if one is not None]
    times = [device.last_received_at for device in devices if device.last_received_at is not None]
    return LastContact(sum(expected), len(expected), max(times, default=None))


def contact_count_in(connection: Connection, scope: AccessScope, now: datetime) -> LastContact:
    """Return the same as `contact_count` of all devices of a scope, counted in the database."""
    found = connection.cursor(row_factory=class_row(LastContact)).execute(
        _DEVICES["contact_count"],
        {
            "everything": scope.everything,
            "office": scope.office,
            "family_user": scope.family_user,
            "now": now,
            "missed": MISSED_HEARTBEATS,
            "shortest": LEAST_SILENCE,
        },
    )
    return found.fetchone() or LastContact(in_contact=0, expected=0, last_received_at=None)


def _overviews(
    connection: Connection,
    scope: AccessScope,
    *,
    resident: int | None,
    device_id: str | None,
    limit: int,
    after: str | None,
) -> list[DeviceOverview]:
    cursor = connection.cursor(row_factory=kwargs_row(_overview))
    return cursor.execute(
        _DEVICES["device_overviews"],
        {
            "everything": scope.everything,
            "office": scope.office,
            "family_user": scope.family_user,
            "resident": resident,
            "device_id": device_id,
            "charge": BATTERY_PCT.number,
            "low": BATTERY_LOW.number,
            "limit": limit,
            "after": after,
        },
    ).fetchall()


def _overview(
    *, kind: str, heartbeat_s: int | None, battery_low: float | None, **columns: Any
) -> DeviceOverview:
    return DeviceOverview(
        kind=DeviceKind(kind),
        heartbeat=None if heartbeat_s is None else timedelta(seconds=heartbeat_s),
        battery_low=None if battery_low is None else bool(battery_low),
        **columns,
    )
