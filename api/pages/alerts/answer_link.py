"""The answer page of a message's link: no sign-in, one big button; looking at it changes nothing."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.actions.answer_links import (
    Action,
    AnswerLimits,
    AnswerPage,
    LinkState,
    LinkVisit,
    answer,
    open_link,
)
from api.dependencies import Anybody, ConnectionDep, DatabaseDep, MachineNowDep, NowDep
from api.http import cookies
from api.pages.parts.alert_rows import progress_line
from api.pages.rendering import HtmlPage
from api.views.last_sign import last_sign
from api.wording.alert_reason import emergency_numbers, why
from core.domain.alert import Alert, Condition
from core.domain.people import Contact
from core.store.database import Connection

router = APIRouter()


@router.get("/a/{token}")
def show_answer(
    *,
    request: Request,
    _viewer: Anybody,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
    token: str,
) -> Response:
    """Show what the link is about and its buttons."""
    visit = LinkVisit(cookies.peer_of(request), now, machine_now)
    return _render(request, connection, open_link(connection, _limits(request), token, visit))


@router.post("/a/{token}")
def act(
    *,
    request: Request,
    _viewer: Anybody,
    database: DatabaseDep,
    now: NowDep,
    machine_now: MachineNowDep,
    token: str,
    action: Annotated[str, Form()] = "",
) -> Response:
    """Do what a button says, then show how things stand; what is done already is no error."""
    if action in set(Action):
        visit = LinkVisit(cookies.peer_of(request), now, machine_now)
        with database.transaction() as connection:
            answer(connection, _limits(request), token, Action(action), visit)
    return RedirectResponse(request.url.path, 303)


def _render(request: Request, connection: Connection, found: AnswerPage) -> Response:
    if found.alert is None or found.contact is None:
        return HtmlPage(request, None).render("answer.html", {"state": LinkState.ENDED.value, "live": False})
    alert, contact, person = found.alert, found.contact, found.person
    page = HtmlPage(request, None, person.zone if person else None, contact.language)
    words, times = page.words, page.times
    cleared = alert.condition is Condition.CLEARED and alert.cleared_at is not None
    return page.render(
        "answer.html",
        {
            "live": False,
            "state": found.state.value,
            "alert": alert,
            "heading": _heading(page, found.state, alert),
            "who": _who(page, contact, person.name if person else ""),
            "what": why(alert, times, last_sign(connection, alert))[0],
            "cleared_line": words("answer.cleared", clock=times.clock_text(alert.cleared_at))
            if cleared and alert.cleared_at
            else "",
            "progress_line": progress_line(alert, times),
            "emergency_numbers": emergency_numbers(alert),
            "phone": person.phone if person else "",
            "actions": [action.value for action in found.actions],
            "next_clock": times.clock_text(found.next_notified_at) if found.next_notified_at else "",
            "office_phone": person.office_phone if person else "",
            "contact_name": contact.name,
        },
    )


def _heading(page: HtmlPage, state: LinkState, alert: Alert) -> str:
    if state is LinkState.TAKEN:
        clock = page.times.clock_text(alert.claimed_at) if alert.claimed_at else ""
        return page.words("answer.taken", who=alert.claimed_by or "", clock=clock)
    return page.words(f"answer.{state.value}")


def _who(page: HtmlPage, contact: Contact, name: str) -> str:
    if not name:
        return page.words("board.ward")
    if contact.calls_resident and contact.calls_resident != name:
        return page.words("answer.who", n=contact.calls_resident, name=name)
    return page.words("answer.who_plain", name=name)


def _limits(request: Request) -> AnswerLimits:
    limits: AnswerLimits = request.app.state.answer_limits
    return limits
