"""The roster of an office: the days ahead with who is on duty, what is missing, and a form that needs no script."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access import visibility
from api.access.refusals import RefusedError, ThereAlreadyError
from api.access.viewer import Viewer
from api.actions import duty_roster as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, DatabaseDep, NowDep, Staff
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from api.views.duty_gaps import duty_gaps, policy_of
from core.domain.escalation.duty import DutyShift
from core.domain.escalation.policy import Recipients
from core.domain.escalation.public_holidays import is_day_off
from core.store.database import Connection
from core.store.people import duty_roster

router = APIRouter()
_DAYS = 14


@dataclass(frozen=True)
class ShiftLine:
    """One shift of a day; `asked` is who is asked, empty where nobody can be reached."""

    number: int
    when: str
    person: str
    substitute: str
    asked: str
    is_substituted: bool


@dataclass(frozen=True)
class DutyDay:
    """One day of the calendar."""

    name: str
    is_off: bool
    shifts: tuple[ShiftLine, ...]
    gaps: tuple[str, ...]


@router.get("/offices/{number}/duty")
def show_duty(request: Request, viewer: Staff, connection: ConnectionDep, number: Number) -> Response:
    """Show who is on duty in the next two weeks."""
    return _show(request, viewer, connection, number)


@router.post("/offices/{number}/duty")
def add_duty(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    number: Number,
    person: Annotated[str, Form()] = "",
    substitute: Annotated[str, Form()] = "",
    began: Annotated[str, Form()] = "",
    ended: Annotated[str, Form()] = "",
    weeks: Annotated[str, Form()] = "1",
) -> Response:
    """Put somebody on the roster, or say why not."""
    page = HtmlPage(request, viewer)
    try:
        span = (_moment(began, page), _moment(ended, page))
        with database.transaction() as connection:
            actions.add(
                ActionContext(connection, viewer, now),
                number,
                person=_number(person),
                substitute=_number(substitute) if substitute else None,
                span=span,
                weeks=_number(weeks),
                zone=page.times.zone,
            )
    except ThereAlreadyError:
        return RedirectResponse(f"/offices/{number}/duty?said=there_already", 303)
    except RefusedError as error:
        problem = page.words(f"duty.problem_{error.code.removeprefix('duty_')}", **error.values)
        with database.transaction() as connection:
            return _show(request, viewer, connection, number, problem)
    return RedirectResponse(f"/offices/{number}/duty?said=duty_saved", 303)


@router.post("/offices/{number}/duty/{shift}/substitution")
def hand_over_duty(
    *,
    viewer: Staff,
    connection: ConnectionDep,
    now: NowDep,
    number: Number,
    shift: Number,
    is_substituted: Annotated[bool, Form()],
) -> Response:
    """Let the substitute take a shift, or give it back."""
    actions.hand_over(ActionContext(connection, viewer, now), number, shift, is_substituted=is_substituted)
    return RedirectResponse(f"/offices/{number}/duty?said=duty_saved", 303)


@router.post("/offices/{number}/duty/{shift}/remove")
def remove_duty(
    viewer: Staff, connection: ConnectionDep, now: NowDep, number: Number, shift: Number
) -> Response:
    """Take a shift off the roster."""
    actions.remove(ActionContext(connection, viewer, now), number, shift)
    return RedirectResponse(f"/offices/{number}/duty?said=duty_saved", 303)


def _moment(text: str, page: HtmlPage) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=page.times.zone)
    except ValueError as error:
        raise RefusedError("began_at", "duty_span") from error


def _number(text: str) -> int:
    """Return a whole number that was typed or chosen; 0, which nothing has, for anything else."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _show(
    request: Request, viewer: Viewer, connection: Connection, number: int, problem: str = ""
) -> Response:
    office = visibility.office_for(connection, viewer, number)
    page = HtmlPage(request, viewer)
    today = page.times.local(page.now).date()
    until = datetime.combine(today + timedelta(days=_DAYS), datetime.min.time(), page.times.zone)
    shifts = duty_roster.shifts(connection, number, page.now, until)
    found = duty_gaps(connection, number, shifts, page.times.zone, (page.now, until))
    policy = policy_of(connection, number)
    context: dict[str, object] = {
        "office": office,
        "here": f"/offices/{number}/duty",
        "days": [_day(today + timedelta(days=ahead), shifts, found, page) for ahead in range(_DAYS)],
        "people": [one for one in duty_roster.people(connection, number) if one.is_able or one.is_duty_only],
        "is_asked": any(step.asked is Recipients.DUTY for branch in policy.branches for step in branch.steps),
        "gaps": len(found),
        "problems": {"duty": problem} if problem else {},
    }
    return page.render("duty.html", context, status=422 if problem else 200)


def _day(
    day: date, shifts: list[DutyShift], found: list[tuple[datetime, datetime]], page: HtmlPage
) -> DutyDay:
    """Return a day with all that lasts on it, also what began the day before."""
    begins = datetime.combine(day, datetime.min.time(), page.times.zone)
    ends = datetime.combine(day + timedelta(days=1), datetime.min.time(), page.times.zone)

    def is_of(began: datetime, ended: datetime) -> bool:
        return began < ends and ended > begins

    return DutyDay(
        page.times.day(day),
        is_day_off(day, page.times.zone),
        tuple(_line(one, day, page) for one in shifts if is_of(one.began_at, one.ended_at)),
        tuple(_span(began, ended, day, page) for began, ended in found if is_of(began, ended)),
    )


def _line(shift: DutyShift, day: date, page: HtmlPage) -> ShiftLine:
    return ShiftLine(
        shift.number,
        _span(shift.began_at, shift.ended_at, day, page),
        shift.person.name,
        "" if shift.substitute is None else shift.substitute.name,
        "" if shift.asked is None else shift.asked.name,
        shift.is_substituted,
    )


def _span(began: datetime, ended: datetime, day: date, page: HtmlPage) -> str:
    """Return a stretch by the clock as it stands under a day, with the day of what is on another one."""
    return "–".join(
        f"{moment:%H:%M}" if moment.date() == day else f"{page.times.day(moment.date())} {moment:%H:%M}"
        for moment in (page.times.local(began), page.times.local(ended))
    )
