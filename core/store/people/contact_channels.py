"""The channels of contacts: how each is reached, in which order, and what is known of each address."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import kwargs_row

from core.credentials.provider_signatures import new_webhook_secret
from core.credentials.sealed_values import Sealer, SecretKeyMissingError
from core.domain.delivery.contact_channel import (
    SEALED,
    STAFF_ONLY,
    ContactChannel,
    UnusableAddressError,
    shown_address,
    usable_address,
)
from core.domain.delivery.webhook_address import WebhookAddress
from core.domain.people import Channel, Language
from core.errors import ConflictError, InputError, NotFoundError
from core.store.alerts import notices
from core.store.alerts.notices import NoticeKind
from core.store.database import Connection
from core.store.queries import load

_CHANNELS = load("people/contact_channels")
# More channels of one person than this are a mistake.
_MOST = 9


@dataclass(frozen=True)
class DeadChannel:
    """A channel that takes no messages any more, since when and why; `is_last`: the contact has no other that somebody confirmed."""

    contact: int
    name: str
    resident: int | None
    resident_name: str | None
    kind: Channel
    since: datetime
    reason: str | None
    is_last: bool

    @property
    def todo(self) -> str:
        """What kind of help it needs: to follow again on LINE, another telephone number, or another address."""
        numbers = {Channel.SMS, Channel.VOICE}
        return "line" if self.kind is Channel.LINE else "number" if self.kind in numbers else "address"


def of_contact(connection: Connection, contact: int) -> list[ContactChannel]:
    """Return the channels of a contact, in the order in which they are tried."""
    cursor = connection.cursor(row_factory=kwargs_row(_channel))
    return cursor.execute(_CHANNELS["of_contact"], {"contact": contact}).fetchall()


def of_contacts(connection: Connection, contacts: Collection[int]) -> dict[int, list[ContactChannel]]:
    """Return the channels of several contacts, by contact."""
    cursor = connection.cursor(row_factory=kwargs_row(_channel))
    found: dict[int, list[ContactChannel]] = {number: [] for number in contacts}
    for one in cursor.execute(_CHANNELS["of_contacts"], {"contacts": sorted(contacts)}):
        found[one.contact].append(one)
    return found


def get(connection: Connection, number: int) -> ContactChannel:
    """Return one channel.

    Raises
    ------
    NotFoundError
        There is none with this number.
    """
    cursor = connection.cursor(row_factory=kwargs_row(_channel))
    found = cursor.execute(_CHANNELS["one"], {"channel": number}).fetchone()
    if found is None:
        raise NotFoundError(f"there is no channel {number}; `mimamori channel list` shows a contact's")
    return found


def add(
    connection: Connection,
    contact: int,
    kind: Channel,
    address: str,
    *,
    sealer: Sealer | None,
    language: Language | None = None,
    confirmed_at: datetime | None = None,
) -> ContactChannel:
    """Add a channel after those that a contact has, and return it.

    Parameters
    ----------
    connection : Connection
        Inside a transaction.
    contact, kind, address, language
        Whose, and how it is reached.
    sealer : Sealer or None
        Encrypts the addresses of kinds in `SEALED`; None where no key is set: mail, telephone and webhooks work without.
    confirmed_at : datetime or None
        When it was confirmed; None: not yet.

    Raises
    ------
    InputError
        The address is none of its kind, or the kind is for staff and the contact is a resident's.
    SecretKeyMissingError
        The address of a chat would be stored readable.
    ConflictError
        The contact has nine channels already.
    NotFoundError
        There is no such contact.
    """
    require_contact(connection, contact)
    row = connection.execute(_CHANNELS["is_centres"], {"contact": contact}).fetchone()
    if kind in STAFF_ONLY and not (row and row[0]):
        raise InputError(f"{kind} is for a care centre's contacts; a family's are reached themselves")
    if kind in STAFF_ONLY and sealer is None:
        raise SecretKeyMissingError
    if len(of_contact(connection, contact)) >= _MOST:
        raise ConflictError(f"contact {contact} has {_MOST} channels already; remove one first")
    try:
        usable = usable_address(kind, address)
    except UnusableAddressError as error:
        raise InputError(str(error)) from error
    values = {
        "contact": contact,
        "kind": kind,
        "address": usable if sealer is None or kind not in SEALED else shown_address(kind, usable),
        "language": language,
        "confirmed_at": confirmed_at,
    }
    added = connection.execute(_CHANNELS["add"], values).fetchone()
    assert added is not None  # noqa: S101 - an insert that returns
    if sealer is not None and kind in SEALED:
        if kind is Channel.WEBHOOK:
            usable = WebhookAddress(WebhookAddress.of(usable).url, new_webhook_secret()).text
        _seal(connection, sealer, int(added[0]), kind, usable)
    return get(connection, int(added[0]))


def require_contact(connection: Connection, contact: int) -> None:
    """Lock a contact, so that one change of its channels at a time runs.

    Raises
    ------
    NotFoundError
        There is no such contact.
    """
    if not hold_contact(connection, contact):
        raise NotFoundError(f"there is no contact {contact}; `mimamori contact list` shows them all")


def hold_contact(connection: Connection, contact: int) -> bool:
    """Lock a contact as `require_contact` does, and return whether there is one."""
    return connection.execute(_CHANNELS["hold_contact"], {"contact": contact}).fetchone() is not None


def remove(connection: Connection, number: int) -> ContactChannel:
    """Forget a channel and return it as it was; those after it move up.

    Raises
    ------
    ConflictError
        It is the contact's only one.
    NotFoundError
        There is none with this number.
    """
    gone = _held(connection, number)
    others = of_contact(connection, gone.contact)
    if len(others) == 1:
        raise ConflictError(
            f"channel {number} is the only one of contact {gone.contact}; add another first, or disable the contact"
        )
    connection.execute(_CHANNELS["remove"], {"channel": number})
    _shift(connection, gone.contact, by=-1, after=gone.place, until=_MOST)
    return gone


def put_first(connection: Connection, number: int) -> None:
    """Let a channel be tried before the contact's others.

    Raises
    ------
    NotFoundError
        There is none with this number.
    """
    first = _held(connection, number)
    _shift(connection, first.contact, by=1, after=0, until=first.place - 1)
    connection.execute(_CHANNELS["set_place"], {"channel": number, "place": 1})


def confirm(connection: Connection, number: int, now: datetime) -> None:
    """Note that messages arrive at the right person."""
    connection.execute(_CHANNELS["confirm"], {"channel": number, "now": now})


def ask_test(
    connection: Connection, channel: ContactChannel, now: datetime, *, is_monthly: bool = False
) -> None:
    """Put a test of one channel into the outbox: a message whose link is pressed where it arrives."""
    connection.execute(_CHANNELS["note_test"], {"channel": channel.number, "now": now})
    body = {"channel": channel.number, "is_monthly": is_monthly}
    key = f"{channel.number} {now.isoformat()}"
    notices.add(connection, {channel.contact: now}, NoticeKind.CHANNEL_TEST, key=key, body=body, now=now)


def prove(connection: Connection, number: int, now: datetime) -> None:
    """Note that somebody pressed in a test that it arrived: the channel is alive, and confirmed."""
    connection.execute(_CHANNELS["prove"], {"channel": number, "now": now})


def note_answered(connection: Connection, contact: int) -> None:
    """Note that a contact answered a message, nobody knows on which channel: that tests went unanswered says nothing any more."""
    connection.execute(_CHANNELS["note_answered"], {"contact": contact})


def set_unreachable(connection: Connection, number: int, reason: str, now: datetime) -> None:
    """Note that an address is dead, and why; since when it has been so stays. The first time the staff of the office are sent a message."""
    values = {"channel": number, "reason": reason, "now": now}
    row = connection.execute(_CHANNELS["set_unreachable"], values).fetchone()
    if row is None or row[2] is None:
        return
    contact, kind, office = row
    notices.add_for_centre(
        connection,
        office,
        NoticeKind.DEAD_CHANNEL,
        key=f"{number} {now.isoformat()}",
        body={"office": office, "contact": contact, "channel": kind, "reason": reason},
        now=now,
    )


def dead_of_office(connection: Connection, office: int, limit: int = 200) -> list[DeadChannel]:
    """Return the channels that are dead of the contacts an office looks after, the oldest first; what works again is gone from it."""
    cursor = connection.cursor(row_factory=kwargs_row(_dead))
    return cursor.execute(_CHANNELS["dead_of_office"], {"office": office, "limit": limit}).fetchall()


def set_reachable(connection: Connection, number: int) -> None:
    """Note that an address takes messages again."""
    connection.execute(_CHANNELS["set_reachable"], {"channel": number})


def true_address(channel: ContactChannel, sealer: Sealer | None) -> str:
    """Return the whole address of a channel.

    Raises
    ------
    SecretKeyMissingError
        It is encrypted, and the key is not set.
    SealedValueError
        It was changed, or moved here from another row.
    """
    if channel.sealed is None:
        return channel.address
    if sealer is None:
        raise SecretKeyMissingError
    return sealer.open(channel.sealed, _row(channel.number))


def rotate_webhook_secret(
    connection: Connection, number: int, sealer: Sealer | None, now: datetime
) -> WebhookAddress:
    """Give a webhook a new secret, which signs from now on; the present one signs beside it for a day.

    Raises
    ------
    InputError
        The channel is no webhook.
    SecretKeyMissingError
        The secret would be stored readable.
    NotFoundError
        There is no such channel.
    """
    channel = _held(connection, number)
    if channel.kind is not Channel.WEBHOOK:
        raise InputError(f"channel {number} is no webhook and has no secret")
    if sealer is None:
        raise SecretKeyMissingError
    address = WebhookAddress.of(true_address(channel, sealer)).rotated(new_webhook_secret(), now)
    _seal(connection, sealer, number, channel.kind, address.text)
    return address


def seal_all(connection: Connection, sealer: Sealer) -> int:
    """Encrypt with the newest key what is readable or encrypted with an older one, and return how many addresses that were.

    Raises
    ------
    SecretKeyMissingError
        One was encrypted with a key that is not set any more.
    SealedValueError
        One was changed, or moved from another row.
    """
    waiting = list(_stale(connection, sealer))
    for one in waiting:
        _seal(connection, sealer, one.number, one.kind, true_address(one, sealer))
    return len(waiting)


def unsealed(connection: Connection) -> int:
    """Return how many addresses that should be encrypted are stored readable."""
    cursor = connection.cursor(row_factory=kwargs_row(_channel))
    found = cursor.execute(_CHANNELS["sealable"], {"kinds": sorted(SEALED)})
    return sum(one.sealed is None for one in found)


def _stale(connection: Connection, sealer: Sealer) -> Iterator[ContactChannel]:
    cursor = connection.cursor(row_factory=kwargs_row(_channel))
    for one in cursor.execute(_CHANNELS["sealable"], {"kinds": sorted(SEALED)}).fetchall():
        if one.sealed is None or not sealer.is_current(one.sealed):
            yield one


def _seal(connection: Connection, sealer: Sealer, number: int, kind: Channel, address: str) -> None:
    values = {
        "channel": number,
        "sealed": sealer.seal(address, _row(number)),
        "shown": shown_address(kind, address),
    }
    connection.execute(_CHANNELS["seal"], values)


def _row(number: int) -> str:
    """Return what an encrypted address is bound to: moved to another row it does not open."""
    return f"contact_channel/{number}/sealed"


def _held(connection: Connection, number: int) -> ContactChannel:
    channel = get(connection, number)
    connection.execute(_CHANNELS["hold_contact"], {"contact": channel.contact})
    return get(connection, number)


def _shift(connection: Connection, contact: int, *, by: int, after: int, until: int) -> None:
    connection.execute(_CHANNELS["shift"], {"contact": contact, "by": by, "after": after, "until": until})


def _channel(*, kind: str, language: str | None, **columns: Any) -> ContactChannel:
    spoken = None if language is None else Language(language)
    return ContactChannel(kind=Channel(kind), language=spoken, **columns)


def _dead(*, kind: str, **columns: Any) -> DeadChannel:
    return DeadChannel(kind=Channel(kind), **columns)
