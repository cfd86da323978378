"""Commands for devices that come, move and go."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.domain.broker_account import BrokerAccount, account_of
from core.domain.device import DEVICE_ID, DeviceKind, sender_mistake
from core.domain.evidence.device_profile import FieldMeaning
from core.domain.metrics import BATTERY_PCT
from core.errors import InputError
from deploy.cli.connection import Work, work
from deploy.cli.credentials import credentials, print_credential, write_label
from deploy.cli.profiles import profiles
from deploy.cli.proposals import proposals

if TYPE_CHECKING:
    from core.store.devices.broker_accounts import Standing

devices = typer.Typer(
    help="Sensors, trackers and gateways.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# `mimamori device label` and its like stand beside `add`, not in a group of their own.
devices.registered_commands += credentials.registered_commands + proposals.registered_commands
devices.add_typer(profiles, name="profile")
_DeviceId = Annotated[str, typer.Argument(help="Printed on the label: lower case letters, digits, - and _.")]
_Home = Annotated[str | None, typer.Option(help="Home it belongs to, by name: everybody's in that home.")]
_Resident = Annotated[int | None, typer.Option(help="Resident whose own it is, by number.")]
_At = Annotated[
    datetime | None,
    typer.Option(
        "--at",
        formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"],
        help="When it happened, with its offset, if that was before now: 2026-08-01T14:30+0900.",
    ),
]


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
    model: Annotated[str, typer.Option(help="Its model; the library's profile of it is followed.")] = "",
    profile: Annotated[
        str | None, typer.Option(help="Profile by which it is read; by default the library's of its model.")
    ] = None,
    meaning: Annotated[
        FieldMeaning | None, typer.Option(help="What its presses or states mean in its home.")
    ] = None,
    label: Annotated[
        Path | None,
        typer.Option(
            help="Write a label with a one-use code there (SVG) in place of printing the credential."
        ),
    ] = None,
) -> None:
    """Register a device and make its credential for the broker, or a label with which it gets one.

    Example: [bold]mimamori device add hall-1 --kind motion --place hall --home "3丁目 A-102"[/bold]
    """
    from api.actions import devices as actions

    _check_id(device_id)
    _check_place(home, resident)
    sender = sender or f"native:{device_id}"
    if mistake := sender_mistake(sender):
        raise InputError(f"--sender {mistake}")
    with work() as at:
        reading = actions.WayToRead(profile, meaning=meaning)
        new = actions.NewDevice(device_id, kind, place, sender, gateway, heartbeat_s, model, reading)
        actions.register(at.action, new, actions.Whereabouts(home, resident))
        print(f"Registered {device_id}.")
        account = account_of(device_id, sender, kind, gateway)
        if account is None:
            print(f"No account of the broker may publish as {sender}: register it with its gateway's name.")
            return
        if label is not None:
            write_label(at, device_id, label)
        else:
            _hand_over(at, account)


@devices.command("list")
def list_devices() -> None:
    """Show all devices in use: where they are and their last contact.

    Example: [bold]mimamori device list[/bold]
    """
    from core.clock import SystemClock
    from core.domain.access_scope import AccessScope
    from core.store.devices import broker_accounts
    from core.store.devices import devices as store

    with work() as at:
        known = store.overviews(at.connection, AccessScope(everything=True))
        standings = broker_accounts.standings(at.connection, SystemClock().now())
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    for name in ("device", "kind", "where", "messages as", "credential", "last contact", "battery"):
        # Folded rather than cut off: names of homes have no spaces to break at.
        table.add_column(name, overflow="fold")
    for device in known:
        silence = {True: "", False: " (silent)", None: ""}[device.is_in_contact(at.now)]
        account = account_of(device.device_id, device.sender, device.kind, device.gateway_id)
        own = f" (resident {device.resident})" if device.resident else ""
        table.add_row(
            device.device_id,
            device.kind,
            Text(f"{device.home_name or 'in store'} {device.place}".strip() + own),
            # What stands beside the id anyway is left out.
            Text("" if device.sender == f"native:{device.device_id}" else device.sender),
            "" if account is None else _credential(device.device_id, account, standings.get(account.name)),
            _ago(device.last_received_at, at.now) + silence,
            f"{device.battery_pct:.{BATTERY_PCT.precision}f} %" if device.battery_pct is not None else "",
        )
    Console().print(table)


@devices.command("move")
def move(device_id: _DeviceId, home: _Home = None, resident: _Resident = None, at_time: _At = None) -> None:
    """Let a device belong to another home or resident; what it measured before stays where it was, however late it comes.

    Example: [bold]mimamori device move hall-1 --home "3丁目 A-103" --at 2026-08-01T14:30+0900[/bold]
    """
    from api.actions import devices as actions

    _check_place(home, resident)
    with work() as at:
        actions.move(at.action, device_id, actions.Whereabouts(home, resident), since=_utc(at_time))
    print(f"{device_id} belongs there {_from(at_time)}")


@devices.command("unassign")
def store(device_id: _DeviceId, at_time: _At = None) -> None:
    """Take a device out of its home for the time being; what it says in store is nobody's.

    Example: [bold]mimamori device unassign hall-1[/bold]
    """
    from api.actions import devices as actions

    with work() as at:
        actions.move(at.action, device_id, actions.Whereabouts(), since=_utc(at_time))
    print(f"{device_id} is in store {_from(at_time)}")


@devices.command("share")
def share(device_id: _DeviceId, at_time: _At = None) -> None:
    """Let a device that was one resident's own be everybody's in that home.

    Example: [bold]mimamori device share bed-1[/bold]
    """
    from core.store.devices import moves

    with work() as at:
        moves.share_device(at.connection, device_id, at.now, since=_utc(at_time))
    print(f"{device_id} is everybody's in its home {_from(at_time)}")


@devices.command("replace")
def replace(
    device_id: _DeviceId,
    successor: Annotated[str, typer.Argument(help="Id of the new one.")],
    sender: Annotated[
        str | None, typer.Option(help="How the new one's messages come, unless it is native.")
    ] = None,
    at_time: _At = None,
) -> None:
    """Put a new device in the place of a broken one, which goes out of use.

    Example: [bold]mimamori device replace hall-1 hall-2[/bold]
    """
    from api.actions import devices as actions
    from core.clock import SystemClock

    _check_id(successor)
    with work() as at:
        made = actions.replace(
            at.action,
            device_id,
            successor,
            sender=sender,
            since=_utc(at_time),
            machine_now=SystemClock().now(),
        )
        print(f"{successor} is in the place of {device_id} {_from(at_time)}")
        account = account_of(made.device_id, made.sender, made.kind, made.gateway_id)
        if account is not None:
            _hand_over(at, account)


@devices.command("retire")
def retire(device_id: _DeviceId) -> None:
    """Take a device out of use, and its credential; what it said stays.

    Example: [bold]mimamori device retire hall-1[/bold]
    """
    from api.actions import devices as actions
    from core.clock import SystemClock

    with work() as at:
        actions.retire(at.action, device_id, machine_now=SystemClock().now())
    print(f"{device_id} is out of use")


def _check_place(home: str | None, resident: int | None) -> None:
    if (home is None) == (resident is None):
        raise InputError("give --home NAME (everybody's there) or --resident NUMBER (that person's own)")


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "never"
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def _check_id(device_id: str) -> None:
    if not DEVICE_ID.match(device_id):
        raise InputError(
            f"{device_id!r} cannot be a device id: 1 to 64 lower case letters, digits, - or _, the first a letter or"
            " digit"
        )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _from(moment: datetime | None) -> str:
    return "from now on" if moment is None else f"from {moment.isoformat()} on"


def _credential(device_id: str, account: BrokerAccount, standing: "Standing | None") -> str:
    """Return whether the broker lets a device in; that of a gateway or phone with its name."""
    name = "" if account.name == device_id else f"{account.name}: "
    if standing is None:
        return f"{name}none yet"
    if standing.is_let_in:
        return f"{name}yes, new code open" if standing.code_until else f"{name}yes"
    if standing.code_until:
        return f"{name}code open"
    return f"{name}revoked" if standing.revoked_at else f"{name}none yet"


def _hand_over(at: Work, account: BrokerAccount) -> None:
    """Make a credential where there is none yet, and print it."""
    from core.clock import SystemClock
    from core.credentials import enrolment_codes
    from core.store.devices import broker_accounts

    machine_now = SystemClock().now()
    standing = broker_accounts.standing(at.connection, account.name, machine_now)
    if standing is not None and standing.is_let_in:
        print(f"It publishes with the credential of {account.name}, under: {account.publishes}")
    else:
        print_credential(at.settings, enrolment_codes.new_credential(at.connection, account, machine_now))
