"""Opening the location gate: the reason is recorded, and the family can read it."""

from datetime import timedelta

from api.access import visibility
from api.access.location_gate import LocationAccess, RevealReason
from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from core.store.people import access_log
from core.store.people.access_log import Viewed

REVEAL_LASTS = timedelta(minutes=30)
_NOTE_LIMIT = 200


def reveal(
    context: ActionContext,
    resident: int,
    *,
    reason: RevealReason,
    note: str = "",
    clock_factor: float = 1.0,
) -> LocationAccess:
    """Return the access that is open for half an hour from now, with its reason on record.

    Parameters
    ----------
    context : ActionContext
        Who asks, and when.
    resident : int
        Whose place.
    reason : RevealReason
        Why it is needed.
    note : str
        More about the reason; needed with `other`.
    clock_factor : float
        How many times as fast as the machine's the service's clock runs: the half hour is the asker's.

    Raises
    ------
    NotFoundError
        There is no such resident, or the viewer may not know.
    RefusedError
        The note cannot be stored, or is missing where the reason is `other`.
    """
    visibility.resident_for(context.connection, context.viewer, resident, context.now, is_recorded=False)
    note = " ".join(note.split())
    if len(note) > _NOTE_LIMIT:
        raise RefusedError("note", "note_too_long", most=_NOTE_LIMIT)
    if reason is RevealReason.OTHER and not note:
        raise RefusedError("note", "reason_needs_note")
    if "\x00" in note:
        raise RefusedError("note", "note_unstorable")
    until = context.now + REVEAL_LASTS * max(1.0, clock_factor)
    recorded = f"{reason}: {note}" if note else reason.value
    access_log.record(
        context.connection,
        user=context.viewer.number,
        resident=resident,
        what=Viewed.REVEAL,
        reason=recorded,
        now=context.now,
        until=until,
    )
    return LocationAccess(True, recorded, until)
