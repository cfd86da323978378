"""The ledger for administrators and their auditor: how far it is sealed, the last seal to write down, and all of it as a table."""

import csv
import io
from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from api.actions.context import ActionContext
from api.actions.people import ledger as actions
from api.dependencies import Admin, AdminProven, ConnectionDep, DatabaseDep, NowDep
from api.pages.rendering import HtmlPage
from core.domain.records.ledger import Anchor, moment_text
from core.store.ledger import sealing, whole_ledger
from core.store.ledger.whole_ledger import GivenEntry

router = APIRouter()
_HEAD = ("number", "at", "source", "row", "cause", "erasure", "digest", "seal", "salt", "content")


@router.get("/ledger")
def show_ledger(request: Request, viewer: Admin, connection: ConnectionDep) -> Response:
    """Show how far the ledger is sealed; whether it is whole a command says, which reads all of it."""
    number, seal = sealing.last(connection)
    context: dict[str, object] = {
        "state": sealing.state(connection),
        "anchor": str(Anchor(number, seal)) if number else "",
        "here": "/ledger",
    }
    return HtmlPage(request, viewer).render("ledger.html", context)


@router.post("/ledger.csv")
def export_ledger(viewer: AdminProven, database: DatabaseDep, now: NowDep) -> Response:
    """Send every entry with what its row says."""
    with database.transaction() as connection:
        actions.give_out(ActionContext(connection, viewer, now))
    return StreamingResponse(
        _lines(whole_ledger.given_out(database)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="mimamori-ledger-{now:%Y%m%d}.csv"'},
    )


def _lines(pieces: Iterable[list[GivenEntry]]) -> Iterator[str]:
    yield _text([_HEAD])
    for piece in pieces:
        yield _text(_cells(one) for one in piece)


def _cells(one: GivenEntry) -> tuple[object, ...]:
    """Return the cells of an entry: numbers, words of ours, hexadecimal digits and JSON, of which a spreadsheet runs none."""
    entry, said = one.entry, one.said
    return (
        entry.number,
        moment_text(entry.at),
        entry.source,
        entry.row,
        entry.cause.value,
        entry.erasure,
        None if entry.digest is None else entry.digest.hex(),
        entry.seal.hex(),
        None if said is None else said.salt,
        None if said is None else said.content,
    )


def _text(rows: Iterable[Iterable[object]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
