"""The page of officials: the ward's figures by month, and the same as a table for a spreadsheet."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.actions.context import ActionContext
from api.actions.people import ward_statistics as actions
from api.dependencies import ConnectionDep, Official
from api.locale import Words
from api.pages.rendering import HtmlPage
from api.schemas.people.statistics import MonthAsked
from core.domain.statistics.small_cells import LEAST, PublishedTable
from core.formats.person_archive import safe_cell
from core.store.operation.ward_statistics import MonthStatistics
from core.texts.local_format import full_month

router = APIRouter()


@dataclass(frozen=True)
class StatisticsTable:
    """One table in words: `lines` are a name and a count; `total` None is not published."""

    name: str
    total: int | None
    lines: list[tuple[str, int]]


@router.get("/statistics")
def show_statistics(
    request: Request, viewer: Official, connection: ConnectionDep, month: MonthAsked = None
) -> Response:
    """Show the figures of a month, and the sums of the months before it."""
    page = HtmlPage(request, viewer)
    asked = actions.read(ActionContext(connection, viewer, page.now), page.times.zone, month)
    language = page.words.language
    tables: list[StatisticsTable] = [] if asked.found is None else list(_tables(asked.found, page.words))
    context: dict[str, object] = {
        "month": None if asked.found is None else asked.found.month,
        "months": [(f"{one:%Y-%m}", full_month(language, one), one) for one in asked.months],
        "tables": tables,
        "totals": [(full_month(language, one.month), one) for one in reversed(asked.totals)],
        "least": LEAST,
    }
    return page.render("statistics.html", context)


@router.get("/statistics/table.csv")
def download_statistics(
    request: Request, viewer: Official, connection: ConnectionDep, month: MonthAsked = None
) -> Response:
    """Return the tables of a month as CSV, as Excel reads it."""
    page = HtmlPage(request, viewer)
    asked = actions.read(ActionContext(connection, viewer, page.now), page.times.zone, month)
    words = page.words
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow([words(f"statistics.{name}") for name in ("month", "table", "line", "count")])
    shown = asked.found
    tables: list[StatisticsTable] = [] if shown is None else list(_tables(shown, words))
    for one in tables:
        for name, count in [*one.lines, (words("statistics.total"), one.total)]:
            count_text = words("statistics.few", n=LEAST) if count is None else count
            table.writerow([_month(shown), safe_cell(one.name), safe_cell(name), count_text])
    return Response(
        written.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="mimamori-statistics.csv"'},
    )


def _month(found: MonthStatistics | None) -> str:
    return "" if found is None else f"{found.month:%Y-%m}"


def _tables(found: MonthStatistics, words: Words) -> Iterator[StatisticsTable]:
    for name, table, label in (
        ("watched", found.watched, _office),
        ("by_office", found.by_office, _office),
        ("by_rule", found.by_rule, _rule),
        ("by_outcome", found.by_outcome, _outcome),
    ):
        yield StatisticsTable(words(f"statistics.{name}"), table.total, list(_lines(table, label, words)))


def _lines(
    table: PublishedTable, label: Callable[[str, Words], str], words: Words
) -> Iterator[tuple[str, int]]:
    for cell in table.cells:
        yield words("statistics.and").join(label(one, words) for one in cell.labels), cell.count


def _office(name: str, words: Words) -> str:
    return name or words("statistics.no_office")


def _rule(name: str, words: Words) -> str:
    key = f"rule.{name}"
    return words(key) if words.has(key) else name


def _outcome(name: str, words: Words) -> str:
    key = f"outcome.{name}"
    return words(key) if words.has(key) else words("statistics.not_closed")
