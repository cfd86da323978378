"""Whether the service sees anything at all: how far ingest and the detectors are, and what waits for an operator."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from core.store.database import Connection
from core.store.queries import load

_HEALTH = load("operation/health")


@dataclass(frozen=True)
class Health:
    """What the database shows of the other processes; None where nothing was ever reported.

    `evaluated_through` is the ward's; `all_evaluated_through` is when the most overdue resident was due, and the ward's while nobody is overdue.
    """

    ingest_watermark: datetime | None
    ingest_reported_at: datetime | None
    evaluated_through: datetime | None
    all_evaluated_through: datetime | None
    last_received_at: datetime | None
    quarantined: int
    failing_watches: int


def health(connection: Connection) -> Health:
    """Return how far ingest and the detectors have come and what waits for an operator."""
    (found,) = connection.cursor(row_factory=class_row(Health)).execute(_HEALTH["health"]).fetchall()
    return found


def gateway_last_contacts(connection: Connection, limit: int) -> dict[str, datetime]:
    """Return when something last came through each gateway, the most recent `limit` of them; "" for devices without one."""
    rows = connection.execute(_HEALTH["gateway_last_contacts"], {"limit": limit})
    return dict(rows.fetchall())


def is_out_of_contact(connection: Connection, now: datetime) -> bool:
    """Return whether devices should send regularly and none of them was in contact."""
    row = connection.execute(_HEALTH["is_out_of_contact"], {"now": now}).fetchone()
    return bool(row and row[0])


def is_all_silent(connection: Connection, now: datetime, slack: timedelta) -> bool:
    """Return whether nothing at all came, of any device but the canary, for two of the shortest heartbeats and the slack."""
    row = connection.execute(_HEALTH["all_silent"], {"now": now, "slack": slack}).fetchone()
    return bool(row and row[0])


def latest_value(connection: Connection, device_id: str, metric: int) -> tuple[datetime, float] | None:
    """Return the newest (time, value) that a device reported of a metric; None if it reported none."""
    row = connection.execute(_HEALTH["latest_value"], {"device_id": device_id, "metric": metric}).fetchone()
    return None if row is None else (row[0], row[1])


@dataclass(frozen=True)
class Clocks:
    """Which devices' clocks are off; `server` is the time of the database's machine."""

    wrong: int
    worst_device_id: str | None
    worst_skew_s: float | None
    server: datetime


def clocks(connection: Connection, seconds: float) -> Clocks:
    """Return how many devices' clocks are off by more than `seconds`, and the database's own time."""
    cursor = connection.cursor(row_factory=class_row(Clocks))
    (found,) = cursor.execute(_HEALTH["device_clocks"], {"seconds": seconds}).fetchall()
    return found


def suspect_clocks(connection: Connection, now: datetime) -> dict[str, int]:
    """Return how much each device sent whose time cannot be known, the most first: places of a day and readings of an hour."""
    since = {"places_since": now - timedelta(days=1), "readings_since": now - timedelta(hours=1)}
    return dict(connection.execute(_HEALTH["suspect_clocks"], since).fetchall())


def stored_messages(connection: Connection) -> int:
    """Return how many messages all ingest workers have stored so far."""
    row = connection.execute(_HEALTH["stored_messages"]).fetchone()
    return int(row[0]) if row else 0
