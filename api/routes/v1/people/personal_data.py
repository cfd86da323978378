"""Everything about one resident, given out or erased."""

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from api.actions.context import ActionContext
from api.actions.people import personal_data as actions
from api.dependencies import Admin, AdminProven, ConnectionDep, DatabaseDep, NowDep
from api.schemas.common import Number
from api.schemas.people.erasures import ErasureIn, ErasureOut
from api.views.person_archive import archive_answer
from core.store.people.personal import erasures

router = APIRouter(tags=["people"])
_SHOWN = 100


@router.get(
    "/residents/{number}/export",
    summary="Everything about a resident",
    response_class=StreamingResponse,
    responses={
        200: {"description": "A ZIP: JSON Lines, CSV and a page to read.", "content": {"application/zip": {}}}
    },
)
def export_resident(
    viewer: AdminProven, number: Number, database: DatabaseDep, now: NowDep
) -> StreamingResponse:
    """Return everything that is kept of a resident; it stands among the looks at their data."""
    with database.transaction() as connection:
        asked = actions.export(ActionContext(connection, viewer, now), number)
    return archive_answer(number, asked.whose, asked.tables(database), now, viewer.user.language)


@router.post("/residents/{number}/erasure", status_code=202, summary="Erase a resident")
def erase_resident(
    viewer: AdminProven, number: Number, body: ErasureIn, connection: ConnectionDep, now: NowDep
) -> ErasureOut:
    """Let everything about a resident be erased, whose watch has ended; how it goes and what it proves is in the erasure."""
    context = ActionContext(connection, viewer, now)
    return ErasureOut.of(erasures.get(connection, actions.ask_erasure(context, number, body.name)))


@router.get("/erasures", summary="Erasures")
def list_erasures(_viewer: Admin, connection: ConnectionDep) -> list[ErasureOut]:
    """Return the latest 100, the newest first."""
    return [ErasureOut.of(one) for one in erasures.listing(connection, _SHOWN)]


@router.get("/erasures/{number}", summary="One erasure")
def read_erasure(_viewer: Admin, number: Number, connection: ConnectionDep) -> ErasureOut:
    """Return how it goes, and what it proves."""
    return ErasureOut.of(erasures.get(connection, number))
