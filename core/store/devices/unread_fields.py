"""Fields of messages that no value was read from, by sender: their names and how often they came, never what they held."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from core.domain.metrics import METRICS, MetricKind
from core.store.database import Connection
from core.store.queries import load

_FIELDS = load("devices/unread_fields")
MOST_OF_SENDER = 50
"""More than any model has; names that hold a number or an address are new ones each time."""
# What else than a ward's devices is on the air around them.
_MOST = 50_000
# A tracker that sends no place for so long sends none.
_PLACES_BACK = timedelta(days=90)
_HEALTH = [one.number for one in METRICS.values() if one.kind is MetricKind.HEALTH]


@dataclass(frozen=True, slots=True)
class UnreadField:
    """A field that came in so many messages of a sender and was not read."""

    sender: str
    field: str
    messages: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class UnreadOfDevice:
    """The fields of a device that are not read; `is_all` says that nothing but its health was ever read of it."""

    device_id: str
    fields: list[str]
    is_all: bool


@dataclass(frozen=True, slots=True)
class UnreadOfStranger:
    """The fields that are not read of a sender that nobody registered."""

    sender: str
    fields: list[str]


def add(connection: Connection, found: Iterable[UnreadField]) -> None:
    """Count more messages with fields that were not read."""
    # In order of their keys, or two workers with the same senders would wait for each other.
    given = sorted(found, key=lambda one: (one.sender, one.field))
    connection.execute(
        _FIELDS["add"],
        {
            "sender": [one.sender for one in given],
            "field": [one.field for one in given],
            "messages": [one.messages for one in given],
            "first_at": [one.first_at for one in given],
            "last_at": [one.last_at for one in given],
            "most_of_sender": MOST_OF_SENDER,
        },
    )
    # Names cost nothing to make up: what one gateway passes on must not push out what comes through another.
    connection.execute(_FIELDS["bound"], {"most": _MOST})


def drop_old(connection: Connection, before: datetime) -> None:
    """Forget fields that did not come since a moment."""
    connection.execute(_FIELDS["drop_old"], {"before": before})


def forget(connection: Connection, senders: Iterable[str]) -> None:
    """Forget what was counted of senders whose messages are read otherwise, or that are other devices, from now on."""
    connection.execute(_FIELDS["forget"], {"senders": list(senders)})


def of_senders(connection: Connection, senders: Collection[str]) -> dict[str, list[UnreadField]]:
    """Return what was not read of senders, the most frequent field first; one without such a field is left out."""
    found: dict[str, list[UnreadField]] = {}
    cursor = connection.cursor(row_factory=class_row(UnreadField))
    for one in cursor.execute(_FIELDS["of_senders"], {"senders": list(senders)}):
        found.setdefault(one.sender, []).append(one)
    return found


def of_device(connection: Connection, sender: str) -> list[UnreadField]:
    """Return what was not read of a device; of a part that is registered by itself, what was not of the whole."""
    whole = sender.partition("#")[0]
    return of_senders(connection, [whole]).get(whole, [])


def by_device(connection: Connection, now: datetime) -> list[UnreadOfDevice]:
    """Return the devices in use with fields that are not read, those of which nothing is read first."""
    cursor = connection.cursor(row_factory=class_row(UnreadOfDevice))
    values = {"health": _HEALTH, "places_since": now - _PLACES_BACK}
    return cursor.execute(_FIELDS["by_device"], values).fetchall()


def of_strangers(connection: Connection) -> list[UnreadOfStranger]:
    """Return the senders that nobody registered with fields that are not read, the most frequent first."""
    cursor = connection.cursor(row_factory=class_row(UnreadOfStranger))
    return cursor.execute(_FIELDS["of_strangers"]).fetchall()
