"""Planned absences: plan one, end one. Whoever may know of the resident may do both."""

from datetime import datetime, timedelta

from api.access import visibility
from api.access.refusals import RefusedError, ThereAlreadyError
from api.actions.context import ActionContext
from core.domain.geofence import Hours
from core.domain.people import Role
from core.domain.planned_absence import Absence, AbsenceKind, is_long
from core.store.database import Connection
from core.store.people import planned_absences, residents, weakenings
from core.store.people.geofences import hours_to_json
from core.store.people.records import one_at_a_time
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

    One that a relative plans, or that leaves somebody without a watch for more than 14 days or half of every week, holds only when somebody
    else has confirmed it: until then the watch goes on, and the centre and the other contacts are asked.

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
    ThereAlreadyError
        Exactly this is planned.
    """
    began_at, ended_at = span
    visibility.resident_for(context.connection, context.viewer, resident, context.now, is_recorded=False)
    if ended_at is not None and ended_at <= context.now:
        raise RefusedError("ended_at", "absence_over")
    if began_at > context.now + LATEST:
        raise RefusedError("began_at", "absence_far_ahead")
    one_at_a_time.hold(context.connection, "absence", resident)
    planned = planned_absences.of_resident(
        context.connection, resident, context.now, context.now + SHOWN_AHEAD
    )
    for one in planned:
        # One that began long ago counts from a day before it was planned.
        began = max(began_at, one.created_at - EARLIEST)
        is_it = (one.kind, one.began_at, one.ended_at, one.hours) == (kind, began, ended_at, hours)
        if is_it and one.cancelled_at is None:
            raise ThereAlreadyError("planned absence", one.number)
    if len(planned) >= MOST:
        raise RefusedError("number", "absences_many", most=MOST)
    began = max(began_at, context.now - EARLIEST)
    needs_second = context.viewer.role is Role.FAMILY or _is_long(context, began, ended_at, hours, planned)
    made = planned_absences.add(
        context.connection,
        resident,
        kind=kind,
        span=(began, ended_at),
        hours=hours,
        note=note,
        user=context.viewer.number,
        needs_second=needs_second,
        now=context.now,
    )
    if needs_second:
        weakenings.ask_second_person(context.connection, made, context.now)
    else:
        _record(context, resident, before=None, after=_kept(made))
    return made


def confirm(context: ActionContext, absence: int, *, resident: int | None = None) -> Absence:
    """Let an absence hold that somebody else planned, and return it; one that holds already stays as it is.

    One that began long ago counts from 24 hours before now: what was raised while it waited is not taken back.

    Parameters
    ----------
    context : ActionContext
        Who confirms, and when.
    absence : int
        Which one.
    resident : int or None
        Whose it must be, where the asker named a resident too.

    Raises
    ------
    NotFoundError
        There is none, it is another resident's, or the viewer may not know.
    RefusedError
        Whoever planned it cannot be the second person, or it is too late.
    """
    one_at_a_time.hold(context.connection, "absence", _found(context, absence, resident).resident)
    found = _found(context, absence, resident)
    if not found.is_waiting:
        return found
    if found.created_by_user == context.viewer.number:
        raise RefusedError("number", "absence_own")
    if context.now >= found.expires_at:
        raise RefusedError("number", "absence_expired")
    return _let_hold(context.connection, found, context.now, user=context.viewer.number)


def confirm_from_message(connection: Connection, absence: Absence, contact: int, now: datetime) -> None:
    """Let an absence hold since a contact, who is not who planned it, confirms it from a message; what no longer waits stays as it is."""
    one_at_a_time.hold(connection, "absence", absence.resident)
    found = planned_absences.get(connection, absence.number, also_ended=True)
    if found.cancelled_at is None and found.is_waiting and now < found.expires_at:
        _let_hold(connection, found, now, contact=contact)


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
    one_at_a_time.hold(context.connection, "absence", _found(context, absence, resident).resident)
    found = _found(context, absence, resident)
    planned_absences.end(context.connection, absence, context.now)
    weakenings.ask_no_more(context.connection, absence, context.now)
    if found.is_waiting:
        # It never held.
        return
    before = _kept(found)
    after = before | {"ended_at": context.now.isoformat()} if found.began_at < context.now else None
    _record(context, found.resident, before=before, after=after)


def _let_hold(
    connection: Connection,
    found: Absence,
    now: datetime,
    *,
    user: int | None = None,
    contact: int | None = None,
) -> Absence:
    began_at = max(found.began_at, now - EARLIEST)
    planned_absences.confirm(connection, found.number, user=user, contact=contact, began_at=began_at, now=now)
    weakenings.ask_no_more(connection, found.number, now)
    confirmed = planned_absences.get(connection, found.number)
    weakenings.record(
        connection,
        found.resident,
        Watched.ABSENCE,
        before=None,
        after=_kept(confirmed),
        user=user or 0,
        contact=contact,
        now=now,
    )
    return confirmed


def still(context: ActionContext, absence: int, *, resident: int | None = None) -> None:
    """Say that a stay without an end goes on: nobody is asked again for a week.

    Parameters
    ----------
    context : ActionContext
        Who says so, and when.
    absence : int
        Which one.
    resident : int or None
        Whose it must be, where the asker named a resident too.

    Raises
    ------
    NotFoundError
        There is none, it is another resident's, or the viewer may not know.
    RefusedError
        Its end is known, or it does not hold.
    """
    one_at_a_time.hold(context.connection, "absence", _found(context, absence, resident).resident)
    found = _found(context, absence, resident)
    if found.is_waiting or not found.has_no_end or found.began_at > context.now:
        raise RefusedError("number", "absence_has_end")
    _goes_on(context.connection, found, context.now, user=context.viewer.number)


def answer_from_message(
    connection: Connection, absence: Absence, contact: int, now: datetime, *, goes_on: bool
) -> None:
    """Say, as a contact from a message, that a stay goes on or is over; what is over already stays as it is."""
    one_at_a_time.hold(connection, "absence", absence.resident)
    found = planned_absences.get(connection, absence.number, also_ended=True)
    if found.cancelled_at is not None:
        return
    if goes_on:
        said_by = residents.contact(connection, contact)
        user = None if said_by is None else said_by.user
        _goes_on(connection, found, now, user=user, contact=contact if user is None else None)
        return
    planned_absences.end(connection, found.number, now)
    weakenings.ask_no_more(connection, found.number, now)
    before = _kept(found)
    weakenings.record(
        connection,
        found.resident,
        Watched.ABSENCE,
        before=before,
        after=before | {"ended_at": now.isoformat()},
        user=0,
        contact=contact,
        now=now,
    )


def _goes_on(
    connection: Connection,
    absence: Absence,
    now: datetime,
    *,
    user: int | None = None,
    contact: int | None = None,
) -> None:
    planned_absences.still(connection, absence.number, now, user=user, contact=contact)
    if not planned_absences.get(connection, absence.number).is_one_alone(now):
        weakenings.ask_no_more(connection, absence.number, now)


def _is_long(
    context: ActionContext,
    began: datetime,
    ended_at: datetime | None,
    hours: Hours | None,
    planned: list[Absence],
) -> bool:
    """Return whether it is too long for one person, with what the same person planned already."""
    own = [
        one
        for one in planned
        if one.created_by_user == context.viewer.number and not one.is_waiting and one.cancelled_at is None
    ]
    once = [(one.began_at, one.ended_at) for one in own if one.hours is None and one.ended_at]
    return is_long(began, ended_at, hours, once, [one.hours for one in own if one.hours is not None])


def _found(context: ActionContext, absence: int, resident: int | None) -> Absence:
    found = visibility.absence_for(context.connection, context.viewer, absence)
    visibility.require_theirs(found.resident, resident, f"planned absence {absence}")
    return found


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
    weakenings.record(
        context.connection,
        resident,
        Watched.ABSENCE,
        before=before,
        after=after,
        user=context.viewer.number,
        now=context.now,
    )
