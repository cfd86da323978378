"""Contacts as operators manage them: who is notified about whom, and who is notified no more."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from psycopg.rows import kwargs_row

from core.domain.people import Channel
from core.domain.quiet_hours import QuietHours
from core.errors import ConflictError, NotFoundError
from core.store.alerts import answer_links
from core.store.database import Connection
from core.store.queries import load

_CONTACTS = load("people/contacts")


@dataclass(frozen=True)
class ContactLine:
    """A contact with the resident it is notified about; `login` is the user that it belongs to, if any."""

    number: int
    about: str
    name: str
    relation: str
    step: int
    channel: Channel
    address: str
    login: str | None
    is_active: bool
    quiet_from: time | None
    quiet_until: time | None


@dataclass(frozen=True)
class Withdrawn:
    """What ended with a contact; `others` is how many are still notified about the same resident or for the same office."""

    links: int
    messages: int
    others: int


def listing(
    connection: Connection, *, resident: int | None = None, user: int | None = None
) -> list[ContactLine]:
    """Return all contacts, also those who are notified no more, or those of one resident, or those of one user."""
    cursor = connection.cursor(row_factory=kwargs_row(_contact_line))
    return cursor.execute(_CONTACTS["listing"], {"resident": resident, "user": user}).fetchall()


def disable(connection: Connection, contact: int, now: datetime) -> Withdrawn:
    """Stop notifying a contact: their links end, and what waits for them is not sent.

    Raises
    ------
    NotFoundError
        There is no such contact.
    """
    _set_active(connection, contact, is_active=False)
    return withdraw(connection, contact, now)


def withdraw(connection: Connection, contact: int, now: datetime) -> Withdrawn:
    """End the links of a contact who is notified no more, and drop what waits for them."""
    links = answer_links.revoke(connection, contact, now)
    messages = connection.execute(_CONTACTS["cancel_waiting"], {"contact": contact}).rowcount
    row = connection.execute(_CONTACTS["others"], {"contact": contact}).fetchone()
    return Withdrawn(links, messages, row[0] if row else 0)


def enable(connection: Connection, contact: int) -> None:
    """Notify a contact again, from the next event on.

    Raises
    ------
    NotFoundError
        There is no such contact.
    """
    _set_active(connection, contact, is_active=True)


def set_quiet_hours(connection: Connection, contact: int, quiet: QuietHours | None) -> None:
    """Set when a resident's contact is not woken; None: notified at any hour.

    Raises
    ------
    NotFoundError
        There is no such contact.
    ConflictError
        It is a care centre's, which must be notified at any hour.
    """
    values = {
        "contact": contact,
        "quiet_from": None if quiet is None else quiet.begins,
        "quiet_until": None if quiet is None else quiet.ends,
    }
    row = connection.execute(_CONTACTS["set_quiet_hours"], values).fetchone()
    if row is None:
        raise _no_contact(contact)
    if not row[0] and quiet is not None:
        raise ConflictError(f"contact {contact} is a care centre's, which must be notified at any hour")


def _set_active(connection: Connection, contact: int, *, is_active: bool) -> None:
    values = {"contact": contact, "is_active": is_active}
    if connection.execute(_CONTACTS["set_active"], values).rowcount == 0:
        raise _no_contact(contact)


def _contact_line(*, channel: str, **columns: Any) -> ContactLine:
    return ContactLine(channel=Channel(channel), **columns)


def _no_contact(contact: int) -> NotFoundError:
    return NotFoundError(f"there is no contact {contact}; `mimamori contact list` shows them all")
