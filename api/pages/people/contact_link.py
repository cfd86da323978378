"""The page of a link in a message about no alert: no sign-in, one button; looking at it changes nothing."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.actions.answer_links import AnswerLimits, LinkVisit
from api.actions.people import contact_links as actions
from api.actions.people.contact_links import ContactLinkPage, ContactLinkState, LinkPress
from api.dependencies import Anybody, ConnectionDep, DatabaseDep, MachineNowDep, NowDep
from api.http import cookies
from api.pages.parts.absence_text import when_text
from api.pages.rendering import HtmlPage
from core.domain.agreed.prompt import Prompt
from core.domain.people import Contact
from core.store.people.residents import ResidentOverview

router = APIRouter()


@router.get("/c/{token}")
def show_contact_link(
    *,
    request: Request,
    _viewer: Anybody,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
    token: str,
) -> Response:
    """Show what the link is about and its button."""
    visit = LinkVisit(cookies.peer_of(request), now, machine_now)
    return _render(request, actions.open_link(connection, _limits(request), token, visit))


@router.post("/c/{token}")
def act_by_link(
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
    if action in set(LinkPress):
        visit = LinkVisit(cookies.peer_of(request), now, machine_now)
        with database.transaction() as connection:
            actions.press(connection, _limits(request), token, LinkPress(action), visit)
    return RedirectResponse(request.url.path, 303)


def _render(request: Request, found: ContactLinkPage) -> Response:
    if found.prompt is not None and found.person is not None and found.contact is not None:
        return _render_prompt(request, found, found.person, found.contact, found.prompt)
    if found.channel is not None and found.contact is not None:
        return _render_test(request, found, found.contact)
    if found.absence is None or found.contact is None or found.person is None:
        state = ContactLinkState.ENDED.value
        return HtmlPage(request, None).render("contact_link.html", {"state": state, "live": False})
    absence, contact, person = found.absence, found.contact, found.person
    page = HtmlPage(request, None, person.zone, contact.language)
    words, clock = page.words, page.times.clock_text
    called = contact.calls_resident
    is_called = bool(called) and called != person.name
    by = absence.created_by
    return page.render(
        "contact_link.html",
        {
            "live": False,
            "state": found.state.value,
            "presses": [one.value for one in found.presses],
            "who": words("answer.who", n=called, name=person.name)
            if is_called
            else words("answer.who_plain", name=person.name),
            "kind": words(f"absence.{absence.kind.value}"),
            "when": when_text(absence, page),
            "by": words("absence.by", who=by) if by else "",
            "until": words("contact_link.until", until=clock(absence.expires_at)),
            "confirmed": words(
                "absence.confirmed", who=absence.confirmed_by or "", clock=clock(absence.confirmed_at)
            )
            if absence.confirmed_at
            else "",
            "office_phone": person.office_phone,
            "contact_name": contact.name,
        },
    )


def _render_test(request: Request, found: ContactLinkPage, contact: Contact) -> Response:
    page = HtmlPage(request, None, None, contact.language)
    context: dict[str, object] = {
        "live": False,
        "state": found.state.value,
        "presses": [one.value for one in found.presses],
        "contact_name": contact.name,
    }
    return page.render("contact_test.html", context)


def _render_prompt(
    request: Request, found: ContactLinkPage, person: ResidentOverview, contact: Contact, asked: Prompt
) -> Response:
    page = HtmlPage(request, None, person.zone, contact.language)
    clock = page.times.clock_text
    context: dict[str, object] = {
        "live": False,
        "state": found.state.value,
        "presses": [one.value for one in found.presses],
        "since": clock(asked.began_at),
        "line": clock(asked.line_at),
        "answered": clock(asked.answered_at) if asked.answered_at else "",
        "office_phone": person.office_phone,
    }
    return page.render("contact_prompt.html", context)


def _limits(request: Request) -> AnswerLimits:
    limits: AnswerLimits = request.app.state.answer_limits
    return limits
