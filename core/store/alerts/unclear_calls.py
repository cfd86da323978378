"""Fields that look like a call for help or a hazard and are not understood, once for each device and field.

Ingest notes them, since their messages wait in quarantine; the detectors notify the staff, and a release of the quarantine that
understands them drops them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from core.store.database import Connection
from core.store.queries import load
from core.store.storable_text import storable

_CALLS = load("alerts/unclear_calls")
# Somebody who makes up devices or fields fills no table: beyond these the oldest is forgotten, and noted anew when it comes again.
MOST = 200
_LONGEST_SENDER, _LONGEST_FIELD = 200, 80

FieldKey = tuple[str, str]
"""A sender and a field of its messages."""


@dataclass(frozen=True, slots=True)
class UnclearCall:
    """A field that is not understood.

    Attributes
    ----------
    sender, field : str
        Whose it is, and how its sender calls it; never its value.
    first_at, last_at : datetime
        When it came.
    told_at : datetime or None
        When the staff were notified; None while they were not.
    device_id : str or None
        The registered device in use that has the sender; None without one.
    """

    sender: str
    field: str
    first_at: datetime
    last_at: datetime
    told_at: datetime | None = None
    device_id: str | None = None


def key_of(sender: str, field: str) -> FieldKey:
    """Return the key under which a field is kept."""
    return storable(sender)[:_LONGEST_SENDER], storable(field)[:_LONGEST_FIELD]


def note(connection: Connection, calls: Collection[UnclearCall]) -> None:
    """Keep the fields of a batch that were not understood."""
    # In order of their keys, or two workers with the same senders would wait for each other.
    found = dict(
        sorted({key_of(call.sender, call.field): call for call in calls}.items(), key=lambda one: one[0])
    )
    if not found:
        return
    connection.execute(
        _CALLS["note"],
        {
            "sender": [sender for sender, _ in found],
            "field": [field for _, field in found],
            "first_at": [call.first_at for call in found.values()],
            "last_at": [call.last_at for call in found.values()],
        },
    )
    connection.execute(_CALLS["forget"], {"most": MOST})


def since(connection: Connection, moment: datetime) -> list[UnclearCall]:
    """Return the fields that were not understood after a moment, the newest first."""
    cursor = connection.cursor(row_factory=class_row(UnclearCall))
    return cursor.execute(_CALLS["since"], {"since": moment}).fetchall()


def of_sender(connection: Connection, sender: str) -> list[UnclearCall]:
    """Return the fields of a sender, and of its parts, that are not understood so far, the newest first."""
    cursor = connection.cursor(row_factory=class_row(UnclearCall))
    return cursor.execute(_CALLS["of_sender"], {"sender": key_of(sender, "")[0]}).fetchall()


def mark_notified(connection: Connection, calls: Collection[UnclearCall], now: datetime) -> None:
    """Note that the staff were notified of fields."""
    values = {"sender": [call.sender for call in calls], "field": [call.field for call in calls], "now": now}
    connection.execute(_CALLS["mark_notified"], values)


def drop_understood(connection: Connection, fields: Collection[FieldKey], senders: Collection[str]) -> None:
    """Drop fields whose messages are understood now, and all of some senders."""
    keys: list[tuple[str, str | None]] = [*fields, *((key_of(sender, "")[0], None) for sender in senders)]
    if keys:
        values = {"sender": [sender for sender, _ in keys], "field": [field for _, field in keys]}
        connection.execute(_CALLS["drop_understood"], values)
