"""What became of each message on each channel, one row for each; the outbox itself says who still waits for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import kwargs_row

from core.domain.delivery.record import Attempt, DeliveryRecord, DeliveryState
from core.domain.people import Channel, Language
from core.errors import NotFoundError
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


@dataclass(frozen=True)
class ReportedDelivery:
    """What a provider's report is about.

    Attributes
    ----------
    number, notification, alert, contact : int
        The delivery, of which message, about which alert, to whom.
    channel : int or None
        The contact's channel; None when it was removed since.
    kind, address : Channel, str
        How and where it went.
    language : Language
        In which it was written.
    spoken : str
        What the call says; empty when it is none or has ended.
    answered_at : datetime or None
        When a button or key answered it.
    """

    number: int
    notification: int
    alert: int
    contact: int
    channel: int | None
    kind: Channel
    address: str
    language: Language
    spoken: str
    answered_at: datetime | None


def keep_words(connection: Connection, record: DeliveryRecord, spoken: str) -> None:
    """Keep what a call says, so that it can be said again."""
    connection.execute(_DELIVERIES["keep_words"], {"delivery": record.number, "spoken": spoken})


def by_key(connection: Connection, key: str) -> ReportedDelivery:
    """Return the delivery with a request key, locked.

    Raises
    ------
    NotFoundError
        There is none, or its contact is notified no more.
    """
    try:
        values = {"key": str(UUID(key))}
    except ValueError as error:
        raise NotFoundError("there is no such delivery") from error
    found = (
        connection.cursor(row_factory=kwargs_row(_reported)).execute(_DELIVERIES["by_key"], values).fetchone()
    )
    if found is None:
        raise NotFoundError("there is no such delivery")
    return found


def set_arrived(connection: Connection, delivery: ReportedDelivery, now: datetime) -> None:
    """Note that a receipt says it arrived."""
    connection.execute(_DELIVERIES["set_arrived"], {"delivery": delivery.number, "now": now})


def set_answered(connection: Connection, delivery: ReportedDelivery, now: datetime) -> None:
    """Note that a button or key answered it."""
    connection.execute(_DELIVERIES["set_answered"], {"delivery": delivery.number, "now": now})


def set_failed(connection: Connection, delivery: ReportedDelivery, error: str, now: datetime) -> bool:
    """Note that it did not arrive, and let the next channel take over; return False if it was answered or had failed."""
    values = {"delivery": delivery.number, "error": error, "now": now}
    if connection.execute(_DELIVERIES["set_failed"], values).rowcount == 0:
        return False
    values = {"notification": delivery.notification, "error": error, "now": now}
    connection.execute(_DELIVERIES["send_on"], values)
    return True


def forget_words(connection: Connection, delivery: ReportedDelivery) -> None:
    """Drop what a call said, which has ended."""
    connection.execute(_DELIVERIES["forget_words"], {"delivery": delivery.number})


def _reported(*, kind: str, language: str, **columns: Any) -> ReportedDelivery:
    return ReportedDelivery(kind=Channel(kind), language=Language(language), **columns)
