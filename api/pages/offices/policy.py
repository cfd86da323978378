"""An office: who is asked about its residents' alerts, who stands in, and when somebody sits there."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access import visibility
from api.access.refusals import RefusedError
from api.access.viewer import Viewer
from api.actions import escalation_policies as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, DatabaseDep, NowDep, Staff
from api.pages.parts.escalation_policy import (
    AskedPreview,
    PreviewQuestion,
    TypedBranch,
    form_context,
    policy_text,
    preview_context,
    problem_text,
)
from api.pages.parts.weekly_hours import ChosenDays, hours_text
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from api.views.escalation_preview import preview_for_office
from core.domain.escalation.policy import ABOVE, DEFAULT, EscalationPolicy, Recipients, has_desk_above
from core.domain.geofence import Hours
from core.domain.people import OfficeRole
from core.store.database import Connection
from core.store.people import escalation_policies, offices
from core.store.people.geofences import hours_from_json
from core.store.people.offices import NamedDesk, OfficeChange, OfficeChanged

router = APIRouter()
_MOST_CHANGES = 20


@router.get("/offices")
def show_offices(request: Request, viewer: Staff, connection: ConnectionDep) -> Response:
    """Show the offices that the viewer may see."""
    found = visibility.offices_for(connection, viewer)
    return HtmlPage(request, viewer).render("offices.html", {"offices": found, "here": "/offices"})


@router.get("/offices/{number}")
def show_office(
    request: Request, viewer: Staff, connection: ConnectionDep, number: Number, asked: AskedPreview
) -> Response:
    """Show who is asked about the residents of an office, and what happens at the moment that was asked for."""
    return _show(request, viewer, connection, number, asked)


@router.post("/offices/{number}/escalation")
def change_office_policy(
    *, request: Request, viewer: Staff, database: DatabaseDep, now: NowDep, number: Number, form: TypedBranch
) -> Response:
    """Write the office's policy, or say why it is refused."""
    try:
        with database.transaction() as connection:
            visibility.office_for(connection, viewer, number)
            written = escalation_policies.of_office(connection, number)
            base = DEFAULT if written is None else written.policy
            policy = form.applied(base.with_desks(offices.desk_states(connection, number)))
            actions.put_for_office(ActionContext(connection, viewer, now), number, policy)
    except RefusedError as error:
        return _refused(request, viewer, database, number, error)
    return RedirectResponse(f"/offices/{number}?said=escalation_saved", 303)


@router.post("/offices/{number}/cover")
def change_cover(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    number: Number,
    next_office: Annotated[str, Form()] = "",
    how: Annotated[str, Form()] = "always",
    start: Annotated[str, Form()] = "",
    end: Annotated[str, Form()] = "",
    days: ChosenDays,
) -> Response:
    """Say who stands in, and when somebody sits there."""
    try:
        staffed = _hours(start, end, days) if how == "hours" else None
        stands_in = int(next_office) if next_office.isdecimal() and len(next_office) < 10 else None
        with database.transaction() as connection:
            actions.put_cover(
                ActionContext(connection, viewer, now), number, next_office=stands_in, staffed=staffed
            )
    except RefusedError as error:
        return _refused(request, viewer, database, number, error)
    return RedirectResponse(f"/offices/{number}?said=cover_saved", 303)


def _hours(start: str, end: str, days: frozenset[int]) -> Hours:
    if not days:
        raise RefusedError("staffed", "escalation_days")
    try:
        return Hours(days, time.fromisoformat(start), time.fromisoformat(end))
    except ValueError as error:
        raise RefusedError("staffed", "escalation_hours") from error


def _refused(
    request: Request, viewer: Viewer, database: DatabaseDep, number: int, error: RefusedError
) -> Response:
    with database.transaction() as connection:
        problem = problem_text(error, HtmlPage(request, viewer))
        return _show(request, viewer, connection, number, PreviewQuestion("", "", ""), problem)


