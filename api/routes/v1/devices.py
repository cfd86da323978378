"""Registering devices, moving them, and handing out their credentials."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Request

from api.access.refusals import FieldError, ForbiddenError
from api.access.visibility import device_for
from api.actions.enrolment import Enrolments
from api.dependencies import (
    NOBODY_ASKED,
    Admin,
    ConnectionDep,
    DatabaseDep,
    MachineNowDep,
    NowDep,
    SettingsDep,
    Staff,
)
from api.http import cookies
from api.schemas.common import Number
from api.schemas.devices import (
    AcceptanceIn,
    CodeOut,
    CredentialOut,
    DeviceIn,
    EnrolledOut,
    EnrolmentIn,
    PlacementIn,
    ProposalOut,
    ReplacementIn,
)
from api.schemas.measurements import DeviceOut
from core.credentials import enrolment_codes
from core.credentials.device_label import enrolment_address, label_svg
from core.domain.access_scope import AccessScope
from core.store.database import Connection
from core.store.devices import broker_accounts, devices, moves, proposals, registry
from core.store.devices.registry import Placement

router = APIRouter(tags=["equipment"])
DeviceId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", examples=["hall-1"])]
_ALL = AccessScope(everything=True)


@router.post("/devices", status_code=201, summary="Register a device")
def add_device(_viewer: Admin, body: DeviceIn, connection: ConnectionDep, now: NowDep) -> DeviceOut:
    """Register a device in a home from now on; make a code for it to let it in."""
    placement = _placement(connection, body.home, body.resident)
    if placement is None:
        raise FieldError("body.home", "say where it is: home, or resident if it is that person's own")
    registry.add_device(
        connection,
        device_id=body.device_id,
        sender=body.sender or f"native:{body.device_id}",
        kind=body.kind,
        place=body.place,
        gateway_id=body.gateway_id,
        heartbeat_s=body.heartbeat_s,
        placement=placement,
        now=now,
    )
    return DeviceOut.of(devices.overview(connection, _ALL, body.device_id), now)


@router.post("/devices/{device_id}/moves", status_code=201, summary="Move a device")
def move_device(
    _viewer: Admin, device_id: DeviceId, body: PlacementIn, connection: ConnectionDep, now: NowDep
) -> DeviceOut:
    """Let it belong to another home or resident; what it measured before stays where it was, however late it comes."""
    placement = _placement(connection, body.home, body.resident)
    moves.move_device(connection, device_id, placement, now, since=body.at)
    return DeviceOut.of(devices.overview(connection, _ALL, device_id), now)


@router.post("/devices/{device_id}/replacement", status_code=201, summary="Replace a device")
def replace_device(
    *,
    _viewer: Admin,
    device_id: DeviceId,
    body: ReplacementIn,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
) -> DeviceOut:
    """Put a new device in the place of a broken one, which goes out of use with its credential."""
    registry.end_credential(connection, device_id, machine_now)
    made = moves.replace_device(connection, device_id, body.device_id, now, sender=body.sender, since=body.at)
    return DeviceOut.of(devices.overview(connection, _ALL, made.device_id), now)


@router.delete("/devices/{device_id}", status_code=204, summary="Take a device out of use")
def retire_device(
    _viewer: Admin, device_id: DeviceId, connection: ConnectionDep, now: NowDep, machine_now: MachineNowDep
) -> None:
    """Take a device out of use, with its credential; what it said stays."""
    registry.end_credential(connection, device_id, machine_now)
    registry.retire_device(connection, device_id, now)


@router.get("/devices/{device_id}/credential", summary="How a device's credential stands")
def read_credential(
    viewer: Staff, device_id: DeviceId, connection: ConnectionDep, machine_now: MachineNowDep
) -> CredentialOut:
    """Return whether the broker lets the device in, and whether a code waits; never the credential itself."""
    device_for(connection, viewer, device_id)
    account = registry.account_for(connection, device_id)
    found = broker_accounts.standing(connection, account.name, machine_now)
    if found is not None:
        return CredentialOut.model_validate(found)
    return CredentialOut(
        name=account.name,
        kind=account.kind,
        is_let_in=False,
        issued_at=None,
        revoked_at=None,
        code_until=None,
    )


@router.delete("/devices/{device_id}/credential", status_code=204, summary="Revoke a device's credential")
def revoke_credential(
    _viewer: Admin, device_id: DeviceId, connection: ConnectionDep, machine_now: MachineNowDep
) -> None:
    """Take the credential away, and an open code: within seconds the broker cuts off whoever uses it."""
    account = registry.account_for(connection, device_id)
    broker_accounts.revoke(connection, account.name, machine_now)


@router.post("/devices/{device_id}/codes", status_code=201, summary="Make a label with a one-use code")
def make_code(
    *,
    viewer: Staff,
    device_id: DeviceId,
    connection: ConnectionDep,
    settings: SettingsDep,
    machine_now: MachineNowDep,
) -> CodeOut:
    """Make a code for the device's credential; a former code ends now, the former credential when the new one is fetched."""
    device = device_for(connection, viewer, device_id)
    account = registry.account_for(connection, device_id)
    for other in registry.publishers(connection, account):
        if not devices.is_visible(connection, viewer.scope, other):
            raise ForbiddenError(
                f"devices of other offices publish with the credential of {account.name} too; ask an administrator"
            )
    code = enrolment_codes.new_code(connection, account, machine_now, user=viewer.number)
    drawn = label_svg(
        code,
        device_id=account.name,
        place=device.place if account.name == device_id else "",
        base_url=settings.base_url,
        language=viewer.user.language,
        expires_on=code.expires_at.astimezone(ZoneInfo(settings.time_zone)),
    )
    return CodeOut(
        name=account.name,
        code=code.text,
        address=enrolment_address(settings.base_url, code.text),
        expires_at=code.expires_at,
        label_svg=drawn,
    )


