"""The page that imports residents from a table: what it would do, with every problem by row and column, and then doing it."""

import csv
import io
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, File, Request, Response, UploadFile

from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from api.actions.people import imports as actions
from api.actions.people.imports import CheckedTable
from api.dependencies import DatabaseDep, NowDep, SettingsDep, Staff
from api.http.request_size import LARGEST_TABLE
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from core.domain.records.import_plan import ContactPlan, ImportPlan, PersonPlan
from core.errors import ConflictError
from core.formats.people_table import TEMPLATE_HEAD, TableProblem
from core.store.people.records import record_lists

router = APIRouter()
# More than anybody reads at once; all are counted.
_MOST_SHOWN = 200


@dataclass(frozen=True)
class ProblemLine:
    """One problem of a table."""

    row: int
    column: str
    text: str


@dataclass(frozen=True)
class PlanLine:
    """One row that is new or changes."""

    row: int
    name: str
    is_new: bool
    lines: tuple[str, ...]


@router.get("/import")
def show_import(request: Request, viewer: Staff) -> Response:
    """Show the form for a table, and what it may hold."""
    return _page(HtmlPage(request, viewer))


@router.get("/import/template.csv")
def read_template(_viewer: Staff) -> Response:
    """Return an empty table with the heads of all columns, as Excel reads it."""
    written = io.StringIO()
    csv.writer(written).writerow(TEMPLATE_HEAD)
    return Response(
        written.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="mimamori-residents.csv"'},
    )


@router.post("/import", max_body_size=LARGEST_TABLE)
def check_table(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Show what a table would do, or every problem in it; nothing is changed."""
    page = HtmlPage(request, viewer)
    body = b"" if file is None else file.file.read()
    if not body:
        return _page(page, problem=page.words("import.missing"), status=422)
    try:
        with database.transaction() as connection:
            checked = actions.check(ActionContext(connection, viewer, now), body)
            offices = {str(one.number): one.name for one in record_lists.offices(connection)}
    except RefusedError as error:
        return _page(page, problem=page.words(f"refused.{error.code}"), status=422)
    return _page(page, checked=checked, offices=offices, status=422 if checked.problems else 200)


@router.post("/import/{number}")
def apply_table(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    settings: SettingsDep,
    number: Number,
) -> Response:
    """Do what a checked table would do, or say that it has to be checked again."""
    page = HtmlPage(request, viewer)
    try:
        with database.transaction() as connection:
            done = actions.apply(ActionContext(connection, viewer, now), number, settings.time_zone)
    except ConflictError:
        return _page(page, problem=page.words("import.changed_since"), status=409)
    return _page(page, done=done)


def _page(
    page: HtmlPage,
    *,
    problem: str = "",
    checked: CheckedTable | None = None,
    done: ImportPlan | None = None,
    offices: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    problems = () if checked is None else checked.problems
    changing = [] if checked is None else [one for one in checked.plan.people if not one.is_same]
    context: dict[str, object] = {
        "here": "/import",
        "problem": problem,
        "checked": checked,
        "count": len(problems),
        "problems": [_problem(one, page) for one in problems[:_MOST_SHOWN]],
        "lines": [_line(one, page, offices or {}) for one in changing[:_MOST_SHOWN]],
        "more": max(0, len(changing) - _MOST_SHOWN),
        "done": done,
        "most": _MOST_SHOWN,
    }
    return page.render("import.html", context, status=status)


def _problem(one: TableProblem, page: HtmlPage) -> ProblemLine:
    return ProblemLine(
        one.row, _column(one.column, page), page.words(f"import_problem.{one.code}", shown=one.shown)
    )


def _column(column: str, page: HtmlPage) -> str:
    if not column:
        return ""
    contact, _, name = column.rpartition("_") if column.startswith("contact") else ("", "", column)
    label = page.words(f"import.column_{name}") if contact else page.words(f"import.column_{column}")
    return (
        page.words("import.column_contact", n=contact.removeprefix("contact"), name=label)
        if contact
        else label
    )


def _line(one: PersonPlan, page: HtmlPage, offices: dict[str, str]) -> PlanLine:
    words = page.words

    def changed(name: str, before: str, after: str) -> str:
        named = offices if name == "office" else {}
        return words(
            "record.history_field",
            label=words(f"record.{name}"),
            before=named.get(before, before) or words("record.empty"),
            after=named.get(after, after) or words("record.empty"),
        )

    lines = [changed(part.name, part.before, part.after) for part in one.fields]
    for contact in one.contacts:
        lines += _contact(contact, page)
        lines += [f"{contact.name} {changed(part.name, part.before, part.after)}" for part in contact.fields]
    return PlanLine(one.row, one.name, one.known is None, tuple(lines))


def _contact(contact: ContactPlan, page: HtmlPage) -> list[str]:
    words = page.words
    lines = [] if contact.known is not None else [words("import.contact_new", name=contact.name)]
    for channel in contact.channels:
        kind = words(f"channel.{channel.kind.value}")
        if channel.corrects is None:
            lines.append(words("import.channel_new", name=contact.name, kind=kind, after=channel.address))
        else:
            before = channel.corrects.address
            lines.append(
                words(
                    "import.channel_changed",
                    name=contact.name,
                    kind=kind,
                    before=before,
                    after=channel.address,
                )
            )
    return lines
