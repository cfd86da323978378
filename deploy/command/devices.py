"""Commands for devices that come, move and go."""

import json
import secrets
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.domain.device import DEVICE_ID, DeviceKind
from core.errors import InputError
from deploy.command.connection import Work, work

if TYPE_CHECKING:
    from core.store.device_registry import Placement

devices = typer.Typer(
    help="Sensors, trackers and gateways.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# Left by `mimamori demo`: where its broker keeps the passwords.
_DEMO = Path("var/demo.json")
_DeviceId = Annotated[str, typer.Argument(help="Printed on the label: lower case letters, digits, - and _.")]
_Home = Annotated[str | None, typer.Option(help="Home it belongs to, by name: everybody's in that home.")]
_Resident = Annotated[int | None, typer.Option(help="Resident whose own it is, by number.")]


@devices.command("add")
def add(
    device_id: _DeviceId,
    *,
    kind: Annotated[DeviceKind, typer.Option(help="What it is.")],
    home: _Home = None,
    resident: _Resident = None,
    place: Annotated[str, typer.Option(help="Room or thing it is on: kitchen, front_door.")] = "",
    sender: Annotated[
        str | None,
        typer.Option(
            help="How its messages come: native:ID (default), zigbee2mqtt:GATEWAY/NAME, owntracks:USER/NAME ..."
        ),
    ] = None,
    gateway: Annotated[str | None, typer.Option(help="Gateway that it publishes through.")] = None,
    heartbeat_s: Annotated[
        int | None,
        typer.Option(min=1, help="Longest time between two messages of a healthy one, in seconds."),
    ] = None,
) -> None:
    """Register a device and make its credential for the broker.

    Example: [bold]mimamori device add hall-1 --kind motion --place hall --home "3丁目 A-102"[/bold]
    """
    from core.store import device_registry

    if not DEVICE_ID.match(device_id):
        raise InputError(
            f"{device_id!r} cannot be a device id: 1 to 64 lower case letters, digits, - or _, the first a letter or"
            " digit"
        )
    sender = sender or f"native:{device_id}"
    if ":" not in sender:
        raise InputError(f"--sender {sender}: needs the form FORMAT:NAME, such as native:{device_id}")
    with work() as at:
        device_registry.add_device(
            at.connection,
            device_id=device_id,
            sender=sender,
            kind=kind,
            place=place,
            gateway_id=gateway,
            heartbeat_s=heartbeat_s,
            placement=_placement(at, home, resident),
            now=at.now,
        )
    print(f"Registered {device_id}.")
    _hand_over_credential(device_id, sender, kind, gateway)


@devices.command("list")
def list_devices() -> None:
    """Show all devices in use: where they are and when they were last heard."""
    from core.domain.access import Scope
    from core.store import devices as store

    with work() as at:
        known = store.overviews(at.connection, Scope(everything=True))
    table = Table("device", "kind", "place", "home", "resident", "messages as", "last heard", "battery")
    for device in known:
        heard = {True: "", False: " (silent)", None: ""}[device.is_heard(at.now)]
        table.add_row(
            device.device_id,
            device.kind,
            device.place,
            device.home_name or "in store",
            str(device.resident or ""),
            device.sender,
            _ago(device.last_received_at, at.now) + heard,
            f"{device.battery_pct:.0f} %" if device.battery_pct is not None else "",
        )
    Console().print(table)


@devices.command("move")
def move(device_id: _DeviceId, home: _Home = None, resident: _Resident = None) -> None:
    """Let a device belong to another home or resident from now on; its past stays where it was."""
    from core.store import device_registry

    with work() as at:
        device_registry.move_device(at.connection, device_id, _placement(at, home, resident), at.now)
    print(f"{device_id} belongs there from now on")


@devices.command("retire")
def retire(device_id: _DeviceId) -> None:
    """Take a device out of use; what it said stays."""
    from core.store import device_registry

    with work() as at:
        device_registry.retire_device(at.connection, device_id, at.now)
    print(f"{device_id} is out of use; remove its name from the broker's password file too")


def _placement(at: Work, home: str | None, resident: int | None) -> "Placement":
    from core.store.device_registry import placement_of

    if (home is None) == (resident is None):
        raise InputError("give --home NAME (everybody's there) or --resident NUMBER (that person's own)")
    return placement_of(at.connection, home=home, resident=resident)


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "never"
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def _hand_over_credential(device_id: str, sender: str, kind: DeviceKind, gateway: str | None) -> None:
    """Make the password with which the broker lets the device in, and say where it publishes."""
    form, _, name = sender.partition(":")
    if gateway is not None and kind is not DeviceKind.GATEWAY:
        print(f"It publishes through the gateway {gateway}, with the gateway's password, under gw/{gateway}/")
        return
    user, topic = device_id, f"mimamori/v1/{device_id}/readings"
    if form == "owntracks":
        user, topic = name.split("/", 1)[0], f"owntracks/{name}"
    elif form != "native":
        user = name.split("/", 1)[0]
        topic = f"gw/{user}/"
    elif kind is DeviceKind.GATEWAY:
        topic = f"gw/{device_id}/"
    _make_password(user, topic)


def _make_password(user: str, topic: str) -> None:
    from deploy.broker import add_password, password_line

    password = secrets.token_urlsafe(18)
    print(f"It publishes under: {topic}\nuser: {user}\npassword, shown only now: {password}")
    if _DEMO.is_file():
        add_password(Path(json.loads(_DEMO.read_text(encoding="utf-8"))["broker_folder"]), user, password)
        print("The demo's broker knows it.")
    else:
        print(
            f"Add this line to the broker's password file and let it read that again (kill -HUP):\n"
            f"{password_line(user, password)}"
        )
