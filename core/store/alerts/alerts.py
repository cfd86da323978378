"""Alerts as boards and pages read them; what people do about them is in `handling`."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import class_row, kwargs_row

from core.domain.alert import Alert, AlertEvent, Condition, Episode, Handling, Outcome, Progress, Severity
from core.domain.response_targets import board_order
from core.domain.rules import WHEREABOUTS
from core.errors import NotFoundError
from core.store import subjects
from core.store.alerts import events as alert_events
from core.store.database import Connection
from core.store.queries import load

_ALERTS = load("alerts/alerts")


def get(connection: Connection, alert_id: int) -> Alert:
    """Return one alert.

    Raises
    ------
    NotFoundError
        There is none with this number.
    """
    found = cursor(connection).execute(_ALERTS["get"], {"alert": alert_id}).fetchone()
    if found is None:
        raise NotFoundError(f"there is no alert {alert_id}")
    return found


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
    found = cursor(connection).execute(_ALERTS["unclosed"], limits)
    return sorted(found, key=lambda alert: board_order(alert, now))


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
    return cursor(connection).execute(_ALERTS["history"], limits).fetchall()


def events(connection: Connection, alert_id: int) -> list[AlertEvent]:
    """Return what happened to an alert, in order."""
    return alert_events.cursor(connection).execute(_ALERTS["events"], {"alert": alert_id}).fetchall()


def companions(connection: Connection, alert: Alert, *, hold: bool = False) -> list[Alert]:
    """Return the other alerts that belong together with one: about the same resident's whereabouts, holding, not closed.

    With `hold` nobody else plans for them until the transaction ends.
    """
    if alert.resident is None or alert.rule not in WHEREABOUTS:
        return []
    values = {"alert": alert.number, "resident": alert.resident, "rules": sorted(WHEREABOUTS)}
    if hold:
        connection.execute(_ALERTS["hold_resident"], values)
    return cursor(connection).execute(_ALERTS["companions"], values).fetchall()


def episodes(connection: Connection, alert_id: int) -> list[Episode]:
    """Return each time at which what an alert is about began, newest first, without what late data contradicted."""
    cursor = connection.cursor(row_factory=class_row(Episode))
    return cursor.execute(_ALERTS["episodes"], {"alert": alert_id}).fetchall()


def cursor(connection: Connection) -> Cursor[Alert]:
    """Return a cursor that makes an alert of each row of `full_alert`."""
    return connection.cursor(row_factory=kwargs_row(_alert))


def _alert(
    *,
    alert_id: int,
    resident_id: int | None,
    office_id: int | None,
    subject_kind: str,
    subject_number: int,
    area: str | None,
    severity: int,
    condition: str,
    handling: str,
    outcome: str | None,
    progress: str | None,
    **columns: Any,
) -> Alert:
    return Alert(
        number=alert_id,
        resident=resident_id,
        office=office_id,
        subject=subjects.from_columns(subject_kind, subject_number, area),
        severity=Severity(severity),
        condition=Condition(condition),
        handling=Handling(handling),
        outcome=None if outcome is None else Outcome(outcome),
        progress=None if progress is None else Progress(progress),
        **columns,
    )


def _listed(numbers: Collection[int] | None) -> list[int] | None:
    return None if numbers is None else sorted(numbers)
