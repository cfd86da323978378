"""The list of devices, for those who look after them: homes and rooms, nothing about anybody's health."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.dependencies import ConnectionDep, Equipment
from api.pages.rendering import HtmlPage
from api.wording.reason_card import place_name
from core.domain.metrics import BATTERY_PCT
from core.store.devices import devices, single_states
from core.store.devices.devices import DeviceOverview
from core.store.operation import connection_loops
from core.store.operation.connection_loops import ConnectionLoop
from core.texts.local_format import measured
from core.texts.search_key import search_key

router = APIRouter()

_LOW_BATTERY_PCT = 15.0


@dataclass(frozen=True)
class DeviceLine:
    """One device of the list; `state` is in_contact, out_of_contact, cut_off, not_yet or no_heartbeat.

    `is_unproven` says that it has said one state only, so that its messages are no life signs.
    """

    device: DeviceOverview
    place: str
    state: str
    battery: str
    is_unproven: bool


@dataclass(frozen=True)
class DeviceFilter:
    """A way to narrow the list down, with how many it leaves."""

    name: str
    count: int


@router.get("/devices")
def list_devices(
    request: Request, viewer: Equipment, connection: ConnectionDep, show: str = "all", q: str = ""
) -> Response:
    """Show the devices whose homes the viewer looks after."""
    page = HtmlPage(request, viewer)
    found = devices.overviews(connection, viewer.equipment_scope)
    unproven = {one.device for one in single_states.single_states(connection)}
    tests: dict[str, Callable[[DeviceOverview], bool]] = {
        "all": lambda _one: True,
        "silent": lambda one: one.is_in_contact(page.now) is False,
        "not_yet": lambda one: one.last_received_at is None,
        "low": is_low,
        "unproven": lambda one: one.number in unproven,
    }
    shown = [one for one in found if tests.get(show, tests["all"])(one)]
    loops = connection_loops.kept(connection)
    lines = [_line(one, page, loops, is_unproven=one.number in unproven) for one in shown]
    wanted = search_key(q)
    return page.render(
        "devices.html",
        {
            "filters": [DeviceFilter(name, sum(test(one) for one in found)) for name, test in tests.items()],
            "show": show if show in tests else "all",
            "q": q,
            "lines": [one for one in lines if not wanted or wanted in _searched(one)],
        },
    )


def is_low(one: DeviceOverview) -> bool:
    """Return whether the battery should be changed soon."""
    return bool(one.battery_low) or (one.battery_pct is not None and one.battery_pct < _LOW_BATTERY_PCT)


def _line(
    one: DeviceOverview, page: HtmlPage, loops: Sequence[ConnectionLoop], *, is_unproven: bool
) -> DeviceLine:
    in_contact = one.is_in_contact(page.now)
    state = "no_heartbeat" if in_contact is None else "in_contact" if in_contact else "out_of_contact"
    if one.last_received_at is None:
        state = "not_yet"
    if any(loop.concerns(one.sender) for loop in loops):
        state = "cut_off"
    battery = "" if one.battery_pct is None else f"{measured(page.language, BATTERY_PCT, one.battery_pct)}%"
    if is_low(one):
        battery = f"{battery} {page.words('device.battery_low')}".strip()
    return DeviceLine(one, place_name(one.place, page.words), state, battery, is_unproven)


def _searched(one: DeviceLine) -> str:
    device = one.device
    parts = (device.device_id, device.sender, device.model, device.home_name or "", one.place, device.place)
    return "\n".join(search_key(part) for part in parts)
