"""How a device connects: what to enter in it, its one-use code as a label, its password shown once, and who made them."""

from base64 import b64encode
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from api.access.refusals import RefusedError
from api.access.viewer import Viewer
from api.access.visibility import device_for
from api.actions import device_credentials
from api.actions.context import ActionContext
from api.actions.device_credentials import IssuedCode, broker_of
from api.dependencies import (
    AdminProven,
    ConnectionDep,
    DatabaseDep,
    Equipment,
    EquipmentProven,
    MachineNowDep,
    NowDep,
    SettingsDep,
)
from api.pages.rendering import HtmlPage
from api.schemas.devices import DeviceId
from api.wording.reason_card import place_name
from core.credentials.device_label import enrolment_address, label_svg
from core.settings import Settings
from core.store.database import Connection, Database
from core.store.devices import broker_accounts, devices, registry

router = APIRouter()
_CODES_SHOWN = 10
# The version of the account that stood in the form.
_Seen = Annotated[int, Form(ge=0, le=2**31 - 1)]


@router.get("/devices/{device_id}/connection")
def show_connection(
    request: Request,
    viewer: Equipment,
    connection: ConnectionDep,
    settings: SettingsDep,
    machine_now: MachineNowDep,
    device_id: DeviceId,
) -> Response:
    """Show what a device needs to connect, but for its password, and how to get that."""
    return _Shown(request, viewer, settings, machine_now, device_id).show(connection)


@router.post("/devices/{device_id}/connection/label")
def make_label(
    *,
    request: Request,
    viewer: EquipmentProven,
    database: DatabaseDep,
    settings: SettingsDep,
    now: NowDep,
    machine_now: MachineNowDep,
    device_id: DeviceId,
    seen: _Seen = 0,
) -> Response:
    """Make a one-use code and show its label, once; a former code ends, the password when the new one is fetched."""
    shown = _Shown(request, viewer, settings, machine_now, device_id)
    try:
        with database.transaction() as connection:
            context = ActionContext(connection, viewer, now)
            made = device_credentials.issue_code(context, device_id, machine_now=machine_now, seen=seen)
            return shown.show(connection, label=shown.label_of(made))
    except RefusedError as error:
        return shown.refused(database, error)


@router.post("/devices/{device_id}/connection/password")
def make_password(
    *,
    request: Request,
    viewer: EquipmentProven,
    database: DatabaseDep,
    settings: SettingsDep,
    now: NowDep,
    machine_now: MachineNowDep,
    device_id: DeviceId,
    sure: Annotated[str, Form(max_length=10)] = "",
    seen: _Seen = 0,
) -> Response:
    """Make a password and show it, once; one that is in use ends only if that is meant.

    Sent again, as by loading the answer anew, or after somebody else made one, the form makes nothing.
    """
    shown = _Shown(request, viewer, settings, machine_now, device_id)
    try:
        with database.transaction() as connection:
            context = ActionContext(connection, viewer, now)
            made = device_credentials.issue_password(
                context,
                settings,
                device_id,
                is_in_place_of_another=sure == "on",
                seen=seen,
                machine_now=machine_now,
            )
            return shown.show(connection, password=made.password)
    except RefusedError as error:
        return shown.refused(database, error)


@router.post("/devices/{device_id}/connection/revocation")
def revoke(
    viewer: AdminProven,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
    device_id: DeviceId,
) -> Response:
    """Take the password away, and an open code: within seconds the broker cuts off whoever uses it."""
    context = ActionContext(connection, viewer, now)
    device_credentials.revoke_credential(context, device_id, machine_now=machine_now)
    return RedirectResponse(f"/devices/{device_id}/connection?said=password_revoked", 303)


class _Shown:
    """The page of how one device connects."""

    def __init__(
        self, request: Request, viewer: Viewer, settings: Settings, machine_now: datetime, device_id: str
    ) -> None:
        self._viewer = viewer
        self._settings = settings
        self._machine_now = machine_now
        self._device_id = device_id
        self.page = HtmlPage(request, viewer)

    def show(self, connection: Connection, **shown: object) -> Response:
        placed = device_for(connection, self._viewer, self._device_id)
        one = registry.device_in_use(connection, self._device_id)
        context: dict[str, object] = {
            "one": one,
            "account": one.account,
            "broker": broker_of(self._settings),
            "machine_now": self._machine_now,
            "standing": None,
            "shared": 0,
            "shared_names": [],
            "codes": [],
            "label": None,
            "password": "",
            "problems": {},
            "may_connect": self._viewer.is_staff or placed.resident is None,
        }
        if one.account is not None:
            name = one.account.name
            with_it = [
                each for each in registry.publishers(connection, one.account) if each != self._device_id
            ]
            context |= {
                "standing": broker_accounts.standing(connection, name, self._machine_now),
                "shared": len(with_it),
                # Those of other offices are counted, and not named.
                "shared_names": [
                    each
                    for each in with_it
                    if devices.is_visible(connection, self._viewer.equipment_scope, each)
                ],
                "codes": broker_accounts.codes(connection, name, _CODES_SHOWN),
            }
        status = 422 if shown.get("problems") else 200
        return self.page.render("device_connection.html", context | shown, status=status)

    def refused(self, database: Database, error: RefusedError) -> Response:
        problems = {error.field: self.page.words(f"refused.{error.code}", **error.values)}
        with database.transaction() as connection:
            return self.show(connection, problems=problems)

    def label_of(self, made: IssuedCode) -> dict[str, object]:
        drawn = label_svg(
            made.code,
            device_id=made.account.name,
            place=place_name(made.place, self.page.words),
            base_url=self._settings.base_url,
            language=self.page.language,
            expires_on=made.code.expires_at.astimezone(ZoneInfo(self._settings.time_zone)),
        )
        return {
            "code": made.code,
            "address": enrolment_address(self._settings.base_url, made.code.text),
            "svg": Markup(drawn),  # noqa: S704 - drawn here, with everything that was typed escaped
            "file": f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}",
        }
