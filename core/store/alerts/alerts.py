"""Alerts as boards and pages read them; what people do about them is in `handling`."""

from collections.abc import Collection
from datetime import datetime

from core.domain.alert import Alert, AlertEvent, Condition, Handling, Outcome, Severity
from core.domain.response_targets import board_order
from core.errors import NotFoundError
from core.store.alerts import events as alert_events
from core.store.database import Connection
from core.store.queries import load
from core.store.rows import Row, build

_ALERTS = load("alerts/alerts")


def get(connection: Connection, alert_id: int) -> Alert:
    """Return one alert.

    Raises
    ------
    NotFoundError
        There is none with this number.
    """
    row = connection.execute(_ALERTS["get"], {"alert": alert_id}).fetchone()
    if row is None:
        raise NotFoundError(f"there is no alert {alert_id}")
    return alert_from_row(row)


def open_alerts(
    connection: Connection,
    now: datetime,
    *,
    offices: Collection[int] | None = None,
    residents: Collection[int] | None = None,
) -> list[Alert]:
    """Return the alerts that are not closed, in the order of the care board.

    Parameters
    ----------
    connection : Connection
        Where to read.
    now : datetime
        Decides which are past their target.
    offices : collection of int or None
        Only alerts of these offices, and those of the whole ward.
    residents : collection of int or None
        Only alerts of these residents; alerts of the whole ward are nobody's and left out.
    """
    limits = {"offices": _listed(offices), "residents": _listed(residents)}
    rows = connection.execute(_ALERTS["unclosed"], limits)
    return sorted((alert_from_row(row) for row in rows), key=lambda alert: board_order(alert, now))


def history(
    connection: Connection,
    *,
    offices: Collection[int] | None = None,
    residents: Collection[int] | None = None,
    rule: str | None = None,
    handling: Handling | None = None,
    since: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Alert]:
    """Return past and present alerts, newest first; pass the last number as `before` for the next page."""
    limits = {
        "offices": _listed(offices),
        "residents": _listed(residents),
        "rule": rule,
        "handling": handling,
        "since": since,
        "before": before,
        "limit": limit,
    }
    return [alert_from_row(row) for row in connection.execute(_ALERTS["history"], limits)]


def events(connection: Connection, alert_id: int) -> list[AlertEvent]:
    """Return what happened to an alert, in order."""
    return [alert_events.from_row(row) for row in connection.execute(_ALERTS["events"], {"alert": alert_id})]


def alert_from_row(row: Row) -> Alert:
    """Make an alert of a row of `alert_card`."""
    return build(Alert, row, severity=Severity, condition=Condition, handling=Handling, outcome=Outcome)


def _listed(numbers: Collection[int] | None) -> list[int] | None:
    return None if numbers is None else sorted(numbers)
