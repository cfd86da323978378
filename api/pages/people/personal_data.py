"""Pages of everything about one resident: given out as an archive, and erased, with how that goes and what it proves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access import visibility
from api.access.refusals import RefusedError
from api.access.viewer import Viewer
from api.actions.context import ActionContext
from api.actions.people import personal_data as actions
from api.dependencies import Admin, AdminProven, ConnectionDep, DatabaseDep, NowDep
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from api.views.person_archive import archive_answer
from core.domain.records.erasure import ErasureReport
from core.domain.records.personal_data import PERSONAL_DATA
from core.store.database import Connection
from core.store.people.personal import erasures

router = APIRouter()
_SHOWN = 100


@dataclass(frozen=True)
class CountLine:
    """How many rows of one kind; of readings only that there are any, where they were not counted."""

    label: str
    rows: int
    is_counted: bool = True


@router.get("/residents/{number}/data")
def show_data(
    request: Request, viewer: Admin, connection: ConnectionDep, now: NowDep, number: Number
) -> Response:
    """Show what is kept of a resident, to give it out or to erase it."""
    return _show(request, viewer, connection, now, number)


@router.post("/residents/{number}/export")
def export_data(
    request: Request, viewer: AdminProven, database: DatabaseDep, now: NowDep, number: Number
) -> Response:
    """Send everything that is kept of a resident."""
    with database.transaction() as connection:
        asked = actions.export(ActionContext(connection, viewer, now), number)
    language = HtmlPage(request, viewer).language
    return archive_answer(number, asked.whose, asked.tables(database), now, language)


@router.post("/residents/{number}/erasure")
def erase_data(
    *,
    request: Request,
    viewer: AdminProven,
    database: DatabaseDep,
    now: NowDep,
    number: Number,
    name: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Let everything about a resident be erased, or say why not."""
    try:
        with database.transaction() as connection:
            asked = actions.ask_erasure(ActionContext(connection, viewer, now), number, name)
    except RefusedError as error:
        problem = HtmlPage(request, viewer).words(f"refused.{error.code}")
        with database.transaction() as connection:
            return _show(request, viewer, connection, now, number, name, problem)
    return RedirectResponse(f"/erasures/{asked}", 303)


@router.get("/erasures")
def list_erasures(request: Request, viewer: Admin, connection: ConnectionDep) -> Response:
    """Show the latest erasures."""
    found = erasures.listing(connection, _SHOWN)
    return HtmlPage(request, viewer).render("erasures.html", {"erasures": found, "here": "/erasures"})


@router.get("/erasures/{number}")
def show_erasure(request: Request, viewer: Admin, connection: ConnectionDep, number: Number) -> Response:
    """Show how an erasure goes, and what it proves."""
    page = HtmlPage(request, viewer)
    one = erasures.get(connection, number)
    context: dict[str, object] = {
        "one": one,
        "is_open": one.state.is_open,
        "removed": _counts(one.removed, page).values(),
        "removed_rows": sum(one.removed.values()),
        "report": one.report,
        "left": [] if one.report is None else _left(one.report, page),
        "kept": [] if one.report is None else _kept(one.report, page),
        "here": f"/erasures/{number}",
    }
    return page.render("erasure.html", context)


def _show(
    request: Request,
    viewer: Viewer,
    connection: Connection,
    now: NowDep,
    number: int,
    typed: str = "",
    problem: str = "",
) -> Response:
    one = visibility.resident_for(connection, viewer, number, now)
    page = HtmlPage(request, viewer, one.zone)
    ahead = actions.ahead(ActionContext(connection, viewer, now), number)
    context: dict[str, object] = {
        "one": one,
        "here": f"/residents/{number}/data",
        "counts": [
            replace(line, is_counted=not PERSONAL_DATA[name].is_timeline)
            for name, line in _counts(ahead.rows, page).items()
        ],
        "others": ahead.person.keys.others_at_home,
        "erasure": ahead.erasure,
        "may_erase": ahead.person.has_ended,
        "typed": typed,
        "problems": {"name": problem} if problem else {},
    }
    return page.render("personal_data.html", context, status=422 if problem else 200)


def _counts(rows: Mapping[str, int], page: HtmlPage) -> dict[str, CountLine]:
    """Return the lines by table, what people know first."""
    order = [name for name in reversed(list(PERSONAL_DATA)) if rows.get(name)]
    return {name: CountLine(_table(name, page), rows[name]) for name in order}


def _table(name: str, page: HtmlPage) -> str:
    """Return what a table holds in words; those that hold nothing of residents have their own name only."""
    return page.words(f"table.{name}") if page.words.has(f"table.{name}") else name


def _left(report: ErasureReport, page: HtmlPage) -> list[str]:
    """Return what is there all the same, in words."""
    words = page.words
    found = [
        words("erasure.left_rows", table=_table(name, page), n=n) for name, n in report.left_rows.items()
    ]
    found += [
        words("erasure.left_text", table=_table(one.table, page), column=one.column, n=one.rows)
        for one in report.left_texts
    ]
    if report.retained_left:
        found.append(words("erasure.left_retained", n=report.retained_left))
    return found


def _kept(report: ErasureReport, page: HtmlPage) -> list[str]:
    """Return what stays, and why."""
    words = page.words
    found = [words(f"erasure.kept_{name}", n=n) for name, n in report.kept.items()]
    found += [words(f"erasure.blanked_{name}", n=n) for name, n in report.blanked.items()]
    if report.others_at_home:
        found.append(words("erasure.kept_home", n=report.others_at_home))
    if report.mended:
        found.append(words("erasure.mended", n=sum(report.mended.values())))
    if report.shared:
        found.append(words("erasure.shared", n=report.shared))
    return [*found, words("erasure.kept_backups"), words("erasure.kept_sent"), words("erasure.kept_logs")]
