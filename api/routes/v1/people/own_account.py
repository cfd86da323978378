"""One's own sign-in: the password, sessions, and a fresh proof of who asks."""

from fastapi import APIRouter, Request, Response

from api.actions.context import ActionContext
from api.actions.signing_in import own_account as actions
from api.dependencies import AnyUser, ConnectionDep, DatabaseDep, MachineNowDep, NowDep, SettingsDep
from api.http import cookies
from api.schemas.common import BigNumber
from api.schemas.own_account import NewPasswordIn, OwnSessionOut, ProofIn

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
    *, request: Request, viewer: AnyUser, body: ProofIn, database: DatabaseDep, machine_now: MachineNowDep
) -> None:
    """Check the password anew; for five minutes the session may export, erase and hand out credentials."""
    actions.prove(database, viewer, body.password, asker=cookies.asker_of(request), machine_now=machine_now)


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
