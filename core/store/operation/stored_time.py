"""Whether everything that was once stored is there: hypertables, their chunks, and the time that these cover."""

from dataclasses import dataclass
from datetime import UTC, datetime

from core.domain.records.retention import READINGS
from core.store.database import Connection
from core.store.operation.retention import dropped_until
from core.store.queries import load

_STORED = load("operation/stored_time")


@dataclass(frozen=True)
class StoredTime:
    """What is missing of what was stored.

    Attributes
    ----------
    lost_hypertables : list of str
        Tables that should be hypertables and are none: restored without TimescaleDB's catalogue.
    lost_chunks : dict of str to (int, int)
        Hypertable -> how many of its chunks are not there, and how many its catalogue names.
    orphaned_values : int
        Devices' latest values at times of which nothing is stored at all; `orphaned_until` is the newest.
    holes : list of (datetime, datetime)
        Spans without a single reading, with readings before and after, that the ward's blind time does not explain.
    """

    lost_hypertables: list[str]
    lost_chunks: dict[str, tuple[int, int]]
    orphaned_values: int
    orphaned_until: datetime | None
    holes: list[tuple[datetime, datetime]]


def stored_time(connection: Connection) -> StoredTime:
    """Look for what is missing."""
    # What went because it was too old is not missing.
    kept_from = dropped_until(connection).get(READINGS, datetime.min.replace(tzinfo=UTC))
    asked = {"kept_from": kept_from}
    values, until = connection.execute(_STORED["values_without_readings"], asked).fetchone() or (0, None)
    return StoredTime(
        [name for (name,) in connection.execute(_STORED["lost_hypertables"]).fetchall()],
        {
            name: (missing, known)
            for name, missing, known in connection.execute(_STORED["lost_chunks"]).fetchall()
        },
        values,
        until,
        [
            hole
            for hole in _holes(connection)
            if hole[1] > kept_from and not _answer(connection, "known_blind", hole)
        ],
    )


def _holes(connection: Connection) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    filled_until: datetime | None = None
    for chunk in connection.execute(_STORED["chunks"]).fetchall():
        if not _answer(connection, "has_readings", (chunk[0], chunk[1])):
            continue
        if filled_until is not None and filled_until < chunk[0]:
            found.append((filled_until, chunk[0]))
        filled_until = chunk[1]
    return found


def _answer(connection: Connection, query: str, span: tuple[datetime, datetime]) -> bool:
    row = connection.execute(_STORED[query], {"since": span[0], "until": span[1]}).fetchone()
    return bool(row and row[0])