def _show(
    request: Request,
    viewer: Viewer,
    connection: Connection,
    number: int,
    question: PreviewQuestion,
    problem: str = "",
) -> Response:
    office = visibility.office_for(connection, viewer, number)
    page = HtmlPage(request, viewer)
    written = escalation_policies.of_office(connection, number)
    desks = offices.desks(connection, number)
    there = {asked: named.desk for asked, named in desks.items()}
    whole = DEFAULT if written is None else written.policy
    policy = whole.with_desks(there)
    severity, at = question.moment(page)
    able = [one for one in Recipients if one is Recipients.FAMILY or (one in there and there[one].is_there)]
    family = page.words("escalation.some_family")
    shown = preview_for_office(connection, number, page.times.zone, policy, severity, at, family=family)
    context: dict[str, object] = {
        "office": office,
        "here": f"/offices/{number}",
        "form": {"days": frozenset(range(5)) if office.staffed is None else office.staffed.days},
        "source": "from_office" if written else "from_everybody",
        "is_own": written is not None,
        "reset": "reset_office",
        "may_change": True,
        "problems": {"policy": problem} if problem else {},
        "others": [
            one
            for one in offices.list_all(connection)
            if one.role is OfficeRole.CARE and one.number != number
        ],
        "changes": [
            (one.at, one.who, *_change_texts(one, page))
            for one in offices.changes(connection, number, _MOST_CHANGES)
        ],
    }
    context |= _desks_above(whole, desks, page)
    context |= form_context(policy, page, able)
    context |= preview_context(question, shown, page)
    return page.render("office.html", context, status=422 if problem else 200)


def _desks_above(
    policy: EscalationPolicy, desks: Mapping[Recipients, NamedDesk], page: HtmlPage
) -> dict[str, object]:
    """Return the desks above an office in words, and whether its policy asks the neighbour."""
    asked = {step.asked for branch in policy.branches for step in branch.steps}
    texts = [
        (page.words(f"asked.{one}"), _desk_text(desks.get(one), page, is_asked=one in asked)) for one in ABOVE
    ]
    return {
        "desks": texts,
        "neighbour_is_asked": Recipients.NEXT_OFFICE in asked,
        "nobody_above": not has_desk_above({each: one.desk for each, one in desks.items()}),
    }


def _desk_text(named: NamedDesk | None, page: HtmlPage, *, is_asked: bool) -> str:
    """Return who sits at a desk above the office and when; one that the office's own policy leaves out is not asked."""
    words = page.words
    if named is None:
        return words("office.desk_none")
    if not named.desk.is_there:
        text = words("office.desk_empty", name=named.name)
    elif named.desk.staffed is not None:
        text = words("office.desk_hours", name=named.name, hours=hours_text(named.desk.staffed, page))
    else:
        text = named.name
    return text if is_asked else words("office.desk_not_asked", desk=text)


def _change_texts(change: OfficeChange, page: HtmlPage) -> tuple[str, str]:
    """Return what was changed, and what it was before."""
    kept = [
        None if one is None else _kept_text(change.what, one, page) for one in (change.after, change.before)
    ]
    after, before = kept
    verb = "added" if change.before is None else "removed" if change.after is None else "changed"
    text = page.words(f"office.{verb}_{change.what}", what=after or before or "")
    return text, page.words("watch_change.before", what=before) if after and before else ""


def _kept_text(what: OfficeChanged, kept: Mapping[str, Any], page: HtmlPage) -> str:
    if what is OfficeChanged.ESCALATION:
        return policy_text(kept, page)
    if what is OfficeChanged.DUTY:
        return _duty_text(kept, page)
    hours = page.words("office.always")
    if kept["staffed"] is not None:
        hours = hours_text(hours_from_json(kept["staffed"]), page)
    return page.words(
        "office.cover_of", name=kept["next_office"] or page.words("office.no_cover"), hours=hours
    )


def _duty_text(kept: Mapping[str, Any], page: HtmlPage) -> str:
    clock = page.times.clock_text
    name = "duty.change_substituted" if kept["is_substituted"] else "duty.change_substitute"
    return page.words(
        "duty.change",
        person=kept["person"],
        began=clock(datetime.fromisoformat(kept["began_at"])),
        ended=clock(datetime.fromisoformat(kept["ended_at"])),
        substitute=page.words(name, who=kept["substitute"]) if kept["substitute"] else "",
    )