@router.post(
    "/enrolments",
    status_code=201,
    summary="Exchange a code for a credential",
    dependencies=[NOBODY_ASKED],
    responses={429: {"description": "Too many codes were tried that open nothing."}},
)
def enrol(
    body: EnrolmentIn,
    request: Request,
    database: DatabaseDep,
    settings: SettingsDep,
    machine_now: MachineNowDep,
) -> EnrolledOut:
    """Return the credential for the code on a label. It is told once: the code opens nothing afterwards."""
    enrolments: Enrolments = request.app.state.enrolments
    return enrolments.exchange(
        database, settings, body.code, peer=cookies.peer_of(request), machine_now=machine_now
    )


@router.get("/proposals", summary="Devices that gateways describe")
def list_proposals(_viewer: Admin, connection: ConnectionDep) -> list[ProposalOut]:
    """Return what gateways described (Home Assistant discovery, Zigbee2MQTT, Shelly) and nobody has registered."""
    return [ProposalOut.model_validate(one) for one in proposals.waiting(connection)]


@router.post("/proposals/{number}/acceptance", status_code=201, summary="Register a proposed device")
def accept_proposal(
    _viewer: Admin, number: Number, body: AcceptanceIn, connection: ConnectionDep, now: NowDep
) -> DeviceOut:
    """Register a device as its gateway described it, from now on."""
    placement = _placement(connection, body.home, body.resident)
    if placement is None:
        raise FieldError("body.home", "say where it is: home, or resident if it is that person's own")
    made = proposals.accept(
        connection, number, placement, now, device_id=body.device_id, kind=body.kind, place=body.place
    )
    return DeviceOut.of(devices.overview(connection, _ALL, made.device_id), now)


@router.delete("/proposals/{number}", status_code=204, summary="Dismiss a proposal")
def dismiss_proposal(_viewer: Admin, number: Number, connection: ConnectionDep, now: NowDep) -> None:
    """Do not propose this device any more, however often its gateway does."""
    proposals.dismiss(connection, number, now)


def _placement(connection: Connection, home: int | None, resident: int | None) -> Placement | None:
    if home is not None and resident is not None:
        raise FieldError("body.home", "give home or resident, not both: a resident's home is known")
    if home is None and resident is None:
        return None
    return registry.placement_of(connection, home_number=home, resident=resident)
