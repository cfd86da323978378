"""Contacts as operators manage them: who is told about whom, and who is told no more."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.resident import Channel
from core.errors import NotFoundError
from core.store import answer_links
from core.store.database import Connection
from core.store.queries import load
from core.store.rows import build

_CONTACTS = load("contacts")


@dataclass(frozen=True)
class ContactLine:
    """A contact with whom it is told about; `login` is the user that it belongs to, if any."""

    number: int
    about: str
    name: str
    relation: str
    step: int
    channel: Channel
    address: str
    login: str | None
    is_active: bool


@dataclass(frozen=True)
class Withdrawn:
    """What ended with a contact; `others` is how many are still told about the same resident or for the same office."""

    links: int
    messages: int
    others: int


def listing(
    connection: Connection, *, resident: int | None = None, user: int | None = None
) -> list[ContactLine]:
    """Return all contacts, also those who are told no more, or those of one resident, or those of one user."""
    rows = connection.execute(_CONTACTS["listing"], {"resident": resident, "user": user})
    return [build(ContactLine, row, channel=Channel) for row in rows]


def disable(connection: Connection, contact: int, now: datetime) -> Withdrawn:
    """Tell a contact nothing more: their links end, and what waits for them is not sent.

    Raises
    ------
    NotFoundError
        There is no such contact.
    """
    _set_active(connection, contact, is_active=False)
    links = answer_links.revoke(connection, contact, now)
    messages = connection.execute(_CONTACTS["cancel_waiting"], {"contact": contact}).rowcount
    row = connection.execute(_CONTACTS["others"], {"contact": contact}).fetchone()
    return Withdrawn(links, messages, row[0] if row else 0)


def enable(connection: Connection, contact: int) -> None:
    """Tell a contact again, from the next event on.

    Raises
    ------
    NotFoundError
        There is no such contact.
    """
    _set_active(connection, contact, is_active=True)


def _set_active(connection: Connection, contact: int, *, is_active: bool) -> None:
    values = {"contact": contact, "is_active": is_active}
    if connection.execute(_CONTACTS["set_active"], values).rowcount == 0:
        raise NotFoundError(f"there is no contact {contact}; `mimamori contact list` shows them all")
