"""The care board: what waits for somebody, in the order in which it must be seen, and how everybody else is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from api.access import visibility
from api.access.viewer import Viewer
from api.dependencies import ConnectionDep, Staff
from api.pages.offices.unwatched import when_text
from api.pages.parts.alert_rows import AlertRow, Whose, alert_rows
from api.pages.parts.prompt_text import prompt_text
from api.pages.rendering import HtmlPage
from api.pages.residents.detail import state_name
from api.views import status
from api.views.search import find
from api.wording.presence import presence_note
from core.domain.alert import Alert, Handling, Severity
from core.domain.people import WatchState
from core.store.alerts import notifications
from core.store.database import Connection
from core.store.devices import devices
from core.store.devices.devices import LastContact
from core.store.operation import evaluation_gaps, health
from core.store.people import residents, tonight
from core.store.people.agreed import prompts
from core.store.people.residents import ResidentOverview

router = APIRouter()

# A ward has thousands; the rest is in the list of residents.
_MOST_NAMES = 60
# What was found in the evening is shown until the morning.
_NIGHT = timedelta(hours=15)
# When evaluation stood still is shown so long after it went on.
_DAY = timedelta(hours=24)
# More than one looks through; the list of residents shows all.
_MOST_FOUND = 12
_FILTERS = ("all", "p1", "p2", "p3", "held", "p4")


@dataclass(frozen=True)
class BoardSection:
    """A list of the board; equipment never shares one with people, nor what has ended with what holds."""

    name: str
    rows: list[AlertRow]


@dataclass(frozen=True)
class BoardFilter:
    """A way to narrow the board down, with how many rows it leaves."""

    name: str
    mark: str
    count: int


@dataclass(frozen=True)
class Group:
    """Residents without an open alert, by state."""

    name: str
    people: list[ResidentOverview]
    count: int
    is_open: bool


@router.get("/board")
def board(request: Request, viewer: Staff, connection: ConnectionDep, show: str = "all") -> Response:
    """Show the whole board."""
    page = HtmlPage(request, viewer)
    people = residents.overviews(connection, viewer.scope)
    context = _queue(page, viewer, connection, people, show if show in _FILTERS else "all")
    evenings = tonight.latest(connection, page.now - _NIGHT, viewer.user.office)
    gaps = evaluation_gaps.latest(connection, page.now - _DAY)
    shown = _group_context(connection, people, page) | {
        "evenings": [one for one in evenings if not one.is_well or one.unproven],
        "gaps": [when_text(page.times, one.began_at, one.ended_at) for one in gaps],
        "own_office": viewer.user.office,
    }
    return page.render("board.html", context | shown)


@router.get("/board/queue")
def board_queue(request: Request, viewer: Staff, connection: ConnectionDep) -> Response:
    """Return the rows and counters alone, for a board that is open."""
    page = HtmlPage(request, viewer)
    people = residents.overviews(connection, viewer.scope)
    return page.render("_fresh.html", _queue(page, viewer, connection, people, "all"))


@router.post("/board/search")
def board_search(
    request: Request, viewer: Staff, connection: ConnectionDep, q: Annotated[str, Form()] = ""
) -> Response:
    """Return whom and what a search finds; names stay out of addresses, which browsers and proxies keep."""
    page = HtmlPage(request, viewer)
    found = find(connection, viewer.scope, q)
    return page.render(
        "_found.html",
        {
            "q": q,
            "numbers": found.people,
            "people": residents.some(connection, viewer.scope, found.people[:_MOST_FOUND]),
            "devices": found.devices[:_MOST_FOUND],
            "device_count": len(found.devices),
            "state_of": partial(state_name, page=page),
        },
    )


@router.get("/board/groups")
def board_groups(request: Request, viewer: Staff, connection: ConnectionDep) -> Response:
    """Return the groups alone, for a board that is open."""
    page = HtmlPage(request, viewer)
    people = residents.overviews(connection, viewer.scope)
    return page.render("_groups.html", _group_context(connection, people, page))


def _queue(
    page: HtmlPage, viewer: Viewer, connection: Connection, people: Sequence[ResidentOverview], show: str
) -> dict[str, object]:
    found = visibility.open_alerts_for(connection, viewer, page.now)
    contact = devices.contact_count_in(connection, viewer.scope, page.now)
    blind = status.is_blind(health.health(connection), page.now, status.silent_after(page.clock_factor))
    unknown = residents.counts(list(people), page.now, page.known_since).cannot_tell
    escalations = {
        alert.number: notifications.steps(connection, alert.number) for alert in found if _escalates(alert)
    }
    concerned = {alert.resident for alert in found}
    homes = {one.home for one in people if one.number in concerned}
    known_by = residents.life_signs_known_by(connection, homes, page.now)
    whose = Whose(people, page.words, known_by, known_since=page.known_since)
    rows = alert_rows(found, whose, escalations, page.times, viewer.number)
    # A filter that was left on hides no emergency.
    shown = [row for row in rows if row.severity == Severity.EMERGENCY or _is_in(row, show)]
    return {
        "show": show,
        "filters": [
            BoardFilter(name, _mark(name), sum(_is_in(row, name) for row in rows)) for name in _FILTERS
        ],
        "parts": _parts(shown),
        "contact": contact,
        "last_received_at": contact.last_received_at,
        "hidden": len(rows) - len(shown),
        "calm": _calm(contact, unknown, is_blind=blind),
        "headline": _headline(page, rows, _calm(contact, unknown, is_blind=blind)),
        "is_clear": not rows,
        "unknown": unknown,
    }


def _parts(rows: Sequence[AlertRow]) -> list[BoardSection]:
    of_people = [row for row in rows if row.severity < Severity.EQUIPMENT]
    return [
        BoardSection("urgent", [row for row in of_people if not row.is_cleared]),
        BoardSection("ended", [row for row in of_people if row.is_cleared]),
        BoardSection("equipment", [row for row in rows if row.severity == Severity.EQUIPMENT]),
    ]


def _calm(contact: LastContact, unknown: int, *, is_blind: bool) -> str:
    """Return what an empty queue may claim: "calm", that somebody cannot be seen ("partly"), or that nobody can ("blind")."""
    if is_blind or contact.in_contact == 0:
        return "blind"
    return "partly" if unknown else "calm"


def _headline(page: HtmlPage, rows: Sequence[AlertRow], calm: str) -> str:
    """Return what the board says where no urgent row is shown: that nothing waits only where nothing does, folded or filtered away."""
    of_people, ended, equipment = (part.rows for part in _parts(rows))
    if of_people:
        return page.words("board.none_shown")
    if ended:
        return page.words("board.calm_ended", n=len(ended))
    if equipment and calm != "blind":
        return page.words("board.calm_equipment", n=len(equipment))
    return page.words(
        {"calm": "board.calm", "partly": "board.calm_partly", "blind": "board.calm_blind"}[calm]
    )


def _escalates(alert: Alert) -> bool:
    return alert.handling is Handling.OPEN and alert.severity <= Severity.CHECK_SOON


def _is_in(row: AlertRow, show: str) -> bool:
    if show == "all":
        return True
    return row.holder is not None if show == "held" else show == f"p{row.severity}"


def _mark(name: str) -> str:
    return name if name.startswith("p") else ""


def _group_context(
    connection: Connection, people: Sequence[ResidentOverview], page: HtmlPage
) -> dict[str, object]:
    groups = _groups(people, page)
    # Whoever moved since they were asked is as usual again.
    named = [one.number for group in groups if group.name == WatchState.DIFFERENT for one in group.people]
    asked = {
        number: prompt_text(prompt, page.times)
        for number, prompt in prompts.recent(connection, named, page.now).items()
    }

    def presence_of(one: ResidentOverview) -> str:
        return presence_note(one.presence_at(page.known_since), page.times)

    return {"groups": groups, "presence_of": presence_of, "asked": asked}


def _groups(people: Sequence[ResidentOverview], page: HtmlPage) -> list[Group]:
    calm = [one for one in people if not one.open_alerts]
    paused = [one for one in calm if one.is_paused(page.now)]
    watched = [one for one in calm if not one.is_paused(page.now)]

    def of(state: WatchState) -> list[ResidentOverview]:
        return [one for one in watched if one.state_at(page.known_since) is state]

    return [
        _group("cannot_tell", of(WatchState.CANNOT_TELL), is_open=True),
        _group("different", of(WatchState.DIFFERENT), is_open=True),
        _group("as_usual", of(WatchState.AS_USUAL), is_open=True),
        _group("paused", paused, is_open=False),
    ]


def _group(name: str, people: list[ResidentOverview], *, is_open: bool) -> Group:
    return Group(name, people[:_MOST_NAMES], len(people), is_open)
