"""Calls of canaries: pressed by a program, found by the detectors, taken to a sink; they raise no alert and notify nobody."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from core.domain.metrics import SOS
from core.store.database import Connection
from core.store.queries import load

_FLIGHTS = load("operation/canary_flights")
LATE_AFTER = timedelta(minutes=15)
"""Where calls are expected, one has come through within this; a canary flies every minute or so, and a few may have had bad luck."""
# What was pressed longer ago says nothing of how it is now.
_OLDEST = timedelta(minutes=10)
_KEPT = timedelta(days=7)
_MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class LeasedFlight:
    """A call that a sender takes to the sink."""

    number: int
    device_id: str
    pressed_at: datetime
    found_at: datetime


@dataclass(frozen=True)
class FlightState:
    """The latest call that the detectors found, the latest that came through, and why the newest did not; None: not known."""

    found_at: datetime | None
    pressed_at: datetime | None
    accepted_at: datetime | None
    error: str | None

    def is_late(self, now: datetime, factor: float) -> bool:
        """Return whether none has come through for too long, in a service whose time runs `factor` times as fast as the machine's."""
        return self.accepted_at is None or now - self.accepted_at > LATE_AFTER * max(1.0, factor)

    @property
    def took(self) -> timedelta | None:
        """How long the latest that came through was on its way."""
        if self.pressed_at is None or self.accepted_at is None:
            return None
        return self.accepted_at - self.pressed_at


@dataclass(frozen=True)
class FlightProgress:
    """How far one call has come."""

    found_at: datetime
    accepted_at: datetime | None
    error: str | None


def note(connection: Connection, now: datetime) -> None:
    """Take up the latest call of each canary, and forget those of long ago."""
    connection.execute(_FLIGHTS["note"], {"now": now, "metric": SOS.number, "oldest": now - _OLDEST})
    connection.execute(_FLIGHTS["forget"], {"before": now - _KEPT})


def lease_one(
    connection: Connection, now: datetime, machine_now: datetime, lease_until: datetime
) -> LeasedFlight | None:
    """Take one that has not come through; None if there is none."""
    values = {
        "oldest": now - _OLDEST,
        "machine_now": machine_now,
        "lease_until": lease_until,
        "most_attempts": _MOST_ATTEMPTS,
    }
    return (
        connection.cursor(row_factory=class_row(LeasedFlight))
        .execute(_FLIGHTS["lease_one"], values)
        .fetchone()
    )


def finish(
    connection: Connection, one: LeasedFlight, *, accepted_at: datetime | None, error: str | None
) -> None:
    """Write how an attempt ended."""
    values = {
        "number": one.number,
        "pressed_at": one.pressed_at,
        "accepted_at": accepted_at,
        "error": error,
    }
    connection.execute(_FLIGHTS["finish"], values)


def state(connection: Connection) -> FlightState:
    """Return which calls were found, and which came through."""
    (found,) = connection.cursor(row_factory=class_row(FlightState)).execute(_FLIGHTS["state"]).fetchall()
    return found


def flight(connection: Connection, device_id: str, since: datetime) -> FlightProgress | None:
    """Return how far the call that a device gave at a moment has come; None if the detectors have not found it."""
    values = {"device_id": device_id, "since": since}
    cursor = connection.cursor(row_factory=class_row(FlightProgress))
    return cursor.execute(_FLIGHTS["flight"], values).fetchone()


def next_seq(connection: Connection, device_id: str) -> int:
    """Return the number for a device's next message."""
    row = connection.execute(_FLIGHTS["last_seq"], {"device_id": device_id}).fetchone()
    return 1 if row is None else int(row[0]) + 1
