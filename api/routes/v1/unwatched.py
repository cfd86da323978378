"""When no home of an office could be watched by a fault of ours."""

from fastapi import APIRouter

from api.access import visibility
from api.dependencies import ClockDep, ConnectionDep, Staff
from api.schemas.common import Number
from api.schemas.unwatched import UnwatchedOut
from api.views import status
from core.store.operation import evaluation_gaps

router = APIRouter(tags=["escalation"])


@router.get("/offices/{number}/unwatched", summary="When nobody was watched")
def read_unwatched(
    viewer: Staff, number: Number, connection: ConnectionDep, clock: ClockDep
) -> list[UnwatchedOut]:
    """Return the times of the last 30 days in which no home was watched, the newest first, each with the homes of the office."""
    visibility.office_for(connection, viewer, number)
    now = clock.now()
    found = status.unwatched_spans(connection, now, status.silent_after(clock.factor))
    return [UnwatchedOut.of(one, evaluation_gaps.homes(connection, number, one, now)) for one in found]
