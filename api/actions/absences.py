"""Planned absences: plan one, end one. Whoever may know of the resident may do both."""

from datetime import datetime, timedelta

from api.access import visibility
from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from core.domain.geofence import Hours
from core.domain.planned_absence import Absence, AbsenceKind
from core.errors import NotFoundError
from core.store.people import planned_absences, watch_changes
from core.store.people.geofences import hours_to_json
from core.store.people.watch_changes import Watched

# So many may be planned for one resident.
MOST = 50
# Plans are made for a year.
LATEST = timedelta(days=366)
# What lies further back was evaluated already.
EARLIEST = timedelta(hours=24)
# Weekly absences without an end are listed this far ahead.
SHOWN_AHEAD = timedelta(days=800)


def plan(
    context: ActionContext,
    resident: int,
    *,
    kind: AbsenceKind,
    span: tuple[datetime, datetime | None],
    hours: Hours | None,
    note: str = "",
) -> Absence:
    """Return a new planned absence; one that began long ago counts from 24 hours before now.

    Parameters
    ----------
    context : ActionContext
        Who plans, and when.
    resident : int
        Of whom.
    kind : AbsenceKind
        What for.
    span : (datetime, datetime or None)
        From when until when; a weekly one without an end goes on.
    hours : Hours or None
        For one that comes every week.
    note : str
        For whoever reads it.

    Raises
    ------
    NotFoundError
        There is no such resident, or the viewer may not know.
    RefusedError
        It is over already, is more than a year ahead, or too many are planned.
    """
    began_at, ended_at = span
    visibility.resident_for(context.connection, context.viewer, resident, context.now, is_recorded=False)
    if ended_at is not None and ended_at <= context.now:
        raise RefusedError("ended_at", "absence_over")
    if began_at > context.now + LATEST:
        raise RefusedError("began_at", "absence_far_ahead")
    planned = planned_absences.of_resident(
        context.connection, resident, context.now, context.now + SHOWN_AHEAD
    )
    if len(planned) >= MOST:
        raise RefusedError("number", "absences_many", most=MOST)
    made = planned_absences.add(
        context.connection,
        resident,
        kind=kind,
        span=(max(began_at, context.now - EARLIEST), ended_at),
        hours=hours,
        note=note,
        user=context.viewer.number,
        now=context.now,
    )
    _record(context, resident, before=None, after=_kept(made))
    return made


def end(context: ActionContext, absence: int, *, resident: int | None = None) -> None:
    """End an absence now; one that has not begun is taken back.

    Parameters
    ----------
    context : ActionContext
        Who ends it, and when.
    absence : int
        Which one.
    resident : int or None
        Whose it must be, where the asker named a resident too.

    Raises
    ------
    NotFoundError
        There is none, it is another resident's, or the viewer may not know.
    """
    found = visibility.absence_for(context.connection, context.viewer, absence)
    if resident is not None and found.resident != resident:
        raise NotFoundError(f"there is no planned absence {absence} that you may see")
    planned_absences.end(context.connection, absence, context.now)
    before = _kept(found)
    after = before | {"ended_at": context.now.isoformat()} if found.began_at < context.now else None
    _record(context, found.resident, before=before, after=after)


def _kept(absence: Absence) -> dict[str, object]:
    return {
        "number": absence.number,
        "kind": absence.kind.value,
        "began_at": absence.began_at.isoformat(),
        "ended_at": None if absence.ended_at is None else absence.ended_at.isoformat(),
        "hours": None if absence.hours is None else hours_to_json(absence.hours),
    }


def _record(
    context: ActionContext,
    resident: int,
    *,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
) -> None:
    watch_changes.record(
        context.connection,
        resident,
        Watched.ABSENCE,
        before=before,
        after=after,
        user=context.viewer.number,
        now=context.now,
    )
