"""The ward's figures."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter

from api.actions.context import ActionContext
from api.actions.people import ward_statistics as actions
from api.dependencies import ConnectionDep, NowDep, Official, SettingsDep
from api.schemas.people.statistics import MonthAsked, StatisticsOut

router = APIRouter(tags=["statistics"])


@router.get("/statistics", summary="Figures of a month that name nobody")
def read_statistics(
    viewer: Official,
    connection: ConnectionDep,
    now: NowDep,
    settings: SettingsDep,
    month: MonthAsked = None,
) -> StatisticsOut:
    """Return counts of a whole month. No line is about 1 to 9 people: small ones are merged, and the labels say which."""
    context = ActionContext(connection, viewer, now)
    found = actions.read(context, ZoneInfo(settings.time_zone), month)
    return StatisticsOut.of(found.found, found.totals)
