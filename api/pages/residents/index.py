"""The list of residents, one resident's page, and the form that opens the location gate."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.access import visibility
from api.access.location_gate import RevealReason
from api.access.refusals import RefusedError
from api.access.viewer import Viewer
from api.actions import location
from api.actions.context import ActionContext
from api.dependencies import AnyUser, ClockDep, ConnectionDep, DatabaseDep, Staff
from api.pages.rendering import HtmlPage
from api.pages.residents.detail import head_context, resident_context, state_name
from api.schemas.common import Number
from api.views.search import find
from core.store.database import Connection
from core.store.people import residents
from core.store.people.residents import ResidentOverview

router = APIRouter()

STATES = ("please_check", "cannot_tell", "different", "as_usual", "paused")
# More than anybody reads; the search narrows it down.
_MOST = 300
_LooksPage = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/residents")
def list_residents(request: Request, viewer: Staff, connection: ConnectionDep, state: str = "") -> Response:
    """Show the residents whom the viewer may know of."""
    return _list(HtmlPage(request, viewer), viewer, connection, "", state)


@router.post("/residents")
def search_residents(
    request: Request,
    viewer: Staff,
    connection: ConnectionDep,
    q: Annotated[str, Form()] = "",
    state: Annotated[str, Form()] = "",
) -> Response:
    """Show those that match a search; names stay out of addresses, which browsers and proxies keep."""
    return _list(HtmlPage(request, viewer), viewer, connection, q, state)


def _list(page: HtmlPage, viewer: Viewer, connection: Connection, q: str, state: str) -> Response:

    def state_of(one: ResidentOverview) -> str:
        return state_name(one, page)

    fitting = set(find(connection, viewer.scope, q).people) if q.strip() else None
    found = [
        one
        for one in residents.overviews(connection, viewer.scope)
        if (fitting is None or one.number in fitting) and state in {"", state_of(one)}
    ]
    context: dict[str, object] = {
        "here": "/residents",
        "people": found[:_MOST],
        "count": len(found),
        "q": q,
        "state": state,
    }
    return page.render("residents.html", context | {"states": STATES, "state_of": state_of})


@router.get("/residents/{number}")
def show_resident(
    *,
    request: Request,
    viewer: AnyUser,
    connection: ConnectionDep,
    number: Number,
    hours: int = 24,
    looks: _LooksPage = 1,
) -> Response:
    """Show one resident; `looks` is the page of the list of who looked."""
    now = HtmlPage(request, viewer).now
    one = visibility.resident_for(connection, viewer, number, now)
    page = HtmlPage(request, viewer, one.zone)
    context = resident_context(page, viewer, connection, one, double=hours == 48, records_page=looks)
    return page.render("resident.html", context)


@router.get("/residents/{number}/head")
def show_head(request: Request, viewer: AnyUser, connection: ConnectionDep, number: Number) -> Response:
    """Return the top of the page alone, for a page that is open."""
    now = HtmlPage(request, viewer).now
    one = visibility.resident_for(connection, viewer, number, now, is_recorded=False)
    page = HtmlPage(request, viewer, one.zone)
    return page.render("_person.html", head_context(page, viewer, connection, one))


@router.post("/residents/{number}/reveal")
def reveal(
    *,
    request: Request,
    viewer: AnyUser,
    database: DatabaseDep,
    clock: ClockDep,
    number: Number,
    reason: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002 - the field's name
) -> Response:
    """Record why the precise place is needed, and open it for half an hour."""
    page = HtmlPage(request, viewer)
    problem = "" if reason in set(RevealReason) else page.words("place_of.problem_reason")
    if not problem:
        try:
            with database.transaction() as connection:
                location.reveal(
                    ActionContext(connection, viewer, clock.now()),
                    number,
                    reason=RevealReason(reason),
                    note=note,
                    clock_factor=clock.factor,
                )
            there = "/zones" if next == "zones" else ""
            return RedirectResponse(f"/residents/{number}{there}?said=revealed#map-section", 303)
        except RefusedError:
            problem = page.words("place_of.problem_note")
    with database.transaction() as connection:
        one = visibility.resident_for(connection, viewer, number, page.now)
        context = resident_context(page.in_zone(one.zone), viewer, connection, one, problem=problem)
        return page.render("resident.html", context, status=422)
