"""`mimamori contact`: who is notified about whom, and who no more."""

from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from deploy.cli.connection import work

contacts = typer.Typer(
    no_args_is_help=True, help="Show who is notified about whom and when, and stop notifying somebody."
)
_Number = Annotated[int, typer.Argument(help="The contact's number, from `mimamori contact list`.")]


@contacts.command("list")
def list_contacts(
    resident: Annotated[int | None, typer.Option(help="Only those of this resident.")] = None,
) -> None:
    """Show all contacts, also those who are notified no more.

    Example: [bold]mimamori contact list --resident 3[/bold]
    """
    from core.store.people import contacts as store

    with work() as at:
        found = store.listing(at.connection, resident=resident)
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    for name in ("number", "about", "name", "step", "address", "user", "notified", "quiet"):
        # Folded rather than cut off: addresses have no spaces to break at.
        table.add_column(name, overflow="fold")
    for one in found:
        table.add_row(
            str(one.number),
            one.about,
            f"{one.name} ({one.relation})" if one.relation else one.name,
            str(one.step),
            one.address,
            one.login or "",
            "yes" if one.is_active else "no",
            f"{one.quiet_from:%H:%M}-{one.quiet_until:%H:%M}" if one.quiet_from and one.quiet_until else "",
        )
    Console().print(table)


@contacts.command("disable")
def disable(number: _Number) -> None:
    """Stop notifying somebody: their links end at once, and what waits for them is not sent.

    Example: [bold]mimamori contact disable 12[/bold]
    """
    from core.store.people import contacts as store

    with work() as at:
        ended = store.disable(at.connection, number, at.now)
    print(
        f"contact {number} is notified no more; {ended.links} links ended, {ended.messages} messages not sent"
    )
    if ended.others == 0:
        print(
            "NOBODY ELSE is notified in their place; register another contact in a ward file: mimamori register"
        )


@contacts.command("enable")
def enable(number: _Number) -> None:
    """Notify somebody again, from the next event on.

    Example: [bold]mimamori contact enable 12[/bold]
    """
    from core.store.people import contacts as store

    with work() as at:
        store.enable(at.connection, number)
    print(f"contact {number} is notified again")


@contacts.command("quiet-hours")
def quiet(
    number: _Number,
    hours: Annotated[
        str, typer.Argument(help="By the clock where the resident lives: 22:00-07:00, or never.")
    ],
) -> None:
    """Set the hours in which a resident's contact is not woken.

    In an emergency a contact is notified at any hour. Of what should be checked soon the others and the care centre are notified, and this contact
    too if none of them can be reached, after half an hour without an answer, or when the quiet hours end and nobody has taken it
    on. Who is on call at night has `never`.

    Example: [bold]mimamori contact quiet-hours 12 23:00-06:30[/bold]
    """
    from core.domain import quiet_hours
    from core.store.people import contacts as store

    try:
        wanted = quiet_hours.read(hours)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    with work() as at:
        store.set_quiet_hours(at.connection, number, wanted)
    print(f"contact {number} has no quiet hours" if wanted is None else f"contact {number} is quiet {wanted}")
