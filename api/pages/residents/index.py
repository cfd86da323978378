"""The list of residents, one resident's page, and the form that opens the location gate."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.access import visibility
from api.access.location_gate import RevealReason
from api.access.refusals import RefusedError
from api.access.viewer import Viewer
from api.actions import location
from api.actions.context import ActionContext
from api.dependencies import ClockDep, ConnectionDep, DatabaseDep, Staff, Watcher
from api.pages.parts.paged_list import PagedList, paged
from api.pages.rendering import HtmlPage
from api.pages.residents.detail import head_context, resident_context, state_name
from api.schemas.common import Number
from api.views.search import find
from core.store.database import Connection
from core.store.people import residents
from core.store.people.residents import ResidentOverview

router = APIRouter()

STATES = ("please_check", "cannot_tell", "different", "as_usual", "paused")
ENDED = "ended"
SORTS = ("kana", "area", "last")
_LooksPage = Annotated[int, Query(ge=1, le=100_000)]


@dataclass(frozen=True)
class Wanted:
    """What of the list is asked for: a search, a state, an order, a page."""

    q: str = ""
    state: str = ""
    sort: str = ""
    page: int = 1


def _wanted(
    q: Annotated[str, Form()] = "",
    state: Annotated[str, Form()] = "",
    sort: Annotated[str, Form()] = "",
    page: Annotated[int, Form(ge=1, le=100_000)] = 1,
) -> Wanted:
    return Wanted(q, state, sort, page)


@router.get("/residents")
def list_residents(
    request: Request, viewer: Staff, connection: ConnectionDep, state: str = "", sort: str = ""
) -> Response:
    """Show the residents whom the viewer may know of."""
    return _list(HtmlPage(request, viewer), viewer, connection, Wanted(state=state, sort=sort))


@router.post("/residents")
def search_residents(
    request: Request,
    viewer: Staff,
    connection: ConnectionDep,
    wanted: Annotated[Wanted, Depends(_wanted)],
) -> Response:
    """Show those that match a search; names stay out of addresses, which browsers and proxies keep."""
    return _list(HtmlPage(request, viewer), viewer, connection, wanted)


def _list(page: HtmlPage, viewer: Viewer, connection: Connection, wanted: Wanted) -> Response:

    def state_of(one: ResidentOverview) -> str:
        return ENDED if one.ended_at is not None else state_name(one, page)

    shown = (
        _by_state(page, viewer, connection, wanted)
        if wanted.state in STATES or wanted.sort == "last"
        else _by_name(viewer, connection, wanted)
    )
    context: dict[str, object] = {
        "here": "/residents",
        "list": shown,
        "wanted": wanted,
        "states": STATES,
        "sorts": SORTS,
        "state_of": state_of,
    }
    return page.render("residents.html", context)


def _by_name(viewer: Viewer, connection: Connection, wanted: Wanted) -> PagedList[ResidentOverview]:
    """Return a page in the order of names or areas; only those on it are loaded whole."""
    ended = wanted.state == ENDED
    found = residents.names(connection, viewer.scope, ended=ended)
    if wanted.q.strip():
        fitting = set(find(connection, viewer.scope, wanted.q, ended=ended).people)
        found = [one for one in found if one.number in fitting]
    if wanted.sort == "area":
        found.sort(key=lambda one: one.area)
    part = paged([one.number for one in found], wanted.page)
    whole = {one.number: one for one in residents.some(connection, viewer.scope, part.items, ended=ended)}
    return PagedList([whole[number] for number in part.items], part.number, part.pages, part.count)


def _by_state(
    page: HtmlPage, viewer: Viewer, connection: Connection, wanted: Wanted
) -> PagedList[ResidentOverview]:
    """Return a page of those in a state, or in the order of their last movement, which only the whole overview knows."""
    fitting = set(find(connection, viewer.scope, wanted.q).people) if wanted.q.strip() else None
    found = [
        one
        for one in residents.overviews(connection, viewer.scope)
        if (fitting is None or one.number in fitting) and wanted.state in {"", state_name(one, page)}
    ]
    if wanted.sort == "area":
        found.sort(key=lambda one: one.area)
    elif wanted.sort == "last":
        never = datetime.min.replace(tzinfo=UTC)
        found.sort(key=lambda one: one.last_life_sign_at or never)
    return paged(found, wanted.page)


@router.get("/residents/{number}")
def show_resident(
    *,
    request: Request,
    viewer: Watcher,
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
def show_head(request: Request, viewer: Watcher, connection: ConnectionDep, number: Number) -> Response:
    """Return the top of the page alone, for a page that is open."""
    now = HtmlPage(request, viewer).now
    one = visibility.resident_for(connection, viewer, number, now, is_recorded=False)
    page = HtmlPage(request, viewer, one.zone)
    return page.render("_person.html", head_context(page, viewer, connection, one))


@router.post("/residents/{number}/reveal")
def reveal(
    *,
    request: Request,
    viewer: Watcher,
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
