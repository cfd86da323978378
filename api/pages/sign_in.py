"""Signing in and out, choosing the language, and where the bare address leads."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.access import sessions
from api.access.refusals import NotSignedInError, SecondFactorNeededError, TooManyAttemptsError
from api.actions import sessions as actions
from api.actions.context import ActionContext
from api.actions.signing_in import second_factor
from api.dependencies import Anybody, AnyUser, ConnectionDep, DatabaseDep, MachineNowDep, NowDep, SettingsDep
from api.http import cookies
from api.pages.rendering import LANGUAGE_COOKIE, HtmlPage, home_address
from core.domain.people import Language

router = APIRouter()
_A_YEAR_S = 365 * 24 * 3600


@router.get("/")
def start(viewer: Anybody) -> RedirectResponse:
    """Lead to the page a user starts on."""
    return _see_other(home_address(viewer.role if viewer else None))


@router.get("/login")
def sign_in_page(request: Request, viewer: Anybody, next: str = "") -> Response:  # noqa: A002 - the parameter's public name
    """Show the form, or go on if somebody is signed in already."""
    if viewer is not None:
        return _see_other(sessions.safe_next(next) or home_address(viewer.role))
    return _form(request, next_path=next)


@router.post("/login")
def sign_in(
    *,
    request: Request,
    database: DatabaseDep,
    settings: SettingsDep,
    machine_now: MachineNowDep,
    _viewer: Anybody,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Check the password and start a session."""
    words = HtmlPage(request, None).words
    if not login.strip() or not password:
        return _form(request, next_path=next, login=login, problem=words("sign_in.missing"), status=422)
    try:
        session = actions.sign_in(
            database,
            login,
            password,
            cookies.peer_of(request),
            machine_now,
            before=cookies.token_of(request),
            browser=cookies.asker_of(request).browser,
        )
    except SecondFactorNeededError as needed:
        answer = _see_other("/login/code?next=" + quote(sessions.safe_next(next) or "", safe="/"))
        cookies.set_awaited(answer, settings, needed.token, second_factor.AWAITED_FOR)
        return answer
    except NotSignedInError:
        return _form(request, next_path=next, login=login, problem=words("sign_in.wrong"), status=401)
    except TooManyAttemptsError as error:
        wait = HtmlPage(request, None).times.span(timedelta(seconds=error.retry_after_s))
        problem = words("sign_in.throttled", span=wait)
        answer = _form(request, next_path=next, login=login, problem=problem, status=429)
        answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    answer = _see_other(sessions.safe_next(next) or home_address(session.user.role))
    cookies.set_cookie(answer, settings, session)
    return answer


@router.post("/sign-out")
def sign_out(
    viewer: AnyUser, connection: ConnectionDep, settings: SettingsDep, now: NowDep
) -> RedirectResponse:
    """End the session."""
    actions.sign_out(ActionContext(connection, viewer, now))
    answer = _see_other("/login")
    cookies.clear_cookie(answer, settings)
    return answer


@router.post("/session/extend")
def extend(
    *,
    request: Request,
    viewer: AnyUser,
    connection: ConnectionDep,
    settings: SettingsDep,
    now: NowDep,
    machine_now: MachineNowDep,
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> RedirectResponse:
    """Stay signed in; pages ask five minutes before the end."""
    answer = _see_other(sessions.safe_next(next) or home_address(viewer.role))
    token = cookies.token_of(request) or ""
    context = ActionContext(connection, viewer, now)
    cookies.set_cookie(answer, settings, actions.extend(context, token, machine_now=machine_now))
    return answer


@router.post("/language")
def choose_language(
    viewer: Anybody,
    connection: ConnectionDep,
    now: NowDep,
    language: Annotated[Language, Form()],
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> RedirectResponse:
    """Remember the language in this browser, and for the user if one is signed in."""
    if viewer is not None:
        actions.choose_language(ActionContext(connection, viewer, now), language)
    answer = _see_other(sessions.safe_next(next) or "/")
    answer.set_cookie(LANGUAGE_COOKIE, language.value, max_age=_A_YEAR_S, path="/", samesite="lax")
    return answer


def _form(
    request: Request, *, next_path: str, login: str = "", problem: str = "", status: int = 200
) -> HTMLResponse:
    return HtmlPage(request, None).render(
        "sign_in.html", {"next": next_path, "login": login, "problem": problem}, status=status
    )


def _see_other(address: str) -> RedirectResponse:
    return RedirectResponse(address, 303)
