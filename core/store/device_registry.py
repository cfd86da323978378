"""Devices that come, move and go."""

from dataclasses import dataclass
from datetime import datetime

from psycopg import errors

from core.domain.device import DeviceKind
from core.errors import ConflictError, NotFoundError
from core.store.database import Connection
from core.store.queries import load
from core.store.rows import Row
from core.store.ward_file import WardDevice

_REGISTRY = load("registry")


@dataclass(frozen=True)
class Placement:
    """Where a device goes: a home, and a resident of it if it is that person's own."""

    home: int
    resident: int | None


def placement_of(connection: Connection, *, home: str | None, resident: int | None) -> Placement:
    """Return the place that an operator names: a home by its name, or a resident by number.

    Raises
    ------
    NotFoundError
        There is none.
    """
    if resident is not None:
        row = connection.execute(_REGISTRY["resident_of_number"], {"resident": resident}).fetchone()
        if row is None:
            raise NotFoundError(f"there is no resident {resident}; the resident's page shows the number")
        return Placement(int(row[0]), resident)
    row = connection.execute(_REGISTRY["home"], {"name": home}).fetchone()
    if row is None:
        raise NotFoundError(f"there is no home {home}; `mimamori device list` shows the homes with devices")
    return Placement(int(row[0]), None)


def add_device(
    connection: Connection,
    *,
    device_id: str,
    sender: str,
    kind: DeviceKind,
    place: str,
    gateway_id: str | None,
    heartbeat_s: int | None,
    placement: Placement,
    now: datetime,
) -> None:
    """Register a device in a home from now on.

    Raises
    ------
    ConflictError
        The id or the sender belongs to a device already.
    """
    device = WardDevice(
        device_id=device_id,
        sender=sender,
        kind=kind,
        place=place,
        gateway_id=gateway_id,
        heartbeat_s=heartbeat_s,
    )
    insert_device(connection, device, placement, now, now)
    announce(connection)


def move_device(connection: Connection, device_id: str, placement: Placement, now: datetime) -> None:
    """Let a device belong to another home or resident from now on; what it said before stays with the former.

    Raises
    ------
    NotFoundError
        There is no such device in use.
    """
    device = _device_in_use(connection, device_id)
    _end_assignment(connection, device, now)
    connection.execute(
        _REGISTRY["assign_device"],
        {"device": device, "home": placement.home, "resident": placement.resident, "since": now},
    )
    announce(connection)


def retire_device(connection: Connection, device_id: str, now: datetime) -> None:
    """Take a device out of use from now on; what it said stays.

    Raises
    ------
    NotFoundError
        There is no such device in use.
    """
    device = _device_in_use(connection, device_id)
    _end_assignment(connection, device, now)
    connection.execute(_REGISTRY["retire_device"], {"device": device, "now": now})
    announce(connection)


def insert_device(
    connection: Connection, device: WardDevice, placement: Placement, since: datetime, now: datetime
) -> None:
    """Register a device as a ward file has it, in a home since a moment.

    Raises
    ------
    ConflictError
        The id or the sender belongs to a device already.
    """
    row = connection.execute(_REGISTRY["device"], {"device_id": device.device_id}).fetchone()
    if row is not None:
        raise ConflictError(f"the device {device.device_id} is registered already")
    row = connection.execute(_REGISTRY["device_of_sender"], {"sender": device.sender}).fetchone()
    if row is not None:
        raise ConflictError(f"messages of {device.sender} belong to the device {row[0]} already")
    row = connection.execute(
        _REGISTRY["add_device"],
        {
            "device_id": device.device_id,
            "sender": device.sender,
            "kind": device.kind,
            "place": device.place,
            "model": device.model,
            "gateway_id": device.gateway_id,
            "heartbeat_s": device.heartbeat_s,
            "now": now,
        },
    ).fetchone()
    number = one_number(row)
    connection.execute(
        _REGISTRY["assign_device"],
        {"device": number, "home": placement.home, "resident": placement.resident, "since": since},
    )


def _device_in_use(connection: Connection, device_id: str) -> int:
    row = connection.execute(_REGISTRY["device"], {"device_id": device_id}).fetchone()
    if row is None or row[2] is not None:
        raise NotFoundError(f"there is no device {device_id} in use; `mimamori device list` shows them all")
    return int(row[0])


def _end_assignment(connection: Connection, device: int, now: datetime) -> None:
    try:
        with connection.transaction():
            connection.execute(_REGISTRY["end_assignment"], {"device": device, "until": now})
    except (errors.CheckViolation, errors.DataException) as error:
        raise ConflictError(
            "the device was put where it is at this very moment or later; try again"
        ) from error


def announce(connection: Connection) -> None:
    """Tell ingest, after the commit, that its list of devices is out of date."""
    connection.execute(_REGISTRY["announce_devices"])


def one_number(row: Row | None) -> int:
    """Return the key that an insert gave."""
    if row is None:
        raise ConflictError("somebody else registered the same at this moment; try again")
    return int(row[0])
