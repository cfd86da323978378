"""Commands for devices that gateways describe: look at them, register them, or do not."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.domain.device import DeviceKind
from core.domain.evidence.device_profile import FieldMeaning
from core.errors import InputError
from deploy.cli.connection import work
from deploy.cli.quarantine import printable

_NAMED = 5
# Taken up by `mimamori device`.
proposals = typer.Typer()
_Number = Annotated[int, typer.Argument(min=1, help="As `mimamori device proposals` shows it.")]


@proposals.command("proposals")
def list_proposals() -> None:
    """Show what gateways, servers and devices described and nobody has registered.

    Example: [bold]mimamori device proposals[/bold]
    """
    from core.store.devices import proposals as store
    from core.store.devices import unread_fields

    with work() as at:
        found = store.waiting(at.connection)
        unread = unread_fields.of_senders(at.connection, [one.sender for one in found])
    if not found:
        print("no gateway describes a device that is not registered")
        return
    table = Table()
    for name in ("number", "messages as", "name", "model", "seems to be", "not read", "said first"):
        # Folded rather than cut off: the name that a device sends as has no spaces to break at, and is what to look for.
        table.add_column(name, overflow="fold")
    for one in found:
        # A gateway's words are shown as text only, never as commands for the terminal.
        table.add_row(
            str(one.number),
            Text(one.sender),
            Text(one.name),
            Text(one.model),
            one.kind,
            Text(_some([*one.described.unread, *(field.field for field in unread.get(one.sender, ()))])),
            one.first_seen_at.isoformat(timespec="minutes"),
        )
    Console().print(table)
    lacking = sorted({one.pulse_profile for one in found if one.pulse_profile})
    for profile in lacking:
        numbers = ", ".join(str(one.number) for one in found if one.pulse_profile == profile)
        print(
            f"{numbers}: a sensor that never says the end of what it saw gives no life signs until it follows a profile; if each"
            f" message is a new movement or opening: mimamori device profile assign {profile} DEVICE"
        )


@proposals.command("proposal")
def show(number: _Number) -> None:
    """Show what a proposed device can say, as far as its gateway describes it: what is read of it, and what is not.

    Example: [bold]mimamori device proposal 3[/bold]
    """
    from core.formats.profile_file import for_model
    from core.store.devices import profiles, unread_fields
    from core.store.devices import proposals as store

    with work() as at:
        one = store.get(at.connection, number)
        came = unread_fields.of_senders(at.connection, [one.sender]).get(one.sender, [])
        entered = profiles.entered_for_model(profiles.newest(at.connection), one.model)
    print(
        printable(
            f"{one.name} ({one.model or 'model not known'}), sends as {one.sender}, seems to be: {one.kind}"
        )
    )
    known = for_model(one.model)
    if entered is not None:
        print(f"somebody entered a profile of its model, which it will follow: {entered.profile.name}")
    elif known is not None:
        print(f"the library has a profile of its model, which it will follow: {known.name}")
    for heading, lines in (
        ("is read", one.described.understood),
        ("is not read", one.described.unread),
        ("came and was not read", [f"{field.field} ({field.messages} times)" for field in came]),
    ):
        if lines:
            print(f"{heading}:")
            for line in lines:
                print(f"  {printable(line)}")
    if not (one.described.understood or one.described.unread or came):
        print("its gateway does not describe what it can say, and none of its fields came that is not read")


def _some(names: list[str]) -> str:
    kept = list(dict.fromkeys(names))
    return ", ".join(kept[:_NAMED]) + (f" and {len(kept) - _NAMED} more" if len(kept) > _NAMED else "")


@proposals.command("accept")
def accept(
    number: _Number,
    *,
    home: Annotated[str | None, typer.Option(help="Home it belongs to, by name: everybody's there.")] = None,
    resident: Annotated[int | None, typer.Option(help="Resident whose own it is, by number.")] = None,
    place: Annotated[str, typer.Option(help="Room or thing it is on: kitchen, front_door.")] = "",
    device_id: Annotated[
        str | None, typer.Option("--id", help="Its id; by default made of its name.")
    ] = None,
    kind: Annotated[
        DeviceKind | None, typer.Option(help="What it is; by default what it seems to be.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Profile by which it is read; by default the library's of its model.")
    ] = None,
    meaning: Annotated[
        FieldMeaning | None, typer.Option(help="What its presses or states mean in its home.")
    ] = None,
) -> None:
    """Register a device as its gateway described it.

    Example: [bold]mimamori device accept 3 --home "3丁目 A-102" --place hall[/bold]
    """
    from api.actions import devices as actions
    from core.domain.device import DEVICE_ID

    if (home is None) == (resident is None):
        raise InputError("give --home NAME (everybody's there) or --resident NUMBER (that person's own)")
    if device_id is not None and not DEVICE_ID.match(device_id):
        raise InputError(f"--id {device_id}: 1 to 64 lower case letters, digits, - or _")
    with work() as at:
        there = actions.Whereabouts(home, resident)
        reading = actions.WayToRead(profile, meaning=meaning)
        made = actions.accept_proposal(
            at.action, number, there, device_id=device_id, kind=kind, place=place, reading=reading
        )
    print(
        f"Registered {made.device_id} ({made.kind}), which sends as {made.sender}.\n"
        "What it sent before waits in quarantine: mimamori quarantine release --reason unknown_device"
    )


@proposals.command("dismiss")
def dismiss(number: _Number) -> None:
    """Do not propose this device any more, however often its gateway does.

    Example: [bold]mimamori device dismiss 5[/bold]
    """
    from api.actions import devices as actions

    with work() as at:
        actions.dismiss_proposal(at.action, number)
    print(f"proposal {number} is dismissed")
