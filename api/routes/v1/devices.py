"""Registering devices, moving them, and handing out their credentials."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request

from api.access.visibility import device_for
from api.actions import device_credentials, profile_trials
from api.actions import devices as actions
from api.actions.context import ActionContext
from api.actions.device_credentials import redeem_code
from api.actions.devices import NewDevice, WayToRead, Whereabouts
from api.actions.profile_trials import TriedOn
from api.dependencies import (
    NOBODY_ASKED,
    Admin,
    AdminProven,
    ConnectionDep,
    DatabaseDep,
    Equipment,
    EquipmentProven,
    Fitter,
    MachineNowDep,
    NowDep,
    SettingsDep,
    Staff,
)
from api.http import cookies
from api.schemas.common import BigNumber, Number
from api.schemas.devices import (
    AcceptanceIn,
    CodeOut,
    CredentialOut,
    DeviceId,
    DeviceIn,
    EnrolledOut,
    EnrolmentIn,
    EvidenceOut,
    PartSignsOut,
    PlacementIn,
    ProfileIn,
    ProfileOut,
    ProposalOut,
    ReplacementIn,
    SingleStateOut,
    TrialIn,
    TrialOfAnyIn,
    TrialOut,
    UnreadFieldOut,
    WayToReadIn,
    WayToReadOut,
)
from api.schemas.measurements import DeviceOut
from api.views.device_profile import all_profiles, reading_of
from api.views.device_signs import signs_of
from core.credentials.device_label import enrolment_address, label_svg
from core.formats.profile_file import parse_profile
from core.store.database import Connection
from core.store.devices import broker_accounts, profiles, proposals, registry, unread_fields
from core.store.devices import profile_trials as store
from core.store.devices.devices import DeviceOverview
from core.store.devices.single_states import single_states
from core.store.operation import connection_loops

router = APIRouter(tags=["equipment"])


@router.post("/devices", status_code=201, summary="Register a device")
def add_device(viewer: Fitter, body: DeviceIn, connection: ConnectionDep, now: NowDep) -> DeviceOut:
    """Register a device in a home from now on; make a code for it to let it in."""
    new = NewDevice(
        body.device_id,
        body.kind,
        place=body.place,
        sender=body.sender,
        gateway_id=body.gateway_id,
        heartbeat_s=body.heartbeat_s,
        model=body.model,
        reading=WayToRead(body.profile, meaning=body.meaning),
    )
    there = Whereabouts(body.home, body.resident)
    return DeviceOut.of(actions.register(ActionContext(connection, viewer, now), new, there), now)


@router.post("/devices/{device_id}/moves", status_code=201, summary="Move a device")
def move_device(
    viewer: Fitter, device_id: DeviceId, body: PlacementIn, connection: ConnectionDep, now: NowDep
) -> DeviceOut:
    """Let it belong to another home or resident; what it measured before stays where it was, however late it comes."""
    context, there = ActionContext(connection, viewer, now), Whereabouts(body.home, body.resident)
    return DeviceOut.of(actions.move(context, device_id, there, since=body.at), now)


@router.post("/devices/{device_id}/replacement", status_code=201, summary="Replace a device")
def replace_device(
    *,
    viewer: Fitter,
    device_id: DeviceId,
    body: ReplacementIn,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
) -> DeviceOut:
    """Put a new device in the place of a broken one, which goes out of use with its credential."""
    made = actions.replace(
        ActionContext(connection, viewer, now),
        device_id,
        body.device_id,
        sender=body.sender,
        since=body.at,
        machine_now=machine_now,
    )
    return DeviceOut.of(made, now)


@router.delete("/devices/{device_id}", status_code=204, summary="Take a device out of use")
def retire_device(
    viewer: Fitter, device_id: DeviceId, connection: ConnectionDep, now: NowDep, machine_now: MachineNowDep
) -> None:
    """Take a device out of use, with its credential; what it said stays."""
    actions.retire(ActionContext(connection, viewer, now), device_id, machine_now=machine_now)


@router.get("/devices/{device_id}/evidence", summary="What a device's messages prove")
def read_evidence(viewer: Staff, device_id: DeviceId, connection: ConnectionDep, now: NowDep) -> EvidenceOut:
    """Return what a device's messages show of people, what keeps them from it, and which of their fields are not read."""
    one = device_for(connection, viewer, device_id)
    unread = unread_fields.of_device(connection, one.sender)
    followed = profiles.followed_by(connection, one.number).stored
    profile = None if followed is None else followed.profile
    return EvidenceOut(
        signs=[PartSignsOut.model_validate(part) for part in signs_of(connection, one, profile, now)],
        is_cut_off=any(loop.concerns(one.sender) for loop in connection_loops.kept(connection)),
        single_states=[SingleStateOut.of(state) for state in single_states(connection, one.number)],
        unread_fields=[UnreadFieldOut.model_validate(field) for field in unread],
    )


