"""`mimamori channel`: in which ways a contact is reached, in which order, and what is known of each."""

from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from core.domain.people import Channel, Language
from deploy.cli.connection import work

if TYPE_CHECKING:
    from core.domain.delivery.contact_channel import ContactChannel

channels = typer.Typer(
    no_args_is_help=True, help="In which ways a contact is reached: mail, telephone, chats, in which order."
)
_Contact = Annotated[int, typer.Argument(help="The contact's number, from `mimamori contact list`.")]
_Number = Annotated[int, typer.Argument(help="The channel's number, from `mimamori channel list`.")]


@channels.command("list")
def list_channels(contact: _Contact) -> None:
    """Show the channels of a contact in the order in which they are tried.

    Example: [bold]mimamori channel list 12[/bold]
    """
    from core.store.people import contact_channels

    with work() as at:
        found = contact_channels.of_contact(at.connection, contact)
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    for name in ("number", "kind", "address", "confirmed on", "state"):
        table.add_column(name, overflow="fold")
    for one in found:
        table.add_row(
            str(one.number),
            one.kind,
            one.address,
            f"{one.confirmed_at:%Y-%m-%d}" if one.confirmed_at else "not confirmed",
            _state(one),
        )
    Console().print(table)


@channels.command("add")
def add(
    contact: _Contact,
    kind: Annotated[Channel, typer.Argument(help="How the contact is reached.")],
    address: Annotated[
        str,
        typer.Argument(help="A mail address, a telephone number, or the web address of a webhook or chat."),
    ],
    language: Annotated[
        Language | None, typer.Option(help="Of messages on this channel; without it, the contact's.")
    ] = None,
) -> None:
    """Add a channel after those that a contact has. Short messages and calls begin once the number is confirmed.

    Example: [bold]mimamori channel add 12 sms 090-1234-5678[/bold]
    """
    from core.credentials.sealed_values import sealer_of
    from core.store.people import contact_channels

    with work() as at:
        added = contact_channels.add(
            at.connection,
            contact,
            kind,
            address,
            sealer=sealer_of(at.settings.secret_keys),
            language=language,
        )
    print(f"channel {added.number}: {added.kind} {added.address}, tried as number {added.place}")
    if added.sealed is not None and added.kind is Channel.WEBHOOK:
        print(
            f"it is signed; its receiver gets the secret by: mimamori channel webhook-secret {added.number}"
        )
    if not added.may_be_used:
        print("not used before somebody made sure that it is the right one: mimamori channel confirm")


@channels.command("first")
def put_first(number: _Number) -> None:
    """Let a channel be tried before the contact's others.

    Example: [bold]mimamori channel first 31[/bold]
    """
    from core.store.people import contact_channels

    with work() as at:
        contact_channels.put_first(at.connection, number)
    print(f"channel {number} is tried first")


@channels.command("remove")
def remove(number: _Number) -> None:
    """Forget a channel; the last one of a contact stays.

    Example: [bold]mimamori channel remove 31[/bold]
    """
    from core.store.people import contact_channels

    with work() as at:
        gone = contact_channels.remove(at.connection, number)
    print(f"channel {number} ({gone.kind}) of contact {gone.contact} is not used any more")


@channels.command("confirm")
def confirm(number: _Number) -> None:
    """Note that you made sure, by a call or on paper, that a channel reaches the right person.

    Example: [bold]mimamori channel confirm 31[/bold]
    """
    from core.store.people import contact_channels

    with work() as at:
        one = contact_channels.get(at.connection, number)
        contact_channels.confirm(at.connection, number, at.now)
    print(f"channel {number} ({one.kind}) of contact {one.contact} is confirmed on {at.now:%Y-%m-%d}")


@channels.command("webhook-secret")
def webhook_secret(number: _Number) -> None:
    """Make a new secret that signs a webhook, and show it now and never again. The present one signs beside it for a day.

    Example: [bold]mimamori channel webhook-secret 31[/bold]
    """
    from core.credentials.sealed_values import sealer_of
    from core.store.people import contact_channels

    with work() as at:
        sealer = sealer_of(at.settings.secret_keys)
        address = contact_channels.rotate_webhook_secret(at.connection, number, sealer, at.now)
    print(f"signed from now on with this secret, shown only now: {address.secret}")
    if address.old_until is not None:
        print(f"the former one signs too until {address.old_until:%Y-%m-%d %H:%M} UTC")


@channels.command("line-code")
def line_code(contact: _Contact) -> None:
    """Make a code with which a contact links LINE on their phone, and show it with its QR code. A former code ends.

    The contact scans the QR code and sends the text that stands there. The code is used once, within seven days.

    Example: [bold]mimamori channel line-code 12[/bold]
    """
    import segno

    from core.store.people import line_links

    with work() as at:
        code = line_links.new_code(at.connection, contact, at.now)
        account = at.settings.line_id
    print(f"code {code}, for contact {contact} only, once, within {line_links.CODE_LASTS.days} days")
    if account:
        url = f"https://line.me/R/oaMessage/{quote(account)}/?{quote(code)}"
        print(url)
        segno.make_qr(url).terminal(compact=True)  # pyright: ignore[reportUnknownMemberType] - segno is not fully typed
    else:
        print(
            "set MIMAMORI_LINE_ID to see a QR code; until then: add our account in LINE and send it this code"
        )


def _state(one: "ContactChannel") -> str:
    if one.unreachable_since is not None:
        return f"dead since {one.unreachable_since:%Y-%m-%d %H:%M} UTC: {one.unreachable_reason}"
    return "in use" if one.may_be_used else "not used: confirm it first"
