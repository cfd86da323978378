"""Alerts: reading them for boards and pages, and what people do about them.

Every change raises the alert's version, writes an `alert_event` and sends NOTIFY on the channel `alert` with the alert's number;
messages follow from the events, so nobody who changes an alert has to think of them.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from core.domain.alert import Alert, AlertEvent, Condition, EventKind, Handling, Outcome, Severity
from core.domain.escalation import CLAIM_LASTS, board_order
from core.errors import ConflictError, InputError, NotFoundError
from core.store import alert_events
from core.store.database import Connection
from core.store.queries import load

_NOTE_LIMIT = 2000


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


def claim(
    connection: Connection,
    alert_id: int,
    *,
    user: int | None = None,
    contact: int | None = None,
    version: int | None = None,
    take_over: bool = False,
    now: datetime,
) -> Alert:
    """Take an alert on: 「私が確認します」. Of two who try at once, one holds it and the other is told who.

    Claiming what one holds already changes nothing. A cleared alert may be claimed as long as it is not closed.

    Parameters
    ----------
    connection : Connection
        Inside the caller's transaction.
    alert_id : int
        Which one.
    user, contact : int or None
        Who claims: exactly one of the two.
    version : int or None
        What the claimer saw; None for an answer link, which shows the present state anyway.
    take_over : bool
        Take it from whoever holds it.
    now : datetime
        When.

    Raises
    ------
    ConflictError
        Somebody else holds it, it is closed, or it changed since `version`.
    NotFoundError
        There is no such alert.
    """
    _one_of(user, contact)
    alert = _held(connection, alert_id)
    is_own = alert.handling is Handling.CLAIMED and _holds(connection, alert, user, contact)
    if is_own:
        return alert
    _refuse_closed(alert)
    if alert.handling is Handling.CLAIMED and not take_over:
        raise ConflictError(
            f"{alert.claimed_by} is already checking alert {alert_id}; take it over if that was agreed"
        )
    _refuse_stale(alert, version)
    connection.execute(
        load("alerts")["set_claimed"],
        {
            "alert": alert_id,
            "user": user,
            "contact": contact,
            "now": now,
            "lapses_at": now + CLAIM_LASTS[alert.severity],
        },
    )
    detail = {"taken_over": True} if alert.handling is Handling.CLAIMED else {}
    alert_events.record(
        connection, alert_id, EventKind.CLAIMED, now, user=user, contact=contact, detail=detail
    )
    return get(connection, alert_id)


def release(
    connection: Connection,
    alert_id: int,
    *,
    user: int | None = None,
    contact: int | None = None,
    version: int | None = None,
    now: datetime,
) -> Alert:
    """Give a claimed alert back to the queue; the ladder goes on. Releasing an alert that nobody holds changes nothing.

    Raises
    ------
    ConflictError
        It is closed, or it changed since `version`.
    NotFoundError
        There is no such alert.
    """
    _one_of(user, contact)
    alert = _held(connection, alert_id)
    _refuse_closed(alert)
    if alert.handling is Handling.OPEN:
        return alert
    _refuse_stale(alert, version)
    connection.execute(load("alerts")["set_open"], {"alert": alert_id})
    alert_events.record(connection, alert_id, EventKind.RELEASED, now, user=user, contact=contact)
    return get(connection, alert_id)


def decline(connection: Connection, alert_id: int, *, contact: int, now: datetime) -> Alert:
    """Note that a contact cannot go now: 「いま行けません」. If that contact held the alert, it goes back to the queue.

    Raises
    ------
    ConflictError
        It is closed.
    NotFoundError
        There is no such alert.
    """
    alert = _held(connection, alert_id)
    _refuse_closed(alert)
    if alert.handling is Handling.CLAIMED and _holds(connection, alert, None, contact):
        connection.execute(load("alerts")["set_open"], {"alert": alert_id})
        alert_events.record(connection, alert_id, EventKind.RELEASED, now, contact=contact)
    else:
        connection.execute(load("alerts")["touch"], {"alert": alert_id})
    alert_events.record(connection, alert_id, EventKind.DECLINED, now, contact=contact)
    return get(connection, alert_id)


def close(
    connection: Connection,
    alert_id: int,
    *,
    outcome: Outcome,
    user: int | None = None,
    contact: int | None = None,
    note: str = "",
    version: int | None = None,
    now: datetime,
) -> Alert:
    """End an alert with its outcome. Closing it again with the same outcome changes nothing.

    Raises
    ------
    ConflictError
        It was closed with another outcome, or it changed since `version`.
    InputError
        The note is too long, or the outcome `other` has no note.
    NotFoundError
        There is no such alert.
    """
    _one_of(user, contact)
    note = _checked_note(note)
    if outcome is Outcome.OTHER and not note:
        raise InputError("the outcome 'other' needs a note that says how it ended")
    alert = _held(connection, alert_id)
    if alert.handling is Handling.CLOSED and alert.outcome is outcome:
        return alert
    _refuse_closed(alert)
    _refuse_stale(alert, version)
    connection.execute(load("alerts")["set_closed"], {"alert": alert_id, "now": now, "outcome": outcome})
    detail = {"outcome": outcome.value, **({"note": note} if note else {})}
    alert_events.record(
        connection, alert_id, EventKind.CLOSED, now, user=user, contact=contact, detail=detail
    )
    return get(connection, alert_id)


def add_note(
    connection: Connection,
    alert_id: int,
    *,
    user: int | None = None,
    contact: int | None = None,
    note: str,
    now: datetime,
) -> Alert:
    """Write a note into an alert's history; a closed alert takes notes too.

    Raises
    ------
    InputError
        The note is empty or too long.
    NotFoundError
        There is no such alert.
    """
    _one_of(user, contact)
    note = _checked_note(note)
    if not note:
        raise InputError("the note is empty; write what the next person should know")
    _held(connection, alert_id)
    connection.execute(load("alerts")["touch"], {"alert": alert_id})
    alert_events.record(
        connection, alert_id, EventKind.NOTED, now, user=user, contact=contact, detail={"note": note}
    )
    return get(connection, alert_id)


def hold_lapsed(connection: Connection, now: datetime, but: Collection[int] = ()) -> int | None:
    """Lock one alert whose claim has run out, none of `but`, and return its number; None if there is none."""
    row = connection.execute(load("alerts")["hold_lapsed"], {"now": now, "but": sorted(but)}).fetchone()
    return None if row is None else row[0]


def lapse(connection: Connection, alert_id: int, now: datetime) -> None:
    """Put an alert whose claim has run out back into the queue."""
    alert = get(connection, alert_id)
    connection.execute(load("alerts")["set_open"], {"alert": alert_id})
    alert_events.record(
        connection,
        alert_id,
        EventKind.LAPSED,
        now,
        user=alert.claimed_by_user,
        contact=alert.claimed_by_contact,
    )


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


def _held(connection: Connection, alert_id: int) -> Alert:
    connection.execute(load("alerts")["hold"], {"alert": alert_id})
    return get(connection, alert_id)


def _holds(connection: Connection, alert: Alert, user: int | None, contact: int | None) -> bool:
    """Tell whether this person holds the alert, be it as a user or as the contact that belongs to the user."""
    if (alert.claimed_by_user, alert.claimed_by_contact) == (user, contact):
        return True
    row = connection.execute(
        load("alerts")["is_same_person"],
        {
            "user": user if user is not None else alert.claimed_by_user,
            "contact": contact if contact is not None else alert.claimed_by_contact,
        },
    ).fetchone()
    return row is not None


def _refuse_closed(alert: Alert) -> None:
    if alert.handling is Handling.CLOSED:
        raise ConflictError(f"alert {alert.number} is already closed ({alert.outcome}); add a note instead")


def _refuse_stale(alert: Alert, version: int | None) -> None:
    if version is not None and version != alert.version:
        raise ConflictError(
            f"alert {alert.number} has changed in the meantime; read it again and decide anew"
        )


def _one_of(user: int | None, contact: int | None) -> None:
    if (user is None) == (contact is None):
        raise ValueError("name either a user or a contact")


def _checked_note(note: str) -> str:
    note = note.strip()
    if len(note) > _NOTE_LIMIT:
        raise InputError(f"the note has {len(note)} characters; at most {_NOTE_LIMIT} fit")
    if "\x00" in note:
        raise InputError("the note holds a NUL character, which cannot be stored")
    return note


def _listed(numbers: Collection[int] | None) -> list[int] | None:
    return None if numbers is None else sorted(numbers)
