"""What a monitor of the whole service is shown, as the database has it at one moment."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from core.domain.rules import JOINS_WITHIN, WHEREABOUTS
from core.store.database import Connection
from core.store.queries import load

_FIGURES = load("operation/service_figures")


@dataclass(frozen=True)
class Emergencies:
    """Emergencies that nobody has claimed; `ended_escalations` of them have nobody who would be notified next."""

    unclaimed: int
    oldest: datetime | None
    ended_escalations: int


@dataclass(frozen=True)
class DatabaseSize:
    """How large the database is, and how its replicas are; `lag_bytes` is None without one, and where we may not see it."""

    bytes: int
    replicas: int
    lag_bytes: int | None


def open_alerts(connection: Connection) -> dict[int, int]:
    """Return how many alerts are not closed, by severity."""
    return dict.fromkeys((1, 2, 3, 4), 0) | dict(connection.execute(_FIGURES["alerts"]).fetchall())


def emergencies(connection: Connection) -> Emergencies:
    """Return what is known of the emergencies that nobody has claimed."""
    cursor = connection.cursor(row_factory=class_row(Emergencies))
    (found,) = cursor.execute(
        _FIGURES["emergencies"], {"rules": sorted(WHEREABOUTS), "joins_within": JOINS_WITHIN}
    ).fetchall()
    return found


def homes(connection: Connection) -> tuple[int, int]:
    """Return how many homes are watched, and in how many of them nothing could be noticed now."""
    ((watched, blind),) = connection.execute(_FIGURES["homes"]).fetchall()
    return int(watched), int(blind)


def oldest(connection: Connection) -> dict[str, datetime]:
    """Return since when something is kept, of the messages in quarantine, the readings and the fixes."""
    return {what: moment for what, moment in connection.execute(_FIGURES["oldest"]) if moment is not None}


def database_size(connection: Connection) -> DatabaseSize:
    """Return how large the database is and how its replicas are."""
    cursor = connection.cursor(row_factory=class_row(DatabaseSize))
    (found,) = cursor.execute(_FIGURES["database"]).fetchall()
    return found
