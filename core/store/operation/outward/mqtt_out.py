"""What is published to other systems: how residents are, what happens to alerts about them, and how far that has come."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, kwargs_row

from core.domain.alert import EventKind, Severity
from core.domain.device import LEAST_SILENCE, MISSED_HEARTBEATS
from core.domain.people import WatchState
from core.store.database import Connection
from core.store.queries import load

_OUT = load("operation/mqtt_out")
# Any constant will do as long as nobody else locks it in this database.
_PUBLISHING = 7_240_615
# Events are numbered when they are written and seen when they are committed, so an earlier number may come later.
_OVERLAP = 50
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


@dataclass(frozen=True)
class EventProgress:
    """How far events have been published: the highest number, and which of the latest up to it."""

    through: int
    latest: tuple[int, ...]

    def past(self, numbers: Collection[int]) -> "EventProgress":
        """Return the progress once these are published too."""
        through = max((self.through, *numbers))
        latest = sorted(one for one in {*self.latest, *numbers} if one > through - _OVERLAP)
        return EventProgress(through, tuple(latest))


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


def progress(connection: Connection) -> EventProgress:
    """Return how far events have been published; at the first start all that happened before counts as published."""
    found = connection.cursor(row_factory=class_row(EventProgress)).execute(_OUT["progress"]).fetchone()
    if found is not None:
        return found
    numbers = [row[0] for row in connection.execute(_OUT["numbers"], {"limit": _OVERLAP})]
    first = EventProgress(0, ()).past(numbers)
    keep_progress(connection, first)
    return first


def keep_progress(connection: Connection, reached: EventProgress) -> None:
    """Keep how far events have been published."""
    values = {"through": reached.through, "latest": list(reached.latest)}
    connection.execute(_OUT["keep_progress"], values)


def events(
    connection: Connection, offices: Sequence[int] | None, reached: EventProgress
) -> list[PublishedEvent]:
    """Return what happened that was not published yet, in its order; at most 500."""
    values = {
        "offices": None if offices is None else list(offices),
        "after": max(0, reached.through - _OVERLAP),
        "latest": list(reached.latest),
        "worst_severity": Severity.KEEP_AN_EYE,
        "limit": _MOST_EVENTS,
    }
    return connection.cursor(row_factory=kwargs_row(_event)).execute(_OUT["events"], values).fetchall()


def _state(*, state: str, worst: int | None, **columns: Any) -> PublishedState:
    return PublishedState(
        state=WatchState(state), worst=None if worst is None else Severity(worst), **columns
    )


def _event(*, kind: str, severity: int, **columns: Any) -> PublishedEvent:
    return PublishedEvent(kind=EventKind(kind), severity=Severity(severity), **columns)
