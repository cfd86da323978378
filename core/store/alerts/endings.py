"""Ends what is open about a resident whom nobody watches any more: nobody is asked or notified again."""

from datetime import datetime

from core.domain.alert import EventKind, Outcome, Severity
from core.errors import ConflictError
from core.store.alerts import events
from core.store.database import Connection
from core.store.queries import load

_ALERTS = load("alerts/alerts")
_NOTIFICATIONS = load("alerts/notifications")


class EmergencyOpenError(ConflictError):
    """An emergency would be closed without anybody having dealt with it."""

    def __init__(self) -> None:
        super().__init__("an emergency is not closed; close it first")


def close_of_ended(
    connection: Connection, resident: int, empty_home: int | None, *, note: str, user: int, now: datetime
) -> int:
    """Close every open alert about a resident, and return how many; what waits about them is not sent, no step follows.

    Parameters
    ----------
    connection : Connection
        Inside the transaction that ends the watch.
    resident : int
        Who is watched no more.
    empty_home : int or None
        Their home, if nobody else is watched there: alerts about it and its devices end too.
    note : str
        Why, for the history of each alert.
    user : int
        Who ended the watch; 0 is somebody at the machine.
    now : datetime
        When.

    Raises
    ------
    EmergencyOpenError
        One of them is an emergency.
    """
    values = {"resident": resident, "empty_home": empty_home, "now": now}
    severities = {row[0]: row[1] for row in connection.execute(_ALERTS["close_of_ended"], values)}
    if Severity.EMERGENCY in severities.values():
        raise EmergencyOpenError
    closed = list(severities)
    connection.execute(_NOTIFICATIONS["stop_steps"], {"alerts": closed, "now": now})
    connection.execute(_NOTIFICATIONS["cancel_of_alerts"], {"alerts": closed, "error": "watch_ended"})
    for alert in closed:
        detail = {"outcome": Outcome.OTHER.value, "note": note}
        events.record(
            connection, alert, EventKind.CLOSED, now, user=user or None, detail=detail, planned_at=now
        )
    return len(closed)
