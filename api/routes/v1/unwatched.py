"""When no home of an office could be watched by a fault of ours."""

from datetime import timedelta

from fastapi import APIRouter

from api.access import visibility
from api.dependencies import ClockDep, ConnectionDep, Staff
from api.schemas.common import Number
from api.schemas.unwatched import UnwatchedOut
from api.views.status import silent_after
from core.store.operation import evaluation_gaps
from core.store.telemetry.blind_times import INGEST_BEHIND

router = APIRouter(tags=["escalation"])
_LISTED = timedelta(days=30)


@router.get("/offices/{number}/unwatched", summary="When nobody was watched")
def read_unwatched(
    viewer: Staff, number: Number, connection: ConnectionDep, clock: ClockDep
) -> list[UnwatchedOut]:
    """Return the times of the last 30 days in which no home was watched, the newest first, each with the homes of the office."""
    visibility.office_for(connection, viewer, number)
    now = clock.now()
    found = evaluation_gaps.spans(
        connection, now - _LISTED, now, silent_after=silent_after(clock.factor), behind=INGEST_BEHIND
    )
    return [UnwatchedOut.of(one, evaluation_gaps.homes(connection, number, one, now)) for one in found]
