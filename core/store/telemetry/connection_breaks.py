"""Breaks of connections: a state that differs afterwards changed at some time within."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from core.store.database import Connection
from core.store.queries import load

_BREAKS = load("telemetry/connection_breaks")


@dataclass(frozen=True, slots=True)
class ConnectionBreak:
    """When some senders were out of contact.

    Attributes
    ----------
    senders : str
        A device's sender; the beginning of all behind a bridge, with its slash; empty for all that come over the broker. In
        small letters and Unicode's composed form, so that two spellings are one connection.
    began_at : datetime
        When they were in contact for certain, by the service's clock.
    ended_at : datetime or None
        When they were in contact again; None while it lasts.
    """

    senders: str
    began_at: datetime
    ended_at: datetime | None


def put(connection: Connection, breaks: Sequence[ConnectionBreak]) -> None:
    """Keep breaks; one that is known with the same beginning ends as it says now."""
    latest = {(one.senders, one.began_at): one for one in breaks}
    if not latest:
        return
    rows = [latest[key] for key in sorted(latest)]
    connection.execute(
        _BREAKS["put"],
        {
            "senders": [one.senders for one in rows],
            "began_at": [one.began_at for one in rows],
            "ended_at": [one.ended_at for one in rows],
        },
    )


def since(connection: Connection, moment: datetime) -> list[ConnectionBreak]:
    """Return the breaks that lasted beyond a moment."""
    cursor = connection.cursor(row_factory=class_row(ConnectionBreak))
    return cursor.execute(_BREAKS["since"], {"since": moment}).fetchall()


def drop(connection: Connection, until: datetime) -> None:
    """Forget the breaks that ended before a moment: no state is as old."""
    connection.execute(_BREAKS["drop"], {"until": until})
