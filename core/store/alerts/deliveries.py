"""What became of each message on each channel, one row for each; the outbox itself says who still waits for it."""

from datetime import datetime
from typing import Any

from psycopg.rows import kwargs_row

from core.domain.delivery.record import Attempt, DeliveryRecord, DeliveryState
from core.domain.people import Channel
from core.store.database import Connection
from core.store.queries import load

_DELIVERIES = load("alerts/deliveries")


def of_notification(connection: Connection, notification: int) -> list[DeliveryRecord]:
    """Return the deliveries of a message, in the order in which they began."""
    cursor = connection.cursor(row_factory=kwargs_row(_record))
    return cursor.execute(_DELIVERIES["of_notification"], {"notification": notification}).fetchall()


def of_alert(connection: Connection, alert: int) -> list[DeliveryRecord]:
    """Return the deliveries of all messages about an alert, in the order in which they began."""
    cursor = connection.cursor(row_factory=kwargs_row(_record))
    return cursor.execute(_DELIVERIES["of_alert"], {"alert": alert}).fetchall()


def last_used(connection: Connection, alert: int, contact: int) -> dict[int, datetime]:
    """Return when each channel of a contact last carried a message about an alert; without those that never did."""
    rows = connection.execute(_DELIVERIES["last_used"], {"alert": alert, "contact": contact})
    return dict(rows.fetchall())


def begin(
    connection: Connection, notification: int, channel: int, kind: Channel, now: datetime
) -> DeliveryRecord:
    """Note that an attempt begins and return its delivery; commit this before anything leaves."""
    cursor = connection.cursor(row_factory=kwargs_row(_record))
    values = {"notification": notification, "channel": channel, "kind": kind, "now": now}
    found = cursor.execute(_DELIVERIES["begin"], values).fetchone()
    assert found is not None  # noqa: S101 - an insert that returns
    return found


def settle(
    connection: Connection, record: DeliveryRecord, state: DeliveryState, attempt: Attempt, now: datetime
) -> None:
    """Write how an attempt ended."""
    connection.execute(
        _DELIVERIES["settle"],
        {
            "delivery": record.number,
            "state": state,
            "accepted_at": now if state is DeliveryState.ACCEPTED else None,
            "failed_at": now if state is DeliveryState.FAILED else None,
            "provider_id": attempt.provider_id,
            "parts": attempt.parts,
            "retry_at": None if attempt.retry_after is None else now + attempt.retry_after,
            "error": attempt.error,
        },
    )


def _record(*, kind: str, state: str, **columns: Any) -> DeliveryRecord:
    return DeliveryRecord(kind=Channel(kind), state=DeliveryState(state), **columns)
