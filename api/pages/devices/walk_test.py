"""The walk test: whoever fits a device moves before it, and sees within seconds what arrived and what that proves."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access.visibility import device_for
from api.dependencies import ConnectionDep, Equipment
from api.pages.rendering import HtmlPage
from api.schemas.devices import DeviceId
from api.wording.reason_card import place_name
from core.store.database import Connection
from core.store.devices.devices import DeviceOverview
from core.store.telemetry import life_signs

router = APIRouter()
_LASTS = timedelta(minutes=10)
"""So long one test goes on (our choice): a room is walked through in two; what came before it is not shown."""


class WalkState(StrEnum):
    """How far a test is."""

    NOT_BEGUN = "not_begun"
    NOTHING = "nothing"
    """Nothing arrived since it began."""
    NO_SIGN = "no_sign"
    """Something arrived, and none of it shows that a person acted."""
    SIGN = "sign"
    """Something arrived that shows that a person acted."""
    OVER = "over"
    """It began longer ago than a test lasts."""


@dataclass(frozen=True)
class WalkTest:
    """What a test found so far; `at` is when the newest message that counts for its state was measured."""

    state: WalkState
    at: datetime | None = None

    @property
    def goes_on(self) -> bool:
        """Whether the page asks again."""
        return self.state in {WalkState.NOTHING, WalkState.NO_SIGN, WalkState.SIGN}


@router.get("/devices/{device_id}/walk-test")
def show_walk_test(
    request: Request,
    viewer: Equipment,
    connection: ConnectionDep,
    device_id: DeviceId,
    began: Annotated[int | None, Query(ge=0, le=2**40)] = None,
) -> Response:
    """Show what a device said since a test began, in seconds since 1970; without it, how to begin one."""
    page = HtmlPage(request, viewer)
    one = device_for(connection, viewer, device_id)
    since = None if began is None else datetime.fromtimestamp(began, UTC)
    return page.render(
        "walk_test.html",
        {
            "one": one,
            "place": place_name(one.place, page.words),
            "began": began,
            "from_now": int(page.now.timestamp()),
            "minutes": int(_LASTS.total_seconds()) // 60,
            "test": _look(connection, one, since, page.now),
        },
    )


def _look(connection: Connection, one: DeviceOverview, since: datetime | None, now: datetime) -> WalkTest:
    if since is None or since > now:
        return WalkTest(WalkState.NOT_BEGUN)
    if now - since > _LASTS:
        return WalkTest(WalkState.OVER)
    said = life_signs.said_of_people(connection, one.number, since, now)
    signs = [each.life_sign_at for each in said if each.life_sign_at is not None]
    if signs:
        return WalkTest(WalkState.SIGN, max(signs))
    arrived = [each.last_at for each in said]
    if one.last_received_at is not None and one.last_received_at >= since:
        arrived.append(one.last_received_at)
    return WalkTest(WalkState.NO_SIGN, max(arrived)) if arrived else WalkTest(WalkState.NOTHING)
