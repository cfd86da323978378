"""Pages with which administrators register a device, move it, put another in its place, and take it out of use."""

import unicodedata
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from api.access.refusals import RefusedError
from api.access.viewer import Viewer
from api.access.visibility import device_for
from api.actions import devices as actions
from api.actions.context import ActionContext
from api.actions.devices import NewDevice, Whereabouts
from api.dependencies import ConnectionDep, DatabaseDep, Fitter, MachineNowDep, NowDep
from api.locale import Words
from api.pages.parts.place_names import offered_places, place_of
from api.pages.people.named_residents import UnsureResidentError, labels, typed_residents
from api.pages.people.record_form import SELECT, FormField, RecordForm, shown
from api.pages.rendering import HtmlPage
from api.schemas.common import ShortText
from api.schemas.devices import DeviceId
from core.domain.device import DEVICE_ID, DeviceKind
from core.domain.people import Role
from core.errors import ConflictError, InputError, NotFoundError
from core.store.database import Connection
from core.store.people.records import record_lists

router = APIRouter()
_WHERE = (FormField("home", has_hint=True, is_japanese=True), FormField("resident", has_hint=True))
_NEW = (
    FormField("device_id", is_required=True, has_hint=True),
    FormField("device_kind", SELECT, is_required=True),
    *_WHERE,
    FormField("place", has_hint=True),
    FormField("interval", "decimal", has_hint=True),
)
_LONGEST_HEARTBEAT_MIN = 7 * 24 * 60
_SUCCESSOR = (FormField("successor", is_required=True, has_hint=True), FormField("sure", kind="check"))
_PROBLEMS = (RefusedError, NotFoundError, ConflictError, InputError)


class DeviceTyped(BaseModel):
    """The form as typed."""

    device_id: ShortText = ""
    device_kind: ShortText = ""
    home: ShortText = ""
    resident: ShortText = ""
    place: ShortText = ""
    interval: ShortText = ""
    """After how many minutes a healthy one says something at the latest; empty: nobody knows."""
    successor: ShortText = ""
    sure: ShortText = ""
    """Said of what cannot be undone, or leaves a home without the device."""


Typed = Annotated[DeviceTyped, Form()]


@dataclass(frozen=True)
class _Wrong:
    """What is wrong with a form: the field, and the words."""

    field: str
    text: str


def whereabouts(
    connection: Connection, viewer: Viewer, words: Words, *, home: str, resident: str
) -> Whereabouts:
    """Return where a device belongs: the home of a name, or a resident by name or number.

    Raises
    ------
    RefusedError
        The resident is nobody, may be several, or has to be looked at first.
    """
    found = typed_residents(connection, viewer, resident, words, field="resident", is_name_enough=True)
    if len(found) > 1:
        raise RefusedError("resident", "resident_one_only")
    return Whereabouts(home.strip() or None, found[0] if found else None)


@router.get("/register-device")
def new_device(request: Request, viewer: Fitter) -> Response:
    """Show the form to register a device."""
    return _show_new(HtmlPage(request, viewer), DeviceTyped(), None)


@router.post("/register-device")
def register_device(
    *, request: Request, viewer: Fitter, database: DatabaseDep, now: NowDep, typed: Typed
) -> Response:
    """Register a device, or show the form again with what is wrong."""
    page = HtmlPage(request, viewer)
    device_id = typed.device_id.strip()
    if not DEVICE_ID.match(device_id):
        return _show_new(page, typed, _Wrong("device_id", page.words("record_problem.device_id")))
    if typed.device_kind not in set(DeviceKind):
        return _show_new(page, typed, _Wrong("device_kind", page.words("record_problem.device_kind")))
    interval = unicodedata.normalize("NFKC", typed.interval).strip()
    minutes = int(interval) if interval.isdecimal() and len(interval) < 6 else 0
    if interval and not 1 <= minutes <= _LONGEST_HEARTBEAT_MIN:
        return _show_new(page, typed, _Wrong("interval", page.words("record_problem.interval")))
    new = NewDevice(
        device_id,
        DeviceKind(typed.device_kind),
        place=place_of(typed.place)[:100],
        heartbeat_s=minutes * 60 or None,
    )
    try:
        with database.transaction() as connection:
            home, resident = typed.home, typed.resident
            there = whereabouts(connection, viewer, page.words, home=home, resident=resident)
            actions.register(ActionContext(connection, viewer, now), new, there)
    except _PROBLEMS as error:
        return _show_new(page, _looked_at(typed, error), _wrong(error, page, "device_id"))
    return RedirectResponse(f"/devices/{device_id}/connection?said=device_to_connect", 303)


@router.get("/devices/{device_id}/placement")
def show_placement(
    request: Request, viewer: Fitter, connection: ConnectionDep, device_id: DeviceId
) -> Response:
    """Show where a device is, and the forms that change it."""
    device_for(connection, viewer, device_id)
    return _Placed(request, viewer, device_id).show(connection, DeviceTyped(), None)


@router.post("/devices/{device_id}/placement")
def move_device(
    *,
    request: Request,
    viewer: Fitter,
    database: DatabaseDep,
    now: NowDep,
    device_id: DeviceId,
    typed: Typed,
) -> Response:
    """Let a device belong elsewhere from now on; with nothing named, and only if that is meant, it is in store."""
    try:
        if not typed.home.strip() and not typed.resident.strip() and typed.sure != "store":
            raise RefusedError("home", "device_nowhere")
        with database.transaction() as connection:
            words, home, resident = HtmlPage(request, viewer).words, typed.home, typed.resident
            there = whereabouts(connection, viewer, words, home=home, resident=resident)
            actions.move(ActionContext(connection, viewer, now), device_id, there)
    except _PROBLEMS as error:
        return _Placed(request, viewer, device_id).again(database, typed, error, "home")
    return RedirectResponse(f"/devices/{device_id}/placement?said=device_placed", 303)


