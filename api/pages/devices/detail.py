"""One device, for those who look after its home: what its messages prove, and how they are read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access.visibility import device_for
from api.actions.context import ActionContext
from api.actions.devices import WayToRead, set_profile
from api.dependencies import Admin, ConnectionDep, Equipment, NowDep
from api.pages.rendering import HtmlPage
from api.schemas.devices import DeviceId
from api.views.device_profile import reading_of
from api.views.device_signs import signs_of
from api.wording.reason_card import place_name
from core.domain.device import DeviceKind
from core.domain.evidence.device_profile import FieldMeaning
from core.domain.evidence.single_state import SingleState, pulse_profile
from core.store.alerts import unclear_calls
from core.store.devices import unread_fields
from core.store.devices.single_states import single_states
from core.store.operation import connection_loops
from core.texts.local_format import decimal

router = APIRouter()


@dataclass(frozen=True)
class SingleStateLine:
    """A state beside which no other was said, with the profile by which each message counts, if there is one."""

    state: str
    other: str
    said: int
    since: datetime
    rate: str
    channel: str
    profile: str | None


@router.get("/devices/{device_id}")
def show_device(
    request: Request, viewer: Equipment, connection: ConnectionDep, device_id: DeviceId
) -> Response:
    """Show a device of a home that the viewer looks after."""
    page = HtmlPage(request, viewer)
    one = device_for(connection, viewer, device_id)
    single = single_states(connection, one.number)
    reading = reading_of(connection, one, single)
    is_described = reading.profile is not None and reading.profile.source.is_description
    return page.render(
        "device.html",
        {
            "one": one,
            "place": place_name(one.place, page.words),
            # When somebody called, and how often they move, is not for whoever fits the device.
            "unclear": unclear_calls.of_sender(connection, one.sender) if viewer.is_staff else [],
            "single": [_single_line(found, page) for found in single],
            "is_cut_off": any(loop.concerns(one.sender) for loop in connection_loops.kept(connection)),
            "signs": [
                (part, decimal(page.language, part.per_hour, 0 if part.per_hour >= 10 else 1))
                for part in (signs_of(connection, one, reading.profile, page.now) if viewer.is_staff else ())
            ],
            "unread": unread_fields.of_device(connection, one.sender),
            "reading": reading,
            "described": is_described,
            # A native device is described by nothing.
            "may_be_described": not is_described and not one.sender.startswith("native:"),
            "kinds": [kind.value for kind in DeviceKind if kind is not DeviceKind.CANARY or kind is one.kind],
        },
    )


@router.post("/devices/{device_id}/profile")
def choose_profile(
    *,
    viewer: Admin,
    connection: ConnectionDep,
    now: NowDep,
    device_id: DeviceId,
    profile: Annotated[str, Form()] = "",
    meaning: Annotated[FieldMeaning | None, Form()] = None,
    kind: Annotated[DeviceKind | None, Form()] = None,
) -> Response:
    """Let a device follow a profile, or none, and mean what is said, from now on."""
    reading = WayToRead(profile or None, meaning=meaning, kind=kind)
    set_profile(ActionContext(connection, viewer, now), device_id, reading)
    return RedirectResponse(f"/devices/{device_id}?said=profile_chosen", 303)


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
    )
