"""What users do about alerts: claim, report, assign, release, close, correct, reopen, note. Whoever may know of an alert may claim it and note on it."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from api.access import visibility
from api.access.refusals import AlertConflictError, ForbiddenError, RefusedError
from api.actions.context import ActionContext
from core.domain.alert import Alert, Outcome, Progress, Severity
from core.errors import ConflictError
from core.store.alerts import alerts, changes, corrections, handling

# In how many minutes somebody arrives, or looks again at what was put off: the least and the most that is taken.
_MINUTES = {Progress.ON_THE_WAY: (1, 240), Progress.LATER: (15, 480)}


def claim(
    context: ActionContext, number: int, *, version: int | None = None, take_over: bool = False
) -> Alert:
    """Return the alert, claimed by the viewer. Claiming what one holds changes nothing.

    Parameters
    ----------
    context : ActionContext
        Who claims, and when.
    number : int
        Which alert.
    version : int or None
        What the claimer saw; None where the button does not depend on it.
    take_over : bool
        Take it from whoever holds it.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    AlertConflictError
        Somebody else holds it, it is closed, or it changed since `version`.
    """
    visibility.alert_for(context.connection, context.viewer, number)
    with _conflicts(context, number):
        return handling.claim(
            context.connection,
            number,
            user=context.viewer.number,
            version=version,
            take_over=take_over,
            now=context.now,
        )


def report_progress(
    context: ActionContext,
    number: int,
    progress: Progress,
    *,
    minutes: int | None = None,
    note: str = "",
    version: int | None = None,
) -> Alert:
    """Return the alert, which the viewer goes on to hold: still on it, on the way, on site, or put off with a reason.

    Parameters
    ----------
    context : ActionContext
        Who reports, and when.
    number : int
        Which alert.
    progress : Progress
        What is reported.
    minutes : int or None
        In how many minutes they arrive (1 to 240) or look again (15 to 480); for these two reports only.
    note : str
        Why it is put off.
    version : int or None
        What they saw; None where the button does not depend on it.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    RefusedError
        The minutes are missing or out of range, a reason is missing, or an emergency would be put off.
    AlertConflictError
        Somebody else holds it, it is closed, or it changed since `version`.
    """
    found = visibility.alert_for(context.connection, context.viewer, number)
    if progress in _MINUTES:
        least, most = _MINUTES[progress]
        if minutes is None or not least <= minutes <= most:
            raise RefusedError("minutes", "minutes_out_of_range", least=least, most=most)
    if progress is Progress.LATER:
        if found.severity is Severity.EMERGENCY:
            raise RefusedError("progress", "emergency_put_off")
        if not note.strip():
            raise RefusedError("note", "note_empty")
    _check_length(note)
    within = timedelta(minutes=minutes) if minutes is not None and progress in _MINUTES else None
    with _conflicts(context, number):
        return handling.report_progress(
            context.connection,
            number,
            progress,
            user=context.viewer.number,
            within=within,
            note=note if progress is Progress.LATER else "",
            version=version,
            now=context.now,
        )


def assign(context: ActionContext, number: int, *, user: int, version: int | None = None) -> Alert:
    """Return the alert, given to a colleague who may see it; the history names both.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        There is no such colleague.
    AlertConflictError
        It is closed, or it changed since `version`.
    """
    found = visibility.alert_for(context.connection, context.viewer, number)
    _require_staff(context, "give an alert to a colleague")
    if user not in {one.number for one in visibility.colleagues_for(context.connection, found)}:
        raise RefusedError("user", "no_such_colleague")
    with _conflicts(context, number):
        return handling.claim(
            context.connection,
            number,
            user=user,
            version=version,
            take_over=True,
            asked_by=None if user == context.viewer.number else context.viewer.number,
            now=context.now,
        )


def correct_outcome(
    context: ActionContext, number: int, *, outcome: Outcome, note: str = "", version: int | None = None
) -> Alert:
    """Return the closed alert with another outcome; the history keeps both.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        The note cannot be stored, or the outcome `other` has none.
    AlertConflictError
        It is not closed, or it changed since `version`.
    """
    visibility.alert_for(context.connection, context.viewer, number)
    _require_staff(context, "correct an outcome")
    _check_outcome(outcome, note)
    with _conflicts(context, number):
        return corrections.correct_outcome(
            context.connection,
            number,
            outcome=outcome,
            note=note,
            user=context.viewer.number,
            version=version,
            now=context.now,
        )


def reopen(context: ActionContext, number: int, *, note: str, version: int | None = None) -> Alert:
    """Return the alert that was closed, back in the queue with the reason; everybody is asked anew.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        The reason is missing or cannot be stored.
    AlertConflictError
        It is not closed, the same is open under a newer number, or it changed since `version`.
    """
    visibility.alert_for(context.connection, context.viewer, number)
    _require_staff(context, "reopen an alert")
    if not note.strip():
        raise RefusedError("note", "note_empty")
    _check_length(note)
    with _conflicts(context, number):
        return corrections.reopen(
            context.connection,
            number,
            note=note,
            user=context.viewer.number,
            version=version,
            now=context.now,
        )


def release(context: ActionContext, number: int, *, version: int | None = None) -> Alert:
    """Return the alert, back in the queue. Releasing an alert that nobody holds changes nothing.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    ForbiddenError
        Somebody else holds it, and the viewer is not staff.
    AlertConflictError
        It is closed, or it changed since `version`.
    """
    found = visibility.alert_for(context.connection, context.viewer, number)
    visibility.require_hold(context.connection, context.viewer, found, "give it back")
    with _conflicts(context, number):
        return handling.release(
            context.connection, number, user=context.viewer.number, version=version, now=context.now
        )


def close(
    context: ActionContext, number: int, *, outcome: Outcome, note: str = "", version: int | None = None
) -> Alert:
    """Return the alert, closed with its outcome. Closing it again with the same outcome changes nothing.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    ForbiddenError
        Somebody else holds it, and the viewer is not staff.
    RefusedError
        The note cannot be stored, or the outcome `other` has none.
    AlertConflictError
        It was closed with another outcome, or it changed since `version`.
    """
    found = visibility.alert_for(context.connection, context.viewer, number)
    visibility.require_hold(context.connection, context.viewer, found, "end it")
    _check_outcome(outcome, note)
    with _conflicts(context, number):
        return handling.close(
            context.connection,
            number,
            outcome=outcome,
            note=note,
            user=context.viewer.number,
            version=version,
            now=context.now,
        )


def add_note(context: ActionContext, number: int, note: str) -> Alert:
    """Return the alert with a note in its history; a closed alert takes notes too.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    RefusedError
        The note is empty or cannot be stored.
    """
    visibility.alert_for(context.connection, context.viewer, number)
    if not note.strip():
        raise RefusedError("note", "note_empty")
    _check_length(note)
    return handling.add_note(
        context.connection, number, user=context.viewer.number, note=note, now=context.now
    )


def _require_staff(context: ActionContext, what: str) -> None:
    if not context.viewer.is_staff:
        raise ForbiddenError(f"only staff may {what}")


def _check_outcome(outcome: Outcome, note: str) -> None:
    if outcome is Outcome.OTHER and not note.strip():
        raise RefusedError("note", "outcome_needs_note")
    _check_length(note)


def _check_length(note: str) -> None:
    if len(note.strip()) > changes.NOTE_LIMIT:
        raise RefusedError("note", "note_too_long", most=changes.NOTE_LIMIT)
    if "\x00" in note:
        raise RefusedError("note", "note_unstorable")


@contextmanager
def _conflicts(context: ActionContext, number: int) -> Generator[None]:
    """Add the alert's present state to a conflict."""
    try:
        yield
    except ConflictError as error:
        raise AlertConflictError(str(error), alerts.get(context.connection, number)) from error
