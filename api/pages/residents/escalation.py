"""Who is asked about a resident's alerts: the household's own policy or its office's, and what happens at a moment."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.access import visibility
from api.access.refusals import RefusedError
from api.access.viewer import Viewer
from api.actions import escalation_policies as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, DatabaseDep, NowDep, Watcher
from api.pages.parts.escalation_policy import (
    AskedPreview,
    PreviewQuestion,
    TypedBranch,
    form_context,
    preview_context,
    problem_text,
)
from api.pages.parts.watch_record import watch_record
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from api.views.escalation_preview import preview
from core.domain.escalation.policy import Recipients
from core.store.database import Connection
from core.store.people import escalation_policies, offices

router = APIRouter()


@router.get("/residents/{number}/escalation")
def show_escalation(
    request: Request, viewer: Watcher, connection: ConnectionDep, number: Number, asked: AskedPreview
) -> Response:
    """Show who is asked about a resident, and what happens at the moment that was asked for."""
    return _show(request, viewer, connection, number, asked)


@router.post("/residents/{number}/escalation")
def change_escalation(
    *,
    request: Request,
    viewer: Watcher,
    database: DatabaseDep,
    now: NowDep,
    number: Number,
    form: TypedBranch,
) -> Response:
    """Write the household's own policy, or say why it is refused."""
    try:
        with database.transaction() as connection:
            one = visibility.resident_for(connection, viewer, number, now, is_recorded=False)
            base = escalation_policies.in_force(connection, number)
            policy = form.applied(base.with_desks(offices.desk_states(connection, one.office)))
            actions.put_for_household(ActionContext(connection, viewer, now), number, policy)
    except RefusedError as error:
        with database.transaction() as connection:
            problem = problem_text(error, HtmlPage(request, viewer))
            return _show(request, viewer, connection, number, PreviewQuestion("", "", ""), problem)
    return RedirectResponse(f"/residents/{number}/escalation?said=escalation_saved", 303)


def _show(
    request: Request,
    viewer: Viewer,
    connection: Connection,
    number: int,
    question: PreviewQuestion,
    problem: str = "",
) -> Response:
    one = visibility.resident_for(connection, viewer, number, HtmlPage(request, viewer).now)
    page = HtmlPage(request, viewer, one.zone)
    own = escalation_policies.of_home(connection, one.home)
    above = escalation_policies.of_office(connection, one.office)
    desks = offices.desks(connection, one.office)
    there = {asked: named.desk for asked, named in desks.items()}
    policy = escalation_policies.in_force(connection, number).with_desks(there)
    severity, at = question.moment(page)
    able = [one for one in Recipients if one is Recipients.FAMILY or (one in there and there[one].is_there)]
    context: dict[str, object] = {
        "one": one,
        "here": f"/residents/{number}/escalation",
        "source": "from_home" if own else "from_office" if above else "from_everybody",
        "is_own": own is not None,
        "reset": "reset_home",
        "may_change": viewer.is_staff,
        "problems": {"policy": problem} if problem else {},
        "changes": watch_record(page, connection, number),
    }
    context |= form_context(policy, page, able)
    context |= preview_context(question, preview(connection, one, policy, severity, at), page)
    return page.render("resident_escalation.html", context, status=422 if problem else 200)
