"""Alerts as boards and pages read them; what people do about them is in `handling`."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from core.domain.alert import Alert, AlertEvent, Condition, Handling, Outcome, Severity
from core.domain.escalation import board_order
from core.errors import NotFoundError
from core.store import alert_events
from core.store.database import Connection
from core.store.queries import load


def get(connection: Connection, alert_id: int) -> Alert:
    """Return one alert.

    Raises
    ------
    NotFoundError
        There is none with this number.
    """
    row = connection.execute(load("alerts")["get"], {"alert": alert_id}).fetchone()
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
    rows = connection.execute(load("alerts")["unclosed"], limits)
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
    return [alert_from_row(row) for row in connection.execute(load("alerts")["history"], limits)]


def events(connection: Connection, alert_id: int) -> list[AlertEvent]:
    """Return what happened to an alert, in order."""
    return [
        alert_events.from_row(row)
        for row in connection.execute(load("alerts")["events"], {"alert": alert_id})
    ]


def alert_from_row(row: tuple[Any, ...]) -> Alert:
    """Make an alert of a row of `alert_card`."""
    return Alert(
        number=row[0],
        rule=row[1],
        subject=row[2],
        resident=row[3],
        office=row[4],
        severity=Severity(row[5]),
        condition=Condition(row[6]),
        handling=Handling(row[7]),
        began_at=row[8],
        raised_at=row[9],
        opened_at=row[10],
        cleared_at=row[11],
        claimed_by=row[12],
        claimed_at=row[13],
        closed_at=row[14],
        outcome=None if row[15] is None else Outcome(row[15]),
        seen_late=row[16],
        reason=row[17],
        version=row[18],
        claimed_by_user=row[19],
        claimed_by_contact=row[20],
        claim_lapses_at=row[21],
    )


def _listed(numbers: Collection[int] | None) -> list[int] | None:
    return None if numbers is None else sorted(numbers)
