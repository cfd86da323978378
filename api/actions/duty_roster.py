"""The roster of an office: put somebody on it, let the substitute take over, take a shift off. Only staff may."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from api.access import visibility
from api.access.refusals import RefusedError, ThereAlreadyError
from api.actions.context import ActionContext
from core.domain.escalation.duty import DutyShift
from core.errors import NotFoundError
from core.store.people import duty_roster, offices
from core.store.people.offices import OfficeChanged
from core.store.people.records import one_at_a_time

# A shift is a night, a day or a weekend; a longer one is a slip.
LONGEST = timedelta(days=7)
# Rosters are made for half a year.
LATEST = timedelta(days=190)
MOST_WEEKS = 26


def add(
    context: ActionContext,
    office: int,
    *,
    person: int,
    substitute: int | None,
    span: tuple[datetime, datetime],
    weeks: int = 1,
    zone: ZoneInfo,
) -> list[DutyShift]:
    """Put somebody on the roster, and return the new shifts.

    Parameters
    ----------
    context : ActionContext
        Who does it, and when.
    office : int
        Whose roster.
    person, substitute : int, int or None
        Contacts of the office: who is on duty, and who stands in.
    span : (datetime, datetime)
        From when until when.
    weeks : int
        In how many weeks, one after the other, at the same hours by the clock on the wall.
    zone : ZoneInfo
        The clock on the wall.

    Raises
    ------
    NotFoundError
        There is no such office, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        The person is none of the office, stands in for themselves, or the time is over, too long or too far ahead.
    ThereAlreadyError
        All these shifts of that person are on the roster; what is missing of them is added.
    """
    visibility.require_staff(context.viewer, "change a roster")
    visibility.office_for(context.connection, context.viewer, office)
    known = {one.number for one in duty_roster.people(context.connection, office)}
    if person not in known or (substitute is not None and substitute not in known):
        raise RefusedError("person", "duty_no_such_person")
    if person == substitute:
        raise RefusedError("substitute", "duty_own_substitute")
    if not 1 <= weeks <= MOST_WEEKS:
        raise RefusedError("weeks", "duty_weeks", most=MOST_WEEKS)
    began_at, ended_at = span
    if not timedelta() < ended_at - began_at <= LONGEST or ended_at <= context.now:
        raise RefusedError("ended_at", "duty_span")
    one_at_a_time.hold(context.connection, "duty", office)
    spans = [(_later(began_at, week, zone), _later(ended_at, week, zone)) for week in range(weeks)]
    if spans[-1][0] > context.now + LATEST:
        raise RefusedError("began_at", "duty_far_ahead")
    there = _there(context, office, (began_at, spans[-1][1]), person, substitute)
    made: list[DutyShift] = []
    for began, ended in spans:
        if (began, ended) in there:
            continue
        number = duty_roster.add(
            context.connection,
            office,
            contact=person,
            substitute=substitute,
            began_at=began,
            ended_at=ended,
        )
        made.append(duty_roster.get(context.connection, number))
    if not made:
        raise ThereAlreadyError("shift", there[spans[0]])
    _record(context, office, before=None, after=_kept(made[0]) | {"weeks": len(made)})
    return made


def hand_over(context: ActionContext, office: int, shift: int, *, is_substituted: bool) -> DutyShift:
    """Let the substitute take a shift, or give it back, and return it.

    Raises
    ------
    NotFoundError
        There is no such shift of the office, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        It has no substitute.
    """
    before = _own(context, office, shift)
    if before.substitute is None:
        raise RefusedError("is_substituted", "duty_no_substitute")
    duty_roster.substitute(context.connection, shift, is_substituted=is_substituted)
    after = duty_roster.get(context.connection, shift)
    if after != before:
        _record(context, office, before=_kept(before), after=_kept(after))
    return after


def remove(context: ActionContext, office: int, shift: int) -> None:
    """Take a shift off the roster.

    Raises
    ------
    NotFoundError
        There is no such shift of the office, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    """
    before = _own(context, office, shift)
    duty_roster.remove(context.connection, shift)
    _record(context, office, before=_kept(before), after=None)


def _there(
    context: ActionContext, office: int, span: tuple[datetime, datetime], person: int, substitute: int | None
) -> dict[tuple[datetime, datetime], int]:
    """Return the shifts of a person with the same substitute that touch a span, by when they begin and end."""
    return {
        (one.began_at, one.ended_at): one.number
        for one in duty_roster.shifts(context.connection, office, *span)
        if one.person.number == person and (one.substitute.number if one.substitute else None) == substitute
    }


def _own(context: ActionContext, office: int, shift: int) -> DutyShift:
    visibility.require_staff(context.viewer, "change a roster")
    visibility.office_for(context.connection, context.viewer, office)
    found = duty_roster.get(context.connection, shift)
    if found.office != office:
        raise NotFoundError(f"there is no shift {shift} that you may see")
    return found


def _later(edge: datetime, weeks: int, zone: ZoneInfo) -> datetime:
    """Return the same time by the clock on the wall, so many weeks later."""
    local = edge.astimezone(zone).replace(tzinfo=None) + timedelta(weeks=weeks)
    return local.replace(tzinfo=zone) if weeks else edge


def _kept(shift: DutyShift) -> dict[str, object]:
    return {
        "person": shift.person.name,
        "substitute": None if shift.substitute is None else shift.substitute.name,
        "began_at": shift.began_at.isoformat(),
        "ended_at": shift.ended_at.isoformat(),
        "is_substituted": shift.is_substituted,
    }


def _record(
    context: ActionContext,
    office: int,
    *,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
) -> None:
    offices.record_change(
        context.connection,
        office,
        OfficeChanged.DUTY,
        before=before,
        after=after,
        user=context.viewer.number,
        now=context.now,
    )
