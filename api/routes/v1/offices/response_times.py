"""How soon people answered the alerts of an office."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter

from api.access import visibility
from api.dependencies import ConnectionDep, NowDep, SettingsDep, Staff
from api.schemas.common import Number
from api.schemas.offices.response_times import ResponseTimesOut
from api.views.response_times import response_of

router = APIRouter(tags=["escalation"])


@router.get("/offices/{number}/response-times", summary="How soon alerts were answered")
def read_response_times(
    viewer: Staff, number: Number, connection: ConnectionDep, now: NowDep, settings: SettingsDep
) -> ResponseTimesOut:
    """Return how soon alerts of the last 90 days were sent, claimed, reached on site and closed, by hour of the day.

    Hours are put together until each span has alerts of ten residents or more, so that no time is that of one of them.
    """
    visibility.office_for(connection, viewer, number)
    found = response_of(connection, number, now, ZoneInfo(settings.time_zone))
    return ResponseTimesOut.build(found.since, found.until, found.emergencies, found.others)
