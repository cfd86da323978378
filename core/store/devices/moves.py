"""Devices that change their place: moved, shared, replaced. What was measured before stays with whose it was, however late it comes."""

from collections.abc import Sequence
from datetime import datetime

from core.errors import ConflictError, InputError
from core.formats.ward_file import WardDevice
from core.store.database import Connection
from core.store.devices.registry import (
    DeviceInUse,
    Placement,
    announce,
    assign,
    device_in_use,
    end_assignment,
    insert_device,
    retire_device,
)
from core.store.looking_back import LOOKED_BACK, since
from core.store.people.agreed import quiet_limits
from core.store.queries import load

_REGISTRY = load("devices/registry")


def move_device(
    connection: Connection,
    device_id: str,
    placement: Placement | None,
    now: datetime,
    *,
    since: datetime | None = None,
) -> None:
    """Let a device belong to another home or resident; what it measured before stays with the former, however late it comes.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    device_id : str
        Which device.
    placement : Placement or None
        Where it goes; None puts it in store, where its readings are nobody's.
    now : datetime
        The present.
    since : datetime, optional
        When it was moved, if that was before now. A reading of that very moment belongs to the new place.

    Raises
    ------
    NotFoundError
        There is no such device in use.
    ConflictError
        `since` lies before the device came to where it is, or was last somewhere else.
    InputError
        `since` lies in the future.
    """
    moved_at = now if since is None else since
    if moved_at > now:
        raise InputError("the move lies in the future; record it when it has happened")
    device = device_in_use(connection, device_id)
    if device.home is not None:
        end_assignment(connection, device.number, moved_at)
    if placement is not None:
        assign(connection, device.number, placement, moved_at)
    new_home = None if placement is None else placement.home
    concerned = {"device": device.number, "former": device.home, "since": moved_at}
    connection.execute(_REGISTRY["forget_home_latest"], concerned)
    find_home_latest(connection, [home for home in (device.home, new_home) if home is not None])
    connection.execute(_REGISTRY["add_changes"], concerned)
    announce(connection)


def find_home_latest(connection: Connection, homes: Sequence[int]) -> None:
    """Note the last life sign of homes, found among the devices that were there; one that is noted and later stays."""
    (newest,) = connection.execute(_REGISTRY["newest_contact"], {"homes": list(homes)}).fetchone() or (None,)
    left = set(homes)
    for back in LOOKED_BACK:
        if left and newest is not None:
            values = {"homes": sorted(left), "oldest": since(newest, back)}
            left -= {home for (home,) in connection.execute(_REGISTRY["find_home_latest"], values)}


def share_device(
    connection: Connection, device_id: str, now: datetime, *, since: datetime | None = None
) -> None:
    """Let a device that was one resident's own be everybody's in that home.

    Raises
    ------
    NotFoundError
        There is no such device in use.
    ConflictError
        It is nowhere, or everybody's already.
    """
    device = device_in_use(connection, device_id)
    if device.home is None:
        raise ConflictError(f"{device_id} is in store; move it to a home first")
    if device.resident is None:
        raise ConflictError(f"{device_id} is everybody's in its home already")
    move_device(connection, device_id, Placement(device.home, None), now, since=since)


def replace_device(
    connection: Connection,
    device_id: str,
    successor_id: str,
    now: datetime,
    *,
    sender: str | None = None,
    since: datetime | None = None,
) -> DeviceInUse:
    """Put a new device in the place of one that is broken, and retire that; the readings of each stay its own.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    device_id, successor_id : str
        The broken device, and the new one.
    now : datetime
        The present.
    sender : str, optional
        How the messages of the new one come; by default its own native topics.
    since : datetime, optional
        When it was exchanged, if that was before now.

    Raises
    ------
    NotFoundError
        There is no such device in use.
    ConflictError
        The successor's id or sender is taken.
    InputError
        A gateway speaks for the device, and the new one's name there was not given.
    """
    device = device_in_use(connection, device_id)
    if sender is None and not device.sender.startswith("native:"):
        raise InputError(
            f"{device_id} sends as {device.sender}: if the new one gets the same name at the gateway, nothing has to be"
            " changed here; if not, give its new name with the sender"
        )
    placement = None if device.home is None else Placement(device.home, device.resident)
    move_device(connection, device_id, None, now, since=since)
    retire_device(connection, device_id, now)
    successor = WardDevice(
        device_id=successor_id,
        sender=sender or f"native:{successor_id}",
        kind=device.kind,
        place=device.place,
        model=device.model,
        gateway_id=device.gateway_id,
        heartbeat_s=device.heartbeat_s,
    )
    insert_device(connection, successor, placement, now if since is None else since, now)
    found = device_in_use(connection, successor_id)
    quiet_limits.follow_successor(connection, device.number, found.number)
    announce(connection)
    return found