@router.get("/devices/{device_id}/profile", summary="How a device's messages are read")
def read_profile_of(viewer: Staff, device_id: DeviceId, connection: ConnectionDep) -> WayToReadOut:
    """Return the profile that a device follows, what its presses or states mean, and which profiles suit it."""
    one = device_for(connection, viewer, device_id)
    return _reading(connection, one)


@router.put("/devices/{device_id}/profile", summary="Choose how a device's messages are read")
def choose_profile(
    viewer: Admin, device_id: DeviceId, body: WayToReadIn, connection: ConnectionDep, now: NowDep
) -> WayToReadOut:
    """Let a device follow a profile, or none, and mean a call, a bed or a chair, from now on."""
    actions.set_profile(
        ActionContext(connection, viewer, now),
        device_id,
        WayToRead(body.profile, body.version, body.meaning, body.kind),
    )
    one = device_for(connection, viewer, device_id)
    return _reading(connection, one)


@router.get("/profiles", summary="Profiles that devices can follow")
def list_profiles(_viewer: Admin, connection: ConnectionDep) -> list[ProfileOut]:
    """Return the newest version of every profile: of the library, and those that were entered here."""
    return [ProfileOut.of(one) for one in all_profiles(connection)]


@router.post("/profiles", status_code=201, summary="Enter a profile")
def add_profile(viewer: Admin, body: ProfileIn, connection: ConnectionDep, now: NowDep) -> ProfileOut:
    """Check and store a profile; under a known name it becomes the next version. No device follows it by that."""
    profile = parse_profile(body.toml, "toml")
    return ProfileOut.of(actions.add_profile(ActionContext(connection, viewer, now), profile).profile)


@router.post(
    "/devices/{device_id}/profile-trials", status_code=202, summary="Try a profile on the quarantine"
)
def try_profile(
    *,
    viewer: Admin,
    device_id: DeviceId,
    body: TrialIn,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
) -> TrialOut:
    """Ask what a profile would read of what the device has in quarantine; read the answer under its number. Nothing follows it by that."""
    context, on = ActionContext(connection, viewer, now), TriedOn(device=device_id)
    return TrialOut.of(profile_trials.request(context, on, body.profile, machine_now=machine_now))


@router.post(
    "/profile-trials", status_code=202, summary="Try a profile on the quarantine of a sender or a model"
)
def try_profile_on(
    viewer: Admin, body: TrialOfAnyIn, connection: ConnectionDep, now: NowDep, machine_now: MachineNowDep
) -> TrialOut:
    """Ask the same of a sender that nobody registered, or of all devices of a model. Nothing follows it by that."""
    context, on = ActionContext(connection, viewer, now), TriedOn(body.device_id, body.sender, body.model)
    return TrialOut.of(profile_trials.request(context, on, body.profile, machine_now=machine_now))


@router.get("/profile-trials/{number}", summary="One trial of a profile")
def read_trial(
    _viewer: Admin, number: BigNumber, connection: ConnectionDep, machine_now: MachineNowDep
) -> TrialOut:
    """Return how far it is and, once ingest has answered it, what it found; for a day."""
    return TrialOut.of(store.get(connection, number, machine_now))


