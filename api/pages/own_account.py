"""One's own sign-in: change the password, see where one is signed in, and prove who one is before what gives much away."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access import sessions
from api.access.refusals import RefusedError, TooManyAttemptsError
from api.access.viewer import Viewer
from api.actions.context import ActionContext
from api.actions.signing_in import own_account as actions
from api.actions.signing_in import second_factor
from api.dependencies import AnyUser, ConnectionDep, DatabaseDep, MachineNowDep, NowDep, SettingsDep
from api.http import cookies
from api.pages.rendering import HtmlPage, home_address
from api.schemas.common import BigNumber
from core.credentials.passwords import LONGEST, SHORTEST
from core.credentials.sealed_values import sealer_of
from core.store.database import Database

router = APIRouter()
_Typed = Annotated[str, Form(max_length=1000)]


@router.get("/account")
def show_account(
    request: Request, viewer: AnyUser, database: DatabaseDep, now: NowDep, machine_now: MachineNowDep
) -> Response:
    """Show the form for a new password, and where the viewer is signed in."""
    return _show(request, viewer, database, now, machine_now)


@router.post("/account/password")
def change_password(
    *,
    request: Request,
    viewer: AnyUser,
    database: DatabaseDep,
    settings: SettingsDep,
    now: NowDep,
    machine_now: MachineNowDep,
    current: _Typed = "",
    password: _Typed = "",
    again: _Typed = "",
) -> Response:
    """Set the password and sign out everywhere else, or say what is wrong."""
    page = HtmlPage(request, viewer)
    if password != again:
        problems = {"again": page.words("invitation.differ")}
        return _show(request, viewer, database, now, machine_now, problems)
    try:
        started = actions.change_password(
            database,
            viewer,
            current,
            password,
            breached=request.app.state.breached_passwords,
            asker=cookies.asker_of(request),
            machine_now=machine_now,
        )
    except RefusedError as error:
        problems = {error.field: page.words(f"refused.{error.code}", **error.values)}
        return _show(request, viewer, database, now, machine_now, problems)
    except TooManyAttemptsError as error:
        problems = {"current": _throttled(page, error)}
        return _show(request, viewer, database, now, machine_now, problems, 429)
    answer = RedirectResponse("/account?said=password_changed", 303)
    cookies.set_cookie(answer, settings, started)
    return answer


@router.post("/account/sessions/{number}/end")
def end_session(viewer: AnyUser, connection: ConnectionDep, now: NowDep, number: BigNumber) -> Response:
    """Sign out in one browser."""
    actions.end_session(ActionContext(connection, viewer, now), number)
    return RedirectResponse("/account?said=session_ended", 303)


@router.post("/account/sessions/end-others")
def end_other_sessions(viewer: AnyUser, connection: ConnectionDep, now: NowDep) -> Response:
    """Sign out everywhere but here."""
    actions.end_other_sessions(ActionContext(connection, viewer, now))
    return RedirectResponse("/account?said=sessions_ended", 303)


@router.get("/proof")
def ask_for_proof(
    request: Request,
    viewer: AnyUser,
    database: DatabaseDep,
    next: str = "",  # noqa: A002
) -> Response:
    """Ask who sits there, before what gives much away."""
    return _ask(HtmlPage(request, viewer), database, viewer, next)


@router.post("/proof")
def prove(
    *,
    request: Request,
    viewer: AnyUser,
    database: DatabaseDep,
    settings: SettingsDep,
    machine_now: MachineNowDep,
    proof: _Typed = "",
    next: _Typed = "",  # noqa: A002
) -> Response:
    """Take the proof, and lead back to where it was asked for."""
    page = HtmlPage(request, viewer)
    status = 422
    try:
        actions.prove(
            database,
            viewer,
            proof,
            sealer=sealer_of(settings.secret_keys),
            asker=cookies.asker_of(request),
            machine_now=machine_now,
        )
    except RefusedError as error:
        problem = page.words(f"refused.{error.code}")
    except TooManyAttemptsError as error:
        problem, status = _throttled(page, error), 429
    else:
        path = sessions.safe_next(next) or home_address(viewer.role)
        return RedirectResponse(f"{path}?said=proved", 303)
    return _ask(page, database, viewer, next, problem, status)


def _ask(
    page: HtmlPage, database: Database, viewer: Viewer, next_path: str, problem: str = "", status: int = 200
) -> Response:
    with database.transaction() as connection:
        standing = second_factor.standing(connection, viewer.number)
    context = {"next": next_path, "problem": problem, "is_by_code": standing.is_on}
    return page.render("proof.html", context, status=status)


def _show(
    request: Request,
    viewer: Viewer,
    database: Database,
    now: datetime,
    machine_now: datetime,
    problems: Mapping[str, str] | None = None,
    status: int = 422,
) -> Response:
    with database.transaction() as connection:
        own = actions.list_sessions(ActionContext(connection, viewer, now), machine_now=machine_now)
        standing = second_factor.standing(connection, viewer.number)
    page = HtmlPage(request, viewer)
    context: dict[str, object] = {
        "sessions": own,
        "session": viewer.session,
        "machine_now": machine_now,
        "least": SHORTEST,
        "most": LONGEST,
        "standing": standing,
        "problems": problems or {},
        "here": "/account",
    }
    return page.render("own_account.html", context, status=status if problems else 200)


def _throttled(page: HtmlPage, error: TooManyAttemptsError) -> str:
    return page.words("sign_in.throttled", span=page.times.span(timedelta(seconds=error.retry_after_s)))
