"""What every change of an alert by people has in common: the lock, who holds it, what is refused, and its place in the history."""

from datetime import datetime

from core.domain.alert import Alert, EventKind, Handling, JsonObject, Outcome
from core.errors import ConflictError, InputError
from core.store.alerts import events
from core.store.alerts.alerts import get
from core.store.database import Connection
from core.store.queries import load

_ALERTS = load("alerts/alerts")

NOTE_LIMIT = 2000


def changed(
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


def held(connection: Connection, alert_id: int) -> Alert:
    """Return an alert, locked against other changes."""
    connection.execute(_ALERTS["hold"], {"alert": alert_id})
    return get(connection, alert_id)


def holds(connection: Connection, alert: Alert, user: int | None, contact: int | None) -> bool:
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


def refuse_closed(alert: Alert) -> None:
    """Raise ConflictError for an alert that is closed."""
    if alert.handling is Handling.CLOSED:
        raise ConflictError(f"alert {alert.number} is already closed ({alert.outcome}); add a note instead")


def refuse_unclosed(alert: Alert) -> None:
    """Raise ConflictError for an alert that is not closed."""
    if alert.handling is not Handling.CLOSED:
        raise ConflictError(f"alert {alert.number} is not closed")


def refuse_stale(alert: Alert, version: int | None) -> None:
    """Raise ConflictError for an alert that has changed since `version`; None takes any."""
    if version is not None and version != alert.version:
        raise ConflictError(
            f"alert {alert.number} has changed in the meantime; read it again and decide anew"
        )


def one_of(user: int | None, contact: int | None) -> None:
    """Raise ValueError unless exactly one of the two is given."""
    if (user is None) == (contact is None):
        raise ValueError("name either a user or a contact")


def checked_outcome_note(outcome: Outcome, note: str) -> str:
    """Return the note of an outcome without spaces around it; InputError where it cannot be stored, or `other` has none."""
    note = checked_note(note)
    if outcome is Outcome.OTHER and not note:
        raise InputError("the outcome 'other' needs a note that says how it ended")
    return note


def checked_note(note: str) -> str:
    """Return a note without spaces around it; InputError where it cannot be stored."""
    note = note.strip()
    if len(note) > NOTE_LIMIT:
        raise InputError(f"the note has {len(note)} characters; at most {NOTE_LIMIT} fit")
    if "\x00" in note:
        raise InputError("the note holds a NUL character, which cannot be stored")
    return note
