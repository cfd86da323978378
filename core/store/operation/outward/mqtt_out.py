"""What is published to other systems: how residents are, what happens to alerts about them, until it is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import kwargs_row

from core.domain.alert import EventKind, Severity
from core.domain.device import LEAST_SILENCE, MISSED_HEARTBEATS
from core.domain.people import WatchState
from core.store.database import Connection
from core.store.queries import load

_OUT = load("operation/mqtt_out")
# Any constant will do as long as nobody else locks it in this database.
_PUBLISHING = 7_240_615
_MOST_EVENTS = 500


@dataclass(frozen=True)
class PublishedState:
    """How a resident is, as far as it is known.

    Attributes
    ----------
    resident, public_id, office : int, str, int
        Who it is, by which id that says nothing they are known outside, and whose they are.
    name : str
        Published only where the operator wants it.
    is_paused : bool
        Whether the watch rests.
    state : WatchState
        What the last evaluation found; `CANNOT_TELL` where that is too long ago.
    open_alerts, worst : int, Severity or None
        Alerts about the person that are not closed, and the most urgent of them.
    expected, in_contact : int
        Devices with a heartbeat, and those of them whose messages come.
    """

    resident: int
    public_id: str
    name: str
    office: int
    is_paused: bool
    state: WatchState
    open_alerts: int
    worst: Severity | None
    expected: int
    in_contact: int


@dataclass(frozen=True)
class PublishedEvent:
    """Something that happened to an alert; `public_id` and `office` are None where it is about nobody who is published."""

    number: int
    alert: int
    kind: EventKind
    at: datetime
    rule: str
    severity: Severity
    office: int | None
    public_id: str | None


def hold(connection: Connection) -> bool:
    """Become the one who publishes; it stays so until the connection ends."""
    row = connection.execute(_OUT["hold"], {"key": _PUBLISHING}).fetchone()
    return bool(row and row[0])


def states(
    connection: Connection, offices: Sequence[int] | None, now: datetime, known_since: datetime
) -> list[PublishedState]:
    """Return how the watched residents of some offices are (None: of all), those left out who shall be erased.

    What was evaluated before `known_since` is not known any more.
    """
    values = {
        "offices": None if offices is None else list(offices),
        "now": now,
        "known_since": known_since,
        "missed": MISSED_HEARTBEATS,
        "shortest": LEAST_SILENCE,
        "worst_severity": Severity.KEEP_AN_EYE,
    }
    return connection.cursor(row_factory=kwargs_row(_state)).execute(_OUT["states"], values).fetchall()


def keep_events(connection: Connection) -> None:
    """Keep from now on what happens to alerts until it is published; at the first start all that happened before counts as published."""
    connection.execute(_OUT["forget_events"])
    connection.execute(_OUT["keep_events"])


def end_events(connection: Connection) -> None:
    """Keep nothing any more: nobody publishes."""
    connection.execute(_OUT["end_events"])
    connection.execute(_OUT["forget_events"])


def events(connection: Connection, offices: Sequence[int] | None) -> list[PublishedEvent]:
    """Return what happened that was not published yet; at most 500.

    Each comes however late its transaction ends, so what began before another may come after it.
    """
    values = {
        "offices": None if offices is None else list(offices),
        "worst_severity": Severity.KEEP_AN_EYE,
        "limit": _MOST_EVENTS,
    }
    return connection.cursor(row_factory=kwargs_row(_event)).execute(_OUT["events"], values).fetchall()


def end_published(connection: Connection, published: Sequence[PublishedEvent]) -> None:
    """Note that these need not be published any more."""
    connection.execute(_OUT["end_event"], {"numbers": [one.number for one in published]})


def _state(*, state: str, worst: int | None, **columns: Any) -> PublishedState:
    return PublishedState(
        state=WatchState(state), worst=None if worst is None else Severity(worst), **columns
    )


def _event(*, kind: str, severity: int, **columns: Any) -> PublishedEvent:
    return PublishedEvent(kind=EventKind(kind), severity=Severity(severity), **columns)
