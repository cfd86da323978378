"""What happens to alerts, written down in order; the messages follow from it."""

from datetime import datetime

from psycopg.types.json import Jsonb

from core.domain.alert import AlertEvent, EventKind, JsonObject
from core.store.database import Connection
from core.store.queries import load
from core.store.rows import Row

_ALERTS = load("alerts/alerts")


def record(
    connection: Connection,
    alert_id: int,
    kind: EventKind,
    at: datetime,
    *,
    user: int | None = None,
    contact: int | None = None,
    detail: JsonObject | None = None,
    planned_at: datetime | None = None,
) -> int:
    """Write what happened, wake the listeners, and return the event's number; `planned_at` says that no messages follow from it."""
    row = connection.execute(
        _ALERTS["record"],
        {
            "alert": alert_id,
            "at": at,
            "kind": kind,
            "user": user,
            "contact": contact,
            "detail": Jsonb(dict(detail or {})),
            "planned_at": planned_at,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 - an INSERT with RETURNING gives a row or raises
    return row[0]


def from_row(row: Row) -> AlertEvent:
    """Make an event of the columns that the query `events` selects."""
    number, alert, at, kind, who, user, contact, detail = row
    return AlertEvent(number, alert, at, EventKind(kind), who, user, contact, detail)
