"""Signing in and out."""

from fastapi import APIRouter, Request, Response

from api.access.refusals import NotSignedInError
from api.actions import sessions as actions
from api.actions.context import ActionContext
from api.dependencies import Anybody, AnyUser, DatabaseDep, MachineNowDep, NowDep, SettingsDep
from api.http import cookies
from api.schemas.session import SessionOut, SignInIn, UserOut
from core.credentials.sealed_values import sealer_of
from core.store.people import users

router = APIRouter(prefix="/session", tags=["session"])


@router.post(
    "", status_code=201, summary="Sign in", responses={429: {"description": "Too many attempts failed."}}
)
def sign_in(
    *,
    _viewer: Anybody,
    body: SignInIn,
    request: Request,
    response: Response,
    database: DatabaseDep,
    settings: SettingsDep,
    machine_now: MachineNowDep,
) -> SessionOut:
    """Check a login, its password and, where it is on, the code of the second factor; the answer sets the session's cookie."""
    session = actions.sign_in(
        database,
        body.login,
        body.password,
        cookies.peer_of(request),
        machine_now,
        before=cookies.token_of(request),
        browser=cookies.asker_of(request).browser,
        sealer=sealer_of(settings.secret_keys),
        code=body.code,
    )
    cookies.set_cookie(response, settings, session)
    return SessionOut(user=UserOut.model_validate(session.user), expires_at=session.expires_at)


@router.get("", summary="Who is signed in")
def read(viewer: AnyUser, database: DatabaseDep) -> SessionOut:
    """Return the user and the end of the session."""
    with database.transaction() as connection:
        found = users.session(connection, viewer.session)
    if found is None:
        raise NotSignedInError("your session has ended")
    return SessionOut(user=UserOut.model_validate(found.user), expires_at=found.expires_at)


@router.delete("", status_code=204, summary="Sign out")
def sign_out(
    viewer: Anybody, response: Response, database: DatabaseDep, settings: SettingsDep, now: NowDep
) -> None:
    """End the session here and in the browser; without a session nothing happens."""
    if viewer is not None:
        with database.transaction() as connection:
            actions.sign_out(ActionContext(connection, viewer, now))
    cookies.clear_cookie(response, settings)
