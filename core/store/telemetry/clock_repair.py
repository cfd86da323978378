"""After the machine's clock was ahead: what it left in the future is brought back, or it would count as the newest for as long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.store.database import Connection
from core.store.queries import load

_REPAIR = load("telemetry/clock_repair")
# Processes on several machines may differ by this much.
_SLACK = timedelta(minutes=5)
# What can be believed is looked for this far back.
_BACK = timedelta(days=7)


@dataclass(frozen=True)
class Repaired:
    """How many rows were brought back."""

    workers: int
    devices: int
    values: int
    homes: int


def is_ahead(connection: Connection, now: datetime, newest: timedelta) -> bool:
    """Return whether times are on record that can only come from a clock that was ahead of this one.

    Parameters
    ----------
    connection : Connection
        To the database.
    now : datetime
        What the clock says.
    newest : timedelta
        How far ahead of our clock a device's time may be.
    """
    row = connection.execute(_REPAIR["ahead"], _limits(now, newest)).fetchone()
    return bool(row and row[0])


def repair(connection: Connection, now: datetime, newest: timedelta) -> Repaired:
    """Bring back how far ingest has come, when devices were in contact, their newest values and the newest life sign of homes.

    The clock must be right again. Readings stay as they were stored.
    """
    limits = _limits(now, newest)
    workers, devices, values, lost_values, lost_states, homes, lost_homes = (
        connection.execute(_REPAIR[name], limits).rowcount
        for name in (
            *("repair_progress", "repair_contacts", "repair_values", "forget_values", "forget_states"),
            *("repair_homes", "forget_homes"),
        )
    )
    return Repaired(workers, devices, values + lost_values + lost_states, homes + lost_homes)


def _limits(now: datetime, newest: timedelta) -> dict[str, datetime]:
    return {"now": now, "since": now - _BACK, "latest": now + _SLACK, "newest": now + newest + _SLACK}
