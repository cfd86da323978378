"""What is put right about a closed alert: another outcome, or that it is not over. Staff do so; the history keeps what was said before."""

from datetime import datetime

from core.domain.alert import Alert, EventKind, Outcome
from core.errors import ConflictError, InputError
from core.store.alerts import changes
from core.store.database import Connection
from core.store.queries import load

_ALERTS = load("alerts/alerts")


def correct_outcome(
    connection: Connection,
    alert_id: int,
    *,
    outcome: Outcome,
    user: int,
    note: str = "",
    version: int | None = None,
    now: datetime,
) -> Alert:
    """Correct how a closed alert ended; the history keeps both. The same outcome changes nothing.

    Raises
    ------
    ConflictError
        It is not closed, or it changed since `version`.
    InputError
        The note is too long, or the outcome `other` has no note.
    NotFoundError
        There is no such alert.
    """
    note = changes.checked_outcome_note(outcome, note)
    alert = changes.held(connection, alert_id)
    changes.refuse_unclosed(alert)
    if alert.outcome is outcome:
        return alert
    changes.refuse_stale(alert, version)
    connection.execute(_ALERTS["set_outcome"], {"alert": alert_id, "outcome": outcome})
    before = alert.outcome.value if alert.outcome else ""
    detail = {"outcome": outcome.value, "instead_of": before, **({"note": note} if note else {})}
    return changes.changed(connection, alert_id, EventKind.CORRECTED, now, user=user, detail=detail)


def reopen(
    connection: Connection,
    alert_id: int,
    *,
    user: int,
    note: str,
    version: int | None = None,
    now: datetime,
) -> Alert:
    """Put a closed alert back into the queue, with the reason; the escalation begins anew.

    Raises
    ------
    ConflictError
        It is not closed, the same is open under a newer number, or it changed since `version`.
    InputError
        The note is empty or too long.
    NotFoundError
        There is no such alert.
    """
    note = changes.checked_note(note)
    if not note:
        raise InputError("reopening needs a note that says why")
    alert = changes.held(connection, alert_id)
    changes.refuse_unclosed(alert)
    changes.refuse_stale(alert, version)
    if connection.execute(_ALERTS["is_followed"], {"alert": alert_id}).fetchone() is not None:
        raise ConflictError(f"what alert {alert_id} is about is open again under a newer number")
    connection.execute(_ALERTS["set_reopened"], {"alert": alert_id})
    detail = {"note": note, "instead_of": alert.outcome.value if alert.outcome else ""}
    return changes.changed(connection, alert_id, EventKind.REOPENED, now, user=user, detail=detail)