@router.post("/devices/{device_id}/replacement")
def replace_device(
    *,
    request: Request,
    viewer: Fitter,
    database: DatabaseDep,
    now: NowDep,
    machine_now: MachineNowDep,
    device_id: DeviceId,
    typed: Typed,
) -> Response:
    """Put another device in the place of a broken one, which goes out of use."""
    successor = typed.successor.strip()
    try:
        if not DEVICE_ID.match(successor):
            raise RefusedError("successor", "device_id")
        if typed.sure != "on":
            raise RefusedError("successor", "device_not_sure")
        with database.transaction() as connection:
            context = ActionContext(connection, viewer, now)
            actions.replace(context, device_id, successor, machine_now=machine_now)
    except _PROBLEMS as error:
        return _Placed(request, viewer, device_id).again(database, typed, error, "successor")
    return RedirectResponse(f"/devices/{successor}/connection?said=device_to_connect", 303)


@router.post("/devices/{device_id}/retirement")
def retire_device(
    viewer: Fitter, connection: ConnectionDep, now: NowDep, machine_now: MachineNowDep, device_id: DeviceId
) -> Response:
    """Take a device out of use, with its credential; what it reported stays."""
    actions.retire(ActionContext(connection, viewer, now), device_id, machine_now=machine_now)
    return RedirectResponse("/devices?said=device_retired", 303)


class _Placed:
    """Shows the page of where one device is."""

    def __init__(self, request: Request, viewer: Viewer, device_id: str) -> None:
        self._viewer = viewer
        self._device_id = device_id
        self._page = HtmlPage(request, viewer)

    def again(self, database: DatabaseDep, typed: DeviceTyped, error: Exception, field: str) -> Response:
        with database.transaction() as connection:
            return self.show(connection, _looked_at(typed, error), _wrong(error, self._page, field))

    def show(self, connection: ConnectionDep, typed: DeviceTyped, wrong: _Wrong | None) -> Response:
        one = device_for(connection, self._viewer, self._device_id)
        own = self._owner(connection, one.resident)
        if wrong is None:
            # Who presses without looking leaves it where it is.
            typed = DeviceTyped(home="" if own else one.home_name or "", resident=own)
        form = RecordForm(typed.model_dump())
        context: dict[str, object] = {
            "one": one,
            "own": own,
            "here": f"/devices/{self._device_id}/placement",
            "where_fields": shown(_where(self._viewer), form, self._page.words),
            "may_fit": self._viewer.is_staff or one.resident is None,
            "successor_fields": shown(_SUCCESSOR, form, self._page.words),
            "problems": {} if wrong is None else {wrong.field: wrong.text},
        }
        return self._page.render("device_placement.html", context, status=422 if wrong else 200)

    def _owner(self, connection: ConnectionDep, resident: int | None) -> str:
        """Return the resident whose own the device is, as the field holds them; empty where it is everybody's."""
        known = record_lists.residents_by_name(connection, self._viewer.scope)
        return labels(((one.number, one.name) for one in known if one.number == resident), self._page.words)


def _show_new(page: HtmlPage, typed: DeviceTyped, wrong: _Wrong | None) -> Response:
    form = RecordForm(typed.model_dump(), problems={} if wrong is None else {wrong.field: wrong.text})
    places = [(one, one) for one in offered_places(page.words)]
    kinds = [
        (one.value, page.words(f"kind.{one.value}")) for one in DeviceKind if one is not DeviceKind.CANARY
    ]
    context: dict[str, object] = {
        "title": page.words("record.device_new"),
        "intro": page.words("record.device_new_intro"),
        "crumb": "/devices",
        "crumb_text": page.words("device.title"),
        "here": "/register-device",
        "fields": shown(_new_fields(page.viewer), form, page.words, {"device_kind": kinds, "place": places}),
        "form": form,
        "problems": form.problems,
        "history": None,
    }
    return page.render("record.html", context, status=422 if wrong else 200)


def _where(viewer: Viewer | None) -> tuple[FormField, ...]:
    """Return the fields that say where a device goes: only administrators give somebody a device of their own."""
    return _WHERE if viewer is not None and viewer.role is Role.ADMIN else _WHERE[:1]


def _new_fields(viewer: Viewer | None) -> tuple[FormField, ...]:
    return tuple(one for one in _NEW if one not in _WHERE or one in _where(viewer))


def _looked_at(typed: DeviceTyped, error: Exception) -> DeviceTyped:
    """Return what was typed, with the resident by name and number where that has to be looked at."""
    return (
        typed.model_copy(update={"resident": error.text}) if isinstance(error, UnsureResidentError) else typed
    )


def _wrong(error: Exception, page: HtmlPage, field: str) -> _Wrong:
    """Return beside which field an error stands, in words."""
    if isinstance(error, RefusedError):
        return _Wrong(error.field, page.words(f"refused.{error.code}", **error.values))
    if isinstance(error, NotFoundError):
        return _Wrong("home", page.words("refused.no_such_place"))
    if isinstance(error, ConflictError):
        return _Wrong(field, page.words("refused.device_taken"))
    return _Wrong(field, page.words("refused.device_by_gateway"))
