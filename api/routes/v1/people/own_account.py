"""One's own sign-in: the password, sessions, and a fresh proof of who asks."""

from fastapi import APIRouter, Request, Response

from api.actions.context import ActionContext
from api.actions.signing_in import own_account as actions
from api.actions.signing_in import second_factor
from api.dependencies import (
    AnyUser,
    ConnectionDep,
    DatabaseDep,
    MachineNowDep,
    NowDep,
    Personnel,
    PersonnelProven,
    SettingsDep,
)
from api.http import cookies
from api.schemas.common import BigNumber
from api.schemas.people.own_account import (
    AppSecretOut,
    CodeIn,
    NewPasswordIn,
    OwnSessionOut,
    ProofIn,
    RecoveryCodesOut,
    SecondFactorOut,
)
from core.credentials.sealed_values import sealer_of

router = APIRouter(prefix="/account", tags=["session"])


@router.put("/password", status_code=204, summary="Change one's password")
def change_password(
    *,
    request: Request,
    response: Response,
    viewer: AnyUser,
    body: NewPasswordIn,
    database: DatabaseDep,
    settings: SettingsDep,
    machine_now: MachineNowDep,
) -> None:
    """Set the password; all sessions end, and the answer sets the cookie of a new one."""
    started = actions.change_password(
        database,
        viewer,
        body.current,
        body.password,
        breached=request.app.state.breached_passwords,
        asker=cookies.asker_of(request),
        machine_now=machine_now,
    )
    cookies.set_cookie(response, settings, started)


@router.post(
    "/proof",
    status_code=204,
    summary="Prove who asks",
    responses={429: {"description": "Too many attempts failed."}},
)
def prove(
    *,
    request: Request,
    viewer: AnyUser,
    body: ProofIn,
    database: DatabaseDep,
    settings: SettingsDep,
    machine_now: MachineNowDep,
) -> None:
    """Check the password anew, or a code where a second factor is on; for five minutes the session may export, erase and hand out credentials."""
    actions.prove(
        database,
        viewer,
        body.proof,
        sealer=sealer_of(settings.secret_keys),
        asker=cookies.asker_of(request),
        machine_now=machine_now,
    )


@router.get("/sessions", summary="Where one is signed in")
def list_sessions(
    viewer: AnyUser, connection: ConnectionDep, now: NowDep, machine_now: MachineNowDep
) -> list[OwnSessionOut]:
    """Return one's sessions, the last used first."""
    found = actions.list_sessions(ActionContext(connection, viewer, now), machine_now=machine_now)
    return [
        OwnSessionOut(
            number=one.number,
            browser=one.browser,
            created_at=one.created_at,
            last_seen_at=one.last_seen_at,
            expires_at=one.expires_at,
            is_this=one.token_hash == viewer.session,
        )
        for one in found
    ]


@router.delete("/sessions/{number}", status_code=204, summary="Sign out in one browser")
def end_session(viewer: AnyUser, connection: ConnectionDep, now: NowDep, number: BigNumber) -> None:
    """End one of one's sessions."""
    actions.end_session(ActionContext(connection, viewer, now), number)


@router.get("/second-factor", summary="How one's second factor stands")
def read_second_factor(viewer: Personnel, connection: ConnectionDep) -> SecondFactorOut:
    """Return whether a code is asked for at each sign-in, and how many recovery codes are left."""
    return SecondFactorOut.model_validate(second_factor.standing(connection, viewer.number))


@router.post("/second-factor", status_code=201, summary="Set up a second factor")
def begin_second_factor(
    viewer: PersonnelProven,
    connection: ConnectionDep,
    settings: SettingsDep,
    now: NowDep,
    machine_now: MachineNowDep,
) -> AppSecretOut:
    """Make a secret for an authenticator app; it counts once a code of it has come."""
    context = ActionContext(connection, viewer, now)
    made = second_factor.begin(
        context, sealer_of(settings.secret_keys), settings.ward_name, machine_now=machine_now
    )
    return AppSecretOut(secret=made.text, address=made.address)


@router.post("/second-factor/confirmation", summary="Switch one's second factor on")
def confirm_second_factor(
    *,
    viewer: PersonnelProven,
    body: CodeIn,
    connection: ConnectionDep,
    settings: SettingsDep,
    now: NowDep,
    machine_now: MachineNowDep,
) -> RecoveryCodesOut:
    """Check the first code, ask for one at each sign-in from now on, and return recovery codes, shown only now."""
    context = ActionContext(connection, viewer, now)
    codes = second_factor.confirm(
        context, sealer_of(settings.secret_keys), body.code, machine_now=machine_now
    )
    return RecoveryCodesOut(recovery_codes=codes)


@router.delete("/second-factor", status_code=204, summary="Switch one's second factor off")
def end_second_factor(viewer: PersonnelProven, connection: ConnectionDep, now: NowDep) -> None:
    """Let the password alone be enough again."""
    second_factor.switch_off(ActionContext(connection, viewer, now), viewer.number)
