"""What happens to alerts, written down in order; the messages follow from it."""

from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import kwargs_row
from psycopg.types.json import Jsonb

from core.domain.alert import AlertEvent, EventKind, JsonObject
from core.store.database import Connection
from core.store.queries import load

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


def cursor(connection: Connection) -> Cursor[AlertEvent]:
    """Return a cursor that makes an event of each row of the queries `events` and `unplanned`."""
    return connection.cursor(row_factory=kwargs_row(_event))


def _event(*, kind: str, **columns: Any) -> AlertEvent:
    return AlertEvent(kind=EventKind(kind), **columns)
