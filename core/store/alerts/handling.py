"""What people do about alerts: claim, release, decline, close, note; and claims that run out.

Every change raises the alert's version, writes an `alert_event` and sends NOTIFY on the channel `alert` with the alert's number;
messages follow from the events, so nobody who changes an alert has to think of them.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from core.domain.alert import Alert, Condition, EventKind, Handling, Outcome, Progress, Severity
from core.domain.response_targets import CLAIM_LASTS, claim_until
from core.domain.rules import WHEREABOUTS
from core.errors import ConflictError, InputError
from core.store.alerts import changes, events
from core.store.alerts.alerts import get
from core.store.database import Connection
from core.store.queries import load

_ALERTS = load("alerts/alerts")


def claim(
    connection: Connection,
    alert_id: int,
    *,
    user: int | None = None,
    contact: int | None = None,
    version: int | None = None,
    take_over: bool = False,
    asked_by: int | None = None,
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
    asked_by : int or None
        The user who gave it to `user`; the history names both.
    now : datetime
        When.

    Raises
    ------
    ConflictError
        Somebody else holds it, it is closed, or it changed since `version`.
    NotFoundError
        There is no such alert.
    """
    changes.one_of(user, contact)
    alert = changes.held(connection, alert_id)
    if alert.handling is Handling.CLAIMED and changes.holds(connection, alert, user, contact):
        return alert
    changes.refuse_closed(alert)
    if alert.handling is Handling.CLAIMED and not take_over:
        raise ConflictError(
            f"{alert.claimed_by} is already checking alert {alert_id}; take it over if that was agreed"
        )
    changes.refuse_stale(alert, version)
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
    detail: dict[str, object] = {"taken_over": True} if alert.handling is Handling.CLAIMED else {}
    if asked_by is not None:
        detail = {"assigned_to": user}
    did_it = user if asked_by is None else asked_by
    return changes.changed(
        connection, alert_id, EventKind.CLAIMED, now, user=did_it, contact=contact, detail=detail
    )


def report_progress(
    connection: Connection,
    alert_id: int,
    progress: Progress,
    *,
    user: int | None = None,
    contact: int | None = None,
    within: timedelta | None = None,
    note: str = "",
    version: int | None = None,
    now: datetime,
) -> Alert:
    """Say how it goes, so that the claim holds on; whoever reports on an alert that nobody holds takes it on by that.

    Parameters
    ----------
    connection : Connection
        Inside the caller's transaction.
    alert_id : int
        Which one.
    progress : Progress
        What is reported.
    user, contact : int or None
        Who reports: exactly one of the two.
    within : timedelta or None
        In how long they arrive (`on_the_way`) or look again (`later`); needed for these two, and for no other.
    note : str
        Why it is put off; needed for `later`.
    version : int or None
        What they saw; None where the button does not depend on it.
    now : datetime
        When.

    Raises
    ------
    ConflictError
        Somebody else holds it, it is closed, it changed since `version`, or it is an emergency, which nobody may put off.
    InputError
        The note is too long.
    NotFoundError
        There is no such alert.
    """
    alert = claim(connection, alert_id, user=user, contact=contact, version=version, now=now)
    if progress is Progress.LATER and alert.severity is Severity.EMERGENCY:
        raise ConflictError(f"alert {alert_id} is an emergency, which cannot be put off")
    expires_at = claim_until(alert, progress, now, within)
    arrives_at = now + within if progress is Progress.ON_THE_WAY and within is not None else None
    note = changes.checked_note(note)
    connection.execute(
        _ALERTS["set_progress"],
        {
            "alert": alert_id,
            "progress": progress,
            "now": now,
            "note": note,
            "arrives_at": arrives_at,
            "expires_at": expires_at,
        },
    )
    detail = {
        "progress": progress.value,
        "until": expires_at.isoformat(),
        **({"arrives_at": arrives_at.isoformat()} if arrives_at else {}),
        **({"note": note} if note else {}),
    }
    return changes.changed(
        connection, alert_id, EventKind.PROLONGED, now, user=user, contact=contact, detail=detail
    )


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
    changes.one_of(user, contact)
    alert = changes.held(connection, alert_id)
    changes.refuse_closed(alert)
    if alert.handling is Handling.OPEN:
        return alert
    changes.refuse_stale(alert, version)
    connection.execute(_ALERTS["set_open"], {"alert": alert_id})
    return changes.changed(connection, alert_id, EventKind.RELEASED, now, user=user, contact=contact)


def decline(connection: Connection, alert_id: int, *, contact: int, now: datetime) -> Alert:
    """Note that a contact cannot go now: 「いま行けません」. If that contact held the alert, it goes back to the queue.

    Raises
    ------
    ConflictError
        It is closed.
    NotFoundError
        There is no such alert.
    """
    alert = changes.held(connection, alert_id)
    changes.refuse_closed(alert)
    if alert.handling is Handling.CLAIMED and changes.holds(connection, alert, None, contact):
        connection.execute(_ALERTS["set_open"], {"alert": alert_id})
        events.record(connection, alert_id, EventKind.RELEASED, now, contact=contact)
    else:
        connection.execute(_ALERTS["touch"], {"alert": alert_id})
    return changes.changed(connection, alert_id, EventKind.DECLINED, now, contact=contact)


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
    changes.one_of(user, contact)
    note = changes.checked_outcome_note(outcome, note)
    alert = changes.held(connection, alert_id)
    if alert.handling is Handling.CLOSED and alert.outcome is outcome:
        return alert
    changes.refuse_closed(alert)
    changes.refuse_stale(alert, version)
    connection.execute(_ALERTS["set_closed"], {"alert": alert_id, "now": now, "outcome": outcome})
    if alert.resident is not None and alert.condition is Condition.ACTIVE:
        # What went on is watched anew from here.
        connection.execute(_ALERTS["evaluate_again"], {"resident": alert.resident})
    detail = {"outcome": outcome.value, **({"note": note} if note else {})}
    for companion in _close_companions(connection, alert, outcome, now):
        together = detail | {"with_alert": alert_id}
        events.record(
            connection,
            companion,
            EventKind.CLOSED,
            now,
            user=user,
            contact=contact,
            detail=together,
            planned_at=now,
        )
    return changes.changed(
        connection, alert_id, EventKind.CLOSED, now, user=user, contact=contact, detail=detail
    )


def _close_companions(connection: Connection, alert: Alert, outcome: Outcome, now: datetime) -> list[int]:
    """End what belongs together with an alert and is no more urgent: who says how a walk ended says it of all of it."""
    if alert.resident is None or alert.rule not in WHEREABOUTS or alert.condition is not Condition.ACTIVE:
        return []
    values = {
        "alert": alert.number,
        "resident": alert.resident,
        "rules": sorted(WHEREABOUTS),
        "severity": int(alert.severity),
        "outcome": outcome,
        "now": now,
    }
    return [row[0] for row in connection.execute(_ALERTS["close_with"], values)]


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
    changes.one_of(user, contact)
    note = changes.checked_note(note)
    if not note:
        raise InputError("the note is empty; write what the next person should know")
    changes.held(connection, alert_id)
    connection.execute(_ALERTS["touch"], {"alert": alert_id})
    return changes.changed(
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