@router.get("/devices/{device_id}/credential", summary="How a device's credential stands")
def read_credential(
    viewer: Equipment, device_id: DeviceId, connection: ConnectionDep, machine_now: MachineNowDep
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
        revoked_by="",
        code_until=None,
    )


@router.delete("/devices/{device_id}/credential", status_code=204, summary="Revoke a device's credential")
def revoke_credential(
    viewer: AdminProven,
    device_id: DeviceId,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
) -> None:
    """Take the credential away, and an open code: within seconds the broker cuts off whoever uses it."""
    device_credentials.revoke_credential(
        ActionContext(connection, viewer, now), device_id, machine_now=machine_now
    )


@router.post("/devices/{device_id}/codes", status_code=201, summary="Make a label with a one-use code")
def make_code(
    *,
    viewer: EquipmentProven,
    device_id: DeviceId,
    connection: ConnectionDep,
    settings: SettingsDep,
    now: NowDep,
    machine_now: MachineNowDep,
) -> CodeOut:
    """Make a code for the device's credential; a former code ends now, the former credential when the new one is fetched."""
    context = ActionContext(connection, viewer, now)
    made = device_credentials.issue_code(context, device_id, machine_now=machine_now)
    drawn = label_svg(
        made.code,
        device_id=made.account.name,
        place=made.place,
        base_url=settings.base_url,
        language=viewer.user.language,
        expires_on=made.code.expires_at.astimezone(ZoneInfo(settings.time_zone)),
    )
    return CodeOut(
        name=made.account.name,
        code=made.code.text,
        address=enrolment_address(settings.base_url, made.code.text),
        expires_at=made.code.expires_at,
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
    """Return the credential for the code on a label. It is shown once: the code opens nothing afterwards."""
    made = redeem_code(
        database,
        settings,
        body.code,
        wrong_codes=request.app.state.wrong_codes,
        peer=cookies.peer_of(request),
        machine_now=machine_now,
    )
    return EnrolledOut.model_validate(made)


@router.get("/proposals", summary="Devices that gateways describe")
def list_proposals(_viewer: Fitter, connection: ConnectionDep) -> list[ProposalOut]:
    """Return what gateways described (Home Assistant discovery, Zigbee2MQTT, Shelly) and nobody has registered."""
    waiting = proposals.waiting(connection)
    unread = unread_fields.of_senders(connection, [one.sender for one in waiting])
    return [ProposalOut.of(one, unread.get(one.sender, ())) for one in waiting]


@router.post("/proposals/{number}/acceptance", status_code=201, summary="Register a proposed device")
def accept_proposal(
    viewer: Fitter, number: Number, body: AcceptanceIn, connection: ConnectionDep, now: NowDep
) -> DeviceOut:
    """Register a device as its gateway described it, from now on."""
    made = actions.accept_proposal(
        ActionContext(connection, viewer, now),
        number,
        Whereabouts(body.home, body.resident),
        device_id=body.device_id,
        kind=body.kind,
        place=body.place,
        reading=WayToRead(body.profile, meaning=body.meaning),
    )
    return DeviceOut.of(made, now)


@router.delete("/proposals/{number}", status_code=204, summary="Dismiss a proposal")
def dismiss_proposal(viewer: Admin, number: Number, connection: ConnectionDep, now: NowDep) -> None:
    """Do not propose this device any more, however often its gateway does."""
    actions.dismiss_proposal(ActionContext(connection, viewer, now), number)


def _reading(connection: Connection, one: DeviceOverview) -> WayToReadOut:
    found = reading_of(connection, one, single_states(connection, one.number))
    return WayToReadOut(
        profile=None if found.profile is None else ProfileOut.of(found.profile),
        newest=found.newest,
        follows_descriptions=found.followed.follows_descriptions,
        meaning=found.followed.meaning,
        suitable=[each.name for each in found.choices if each.suits],
        meanings=list(found.meanings),
    )
