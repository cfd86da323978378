"""One device, for those who look after its home: what its messages prove, and how they are read."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access.visibility import device_for
from api.dependencies import ConnectionDep, Staff
from api.pages.rendering import HtmlPage
from api.schemas.devices import DeviceId
from api.wording.reason_card import place_name
from core.domain.evidence.single_state import SingleState, pulse_profile
from core.store.devices import unread_fields
from core.store.devices.single_states import single_states
from core.texts.local_format import decimal

router = APIRouter()


@dataclass(frozen=True)
class SingleStateLine:
    """A state beside which no other was said; `command` lets the device follow the profile with which each message counts."""

    state: str
    other: str
    said: int
    since: datetime
    rate: str
    channel: str
    profile: str | None
    command: str


@router.get("/devices/{device_id}")
def show_device(request: Request, viewer: Staff, connection: ConnectionDep, device_id: DeviceId) -> Response:
    """Show a device of a home that the viewer looks after."""
    page = HtmlPage(request, viewer)
    one = device_for(connection, viewer, device_id)
    return page.render(
        "device.html",
        {
            "one": one,
            "place": place_name(one.place, page.words),
            "single": [_single_line(found, page) for found in single_states(connection, one.number)],
            "unread": unread_fields.of_device(connection, one.sender),
        },
    )


def _single_line(one: SingleState, page: HtmlPage) -> SingleStateLine:
    profile = pulse_profile(one.metric)
    return SingleStateLine(
        page.words(f"evidence.{one.metric.name}_on"),
        page.words(f"evidence.{one.metric.name}_off"),
        one.said,
        one.since,
        decimal(page.language, one.per_hour, 0 if one.per_hour >= 1 else 1),
        one.channel,
        profile,
        f"mimamori device profile assign {profile or 'PROFILE'} {one.device_id}",
    )
