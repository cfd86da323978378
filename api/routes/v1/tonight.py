"""Who could not be reached tonight."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from api.access import visibility
from api.dependencies import ConnectionDep, NowDep, SettingsDep, Staff
from api.schemas.common import Number
from api.schemas.tonight import TonightOut
from core.store.people import contact_channels, tonight
from core.store.people.reach import monthly_tests

router = APIRouter(tags=["escalation"])
_DAY = timedelta(hours=24)


@router.get("/offices/{number}/tonight", summary="Who could not be reached tonight")
def read_tonight(
    viewer: Staff, number: Number, connection: ConnectionDep, now: NowDep, settings: SettingsDep
) -> TonightOut:
    """Return whose family cannot be reached within the next 24 hours, and the gaps of the roster; looked up now."""
    visibility.office_for(connection, viewer, number)
    found = tonight.look(connection, number, ZoneInfo(settings.time_zone), now)
    evening = next(iter(tonight.latest(connection, now - _DAY, number)), None)
    return TonightOut.of(
        found,
        contact_channels.dead_of_office(connection, number),
        evening,
        monthly_tests.score(connection, number, now),
        monthly_tests.unproven(connection, number, now),
    )
