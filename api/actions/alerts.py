"""What users do about alerts: claim, release, close, note. Whoever may know of an alert may claim it and note on it."""

from collections.abc import Generator
from contextlib import contextmanager

from api.access import visibility
from api.access.refusals import AlertConflictError, RefusedError
from api.actions.context import ActionContext
from core.domain.alert import Alert, Outcome
from core.errors import ConflictError
from core.store.alerts import alerts, handling


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
    if outcome is Outcome.OTHER and not note.strip():
        raise RefusedError("note", "outcome_needs_note")
    _check_length(note)
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


def _check_length(note: str) -> None:
    if len(note.strip()) > handling.NOTE_LIMIT:
        raise RefusedError("note", "note_too_long", most=handling.NOTE_LIMIT)
    if "\x00" in note:
        raise RefusedError("note", "note_unstorable")


@contextmanager
def _conflicts(context: ActionContext, number: int) -> Generator[None]:
    """Add the alert's present state to a conflict."""
    try:
        yield
    except ConflictError as error:
        raise AlertConflictError(str(error), alerts.get(context.connection, number)) from error
