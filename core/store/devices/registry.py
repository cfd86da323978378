"""Devices that come, move and go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import errors
from psycopg.rows import dict_row, kwargs_row

from core.domain.broker_account import BrokerAccount, account_of
from core.domain.device import DeviceKind, sender_mistake
from core.errors import ConflictError, InputError, NotFoundError
from core.formats.ward_file import WardDevice
from core.store.database import Connection
from core.store.devices import broker_accounts
from core.store.people.records import record_lists
from core.store.queries import load

_REGISTRY = load("devices/registry")


@dataclass(frozen=True)
class Placement:
    """Where a device goes: a home, and a resident of it if it is that person's own."""

    home: int
    resident: int | None


def placement_of(
    connection: Connection,
    *,
    home: str | None = None,
    resident: int | None = None,
    home_number: int | None = None,
) -> Placement:
    """Return the place that an operator names: a home by its name or number, or a resident by number.

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
    if home_number is not None:
        if connection.execute(_REGISTRY["home_of_number"], {"home": home_number}).fetchone() is None:
            raise NotFoundError(f"there is no home {home_number}")
        return Placement(home_number, None)
    number = None if home is None else record_lists.home_named(connection, home)
    if number is None:
        raise NotFoundError(f"there is no home {home}; `mimamori device list` shows the homes with devices")
    return Placement(number, None)


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
    model: str = "",
) -> None:
    """Register a device in a home from now on.

    Raises
    ------
    ConflictError
        The id or the sender belongs to a device already.
    InputError
        No message can come from that sender.
    """
    device = WardDevice(
        device_id=device_id,
        sender=sender,
        kind=kind,
        place=place,
        model=model,
        gateway_id=gateway_id,
        heartbeat_s=heartbeat_s,
    )
    insert_device(connection, device, placement, now, now)
    announce(connection)


@dataclass(frozen=True)
class DeviceInUse:
    """How a device is registered, and where it is: nowhere, with `home` None, while it is in store."""

    number: int
    device_id: str
    sender: str
    kind: DeviceKind
    place: str
    model: str
    gateway_id: str | None
    heartbeat_s: int | None
    home: int | None
    resident: int | None
    since: datetime | None

    @property
    def account(self) -> BrokerAccount | None:
        """Who signs in to the broker for it; None where nobody may."""
        return account_of(self.device_id, self.sender, self.kind, self.gateway_id)


def device_in_use(connection: Connection, device_id: str) -> DeviceInUse:
    """Return how a device is registered.

    Raises
    ------
    NotFoundError
        There is no such device in use.
    """
    cursor = connection.cursor(row_factory=kwargs_row(_device_in_use))
    found = cursor.execute(_REGISTRY["device_in_use"], {"device_id": device_id}).fetchone()
    if found is None:
        raise NotFoundError(f"there is no device {device_id} in use; `mimamori device list` shows them all")
    return found


def account_for(connection: Connection, device_id: str) -> BrokerAccount:
    """Return the account that a device publishes with.

    Raises
    ------
    NotFoundError
        There is no such device in use.
    InputError
        It was registered under a bare topic, which no account may publish to.
    """
    device = device_in_use(connection, device_id)
    if device.account is None:
        raise InputError(
            f"{device_id} is registered as {device.sender}, without a gateway; register it with the gateway's name,"
            f" such as {device.sender.replace(':/', ':GATEWAY/')}"
        )
    return device.account


def publishers(connection: Connection, account: BrokerAccount) -> list[str]:
    """Return the ids of all devices in use that publish with an account, by id."""
    rows = connection.cursor(row_factory=dict_row).execute(_REGISTRY["senders_in_use"])
    return sorted(row["device_id"] for row in rows if _account_of_row(**row) == account)


def end_credential(connection: Connection, device_id: str, machine_now: datetime, *, user: int) -> None:
    """Revoke the credential of a device that goes out of use, unless another device publishes with it too.

    Raises
    ------
    NotFoundError
        There is no such device in use.
    """
    account = device_in_use(connection, device_id).account
    if account is None or publishers(connection, account) != [device_id]:
        return
    if broker_accounts.standing(connection, account.name, machine_now) is not None:
        broker_accounts.revoke(connection, account.name, machine_now, user=user)


def retire_device(connection: Connection, device_id: str, now: datetime) -> None:
    """Take a device out of use from now on; what it said stays.

    Raises
    ------
    NotFoundError
        There is no such device in use.
    """
    device = device_in_use(connection, device_id)
    if device.home is not None:
        end_assignment(connection, device.number, now)
    connection.execute(_REGISTRY["retire_device"], {"device": device.number, "now": now})
    announce(connection)


def insert_device(
    connection: Connection, device: WardDevice, placement: Placement | None, since: datetime, now: datetime
) -> None:
    """Register a device as a ward file has it, in a home since a moment, or in store.

    Raises
    ------
    ConflictError
        The id or the sender belongs to a device already.
    InputError
        No message can come from that sender.
    """
    if mistake := sender_mistake(device.sender):
        raise InputError(f"sender {mistake}")
    row = connection.execute(_REGISTRY["device"], {"device_id": device.device_id}).fetchone()
    if row is not None:
        raise ConflictError(f"the device {device.device_id} is registered already")
    row = connection.execute(_REGISTRY["device_of_sender"], {"sender": device.sender}).fetchone()
    if row is not None:
        raise ConflictError(f"messages of {device.sender} belong to the device {row[0]} already")
    account = account_of(device.device_id, device.sender, device.kind, device.gateway_id)
    if account is not None and account.name == device.device_id:
        broker_accounts.refuse_taken_name(connection, account)
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
    if placement is not None:
        assign(connection, number, placement, since)


def assign(connection: Connection, device: int, placement: Placement, since: datetime) -> None:
    """Put a device into a home from a moment on.

    Raises
    ------
    ConflictError
        It was somewhere else at that moment or later.
    """
    values = {"device": device, "home": placement.home, "resident": placement.resident, "since": since}
    try:
        with connection.transaction():
            connection.execute(_REGISTRY["assign_device"], values)
    except errors.ExclusionViolation as error:
        raise ConflictError(
            "the device was somewhere else at that moment or later; give a later one, when it had left there"
        ) from error


def end_assignment(connection: Connection, device: int, until: datetime) -> None:
    """Take a device out of where it is.

    Raises
    ------
    ConflictError
        It came there at that moment or later.
    """
    try:
        with connection.transaction():
            connection.execute(_REGISTRY["end_assignment"], {"device": device, "until": until})
    except (errors.CheckViolation, errors.DataException) as error:
        raise ConflictError(
            "the device was put where it is at that very moment or later; give a later one, or try again"
        ) from error


def set_kind(connection: Connection, device: int, kind: DeviceKind) -> None:
    """Say what a device is, which decides which of its readings are life signs."""
    connection.execute(_REGISTRY["set_kind"], {"device": device, "kind": kind})


def evaluate_again(connection: Connection, device: int, since: datetime) -> None:
    """Let those be evaluated again whom a device concerns, from a moment on."""
    connection.execute(_REGISTRY["add_changes"], {"device": device, "since": since, "former": None})


def announce(connection: Connection) -> None:
    """Notify ingest, after the commit, that its list of devices is out of date."""
    connection.execute(_REGISTRY["announce_devices"])


def one_number(row: tuple[Any, ...] | None) -> int:
    """Return the key that an insert gave."""
    if row is None:
        raise ConflictError("somebody else registered the same at this moment; try again")
    return int(row[0])


def _device_in_use(*, kind: str, **columns: Any) -> DeviceInUse:
    return DeviceInUse(kind=DeviceKind(kind), **columns)


def _account_of_row(
    *, device_id: str, sender: str, kind: str, gateway_id: str | None
) -> BrokerAccount | None:
    return account_of(device_id, sender, DeviceKind(kind), gateway_id)
