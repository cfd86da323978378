"""Events for other programs that did not arrive, and that somebody has them sent once more."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import kwargs_row

from core.domain.alert import NotificationKind
from core.domain.delivery.record import Attempt, DeliveryResult, DeliveryState
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.queries import load

_REDELIVERIES = load("alerts/webhook_redeliveries")


@dataclass(frozen=True)
class FailedEvent:
    """An event that its receiver did not take when it was due.

    Attributes
    ----------
    number : int
        Of the delivery.
    alert, rule, kind : int, str, NotificationKind
        What it says, of which alert.
    contact, contact_name, address : int, str, str
        For whom; of the address what may be shown.
    planned_at : datetime
        When it was first tried.
    state, error, accepted_at : DeliveryState, str or None, datetime or None
        How it stands now, why it was not taken, and when it was after all.
    can_be_sent : bool
        Whether contact and address are still there.
    is_waiting : bool
        Whether somebody had it sent again a moment ago.
    """

    number: int
    alert: int
    rule: str
    kind: NotificationKind
    contact: int
    contact_name: str
    address: str
    planned_at: datetime
    state: DeliveryState
    error: str | None
    accepted_at: datetime | None
    can_be_sent: bool
    is_waiting: bool


@dataclass(frozen=True)
class Redelivery:
    """Who had an event sent again and how it went; `who` is None for an account that is gone, `result` until it is done."""

    delivery: int
    asked_at: datetime
    who: str | None
    done_at: datetime | None
    result: DeliveryResult | None
    error: str | None


@dataclass(frozen=True)
class LeasedRedelivery:
    """One that a sender has taken: of which delivery, and what that was."""

    number: int
    delivery: int
    channel: int | None
    request_key: str
    planned_at: datetime
    alert: int
    contact: int
    kind: NotificationKind


def failed(connection: Connection, office: int | None, since: datetime, limit: int) -> list[FailedEvent]:
    """Return the events since a moment that were not taken when they were due, of an office and its residents or of all."""
    return _failed(connection, office=office, since=since, limit=limit, delivery=None)


def failed_one(connection: Connection, office: int | None, since: datetime, delivery: int) -> FailedEvent:
    """Return one of them.

    Raises
    ------
    NotFoundError
        There is none of that number there.
    """
    found = _failed(connection, office=office, since=since, limit=1, delivery=delivery)
    if not found:
        raise NotFoundError(f"there is no failed event {delivery}")
    return found[0]


def history(connection: Connection, deliveries: Collection[int]) -> list[Redelivery]:
    """Return who had these sent again, the newest first."""
    cursor = connection.cursor(row_factory=kwargs_row(_redelivery))
    return cursor.execute(_REDELIVERIES["history"], {"deliveries": list(deliveries)}).fetchall()


def ask(connection: Connection, delivery: int, *, user: int, now: datetime) -> None:
    """Have an event sent once more; whoever asks while that waits changes nothing."""
    connection.execute(_REDELIVERIES["ask"], {"delivery": delivery, "user": user, "now": now})


def lease_one(
    connection: Connection, machine_now: datetime, lease_until: datetime
) -> LeasedRedelivery | None:
    """Take one that waits; None if none does."""
    values = {"machine_now": machine_now, "lease_until": lease_until}
    cursor = connection.cursor(row_factory=kwargs_row(_leased))
    return cursor.execute(_REDELIVERIES["lease_one"], values).fetchone()


def finish(
    connection: Connection, one: LeasedRedelivery, lease_until: datetime, attempt: Attempt, now: datetime
) -> None:
    """Write how it went; what arrived is a failed event no more."""
    values = {
        "number": one.number,
        "lease_until": lease_until,
        "result": attempt.arrival,
        "error": attempt.error,
        "now": now,
    }
    is_ours = connection.execute(_REDELIVERIES["finish"], values).rowcount == 1
    if is_ours and attempt.arrival is DeliveryResult.DELIVERED:
        connection.execute(_REDELIVERIES["accepted"], {"delivery": one.delivery, "now": now})


def _failed(connection: Connection, **values: object) -> list[FailedEvent]:
    cursor = connection.cursor(row_factory=kwargs_row(_event))
    return cursor.execute(_REDELIVERIES["failed"], values).fetchall()


def _event(*, kind: str, state: str, **columns: Any) -> FailedEvent:
    return FailedEvent(kind=NotificationKind(kind), state=DeliveryState(state), **columns)


def _redelivery(*, result: str | None, **columns: Any) -> Redelivery:
    return Redelivery(result=None if result is None else DeliveryResult(result), **columns)


def _leased(*, kind: str, **columns: Any) -> LeasedRedelivery:
    return LeasedRedelivery(kind=NotificationKind(kind), **columns)
