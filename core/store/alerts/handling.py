"""What people do about alerts: claim, release, decline, close, note; and claims that run out.

Every change raises the alert's version, writes an `alert_event` and sends NOTIFY on the channel `alert` with the alert's number;
messages follow from the events, so nobody who changes an alert has to think of them.
"""

from collections.abc import Collection
from datetime import datetime

from core.domain.alert import Alert, Condition, EventKind, Handling, JsonObject, Outcome
from core.domain.response_targets import CLAIM_LASTS
from core.errors import ConflictError, InputError
from core.store.alerts import events
from core.store.alerts.alerts import get
from core.store.database import Connection
from core.store.queries import load

_ALERTS = load("alerts/alerts")

NOTE_LIMIT = 2000


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
    """Take an alert on: 「私が確認します」. Of two who try at once, one holds it and the other is shown who.

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
    if alert.handling is Handling.CLAIMED and _holds(connection, alert, user, contact):
        return alert
    _refuse_closed(alert)
    if alert.handling is Handling.CLAIMED and not take_over:
        raise ConflictError(
            f"{alert.claimed_by} is already checking alert {alert_id}; take it over if that was agreed"
        )
    _refuse_stale(alert, version)
    connection.execute(
        _ALERTS["set_claimed"],
        {
            "alert": alert_id,
            "user": user,
            "contact": contact,
            "now": now,
            "expires_at": now + CLAIM_LASTS[alert.severity],
        },
    )
    detail = {"taken_over": True} if alert.handling is Handling.CLAIMED else {}
    return _changed(connection, alert_id, EventKind.CLAIMED, now, user=user, contact=contact, detail=detail)


def release(
    connection: Connection,
    alert_id: int,
    *,
    user: int | None = None,
    contact: int | None = None,
    version: int | None = None,
    now: datetime,
) -> Alert:
    """Give a claimed alert back to the queue; the escalation goes on. Releasing an alert that nobody holds changes nothing.

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
    connection.execute(_ALERTS["set_open"], {"alert": alert_id})
    return _changed(connection, alert_id, EventKind.RELEASED, now, user=user, contact=contact)


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
        connection.execute(_ALERTS["set_open"], {"alert": alert_id})
        events.record(connection, alert_id, EventKind.RELEASED, now, contact=contact)
    else:
        connection.execute(_ALERTS["touch"], {"alert": alert_id})
    return _changed(connection, alert_id, EventKind.DECLINED, now, contact=contact)


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
    connection.execute(_ALERTS["set_closed"], {"alert": alert_id, "now": now, "outcome": outcome})
    if alert.resident is not None and alert.condition is Condition.ACTIVE:
        # What went on is watched anew from here.
        connection.execute(_ALERTS["evaluate_again"], {"resident": alert.resident})
    detail = {"outcome": outcome.value, **({"note": note} if note else {})}
    return _changed(connection, alert_id, EventKind.CLOSED, now, user=user, contact=contact, detail=detail)


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
    connection.execute(_ALERTS["touch"], {"alert": alert_id})
    return _changed(
        connection, alert_id, EventKind.NOTED, now, user=user, contact=contact, detail={"note": note}
    )


def hold_expired(connection: Connection, now: datetime, but: Collection[int] = ()) -> int | None:
    """Lock one alert whose claim has run out, none of `but`, and return its number; None if there is none."""
    row = connection.execute(_ALERTS["hold_expired"], {"now": now, "but": sorted(but)}).fetchone()
    return None if row is None else row[0]


def expire_claim(connection: Connection, alert_id: int, now: datetime) -> None:
    """Put an alert whose claim has run out back into the queue."""
    alert = get(connection, alert_id)
    connection.execute(_ALERTS["set_open"], {"alert": alert_id})
    events.record(
        connection,
        alert_id,
        EventKind.EXPIRED,
        now,
        user=alert.claimed_by_user,
        contact=alert.claimed_by_contact,
    )


def _changed(
    connection: Connection,
    alert_id: int,
    kind: EventKind,
    now: datetime,
    *,
    user: int | None = None,
    contact: int | None = None,
    detail: JsonObject | None = None,
) -> Alert:
    """Write into an alert's history what was done about it, and return the alert as it is now."""
    events.record(connection, alert_id, kind, now, user=user, contact=contact, detail=detail)
    return get(connection, alert_id)


def _held(connection: Connection, alert_id: int) -> Alert:
    connection.execute(_ALERTS["hold"], {"alert": alert_id})
    return get(connection, alert_id)


def _holds(connection: Connection, alert: Alert, user: int | None, contact: int | None) -> bool:
    """Return whether this person holds the alert, be it as a user or as the contact that belongs to the user."""
    if (alert.claimed_by_user, alert.claimed_by_contact) == (user, contact):
        return True
    row = connection.execute(
        _ALERTS["is_same_person"],
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
    if len(note) > NOTE_LIMIT:
        raise InputError(f"the note has {len(note)} characters; at most {NOTE_LIMIT} fit")
    if "\x00" in note:
        raise InputError("the note holds a NUL character, which cannot be stored")
    return note
