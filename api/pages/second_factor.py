"""The page on which staff switch a second factor on and off, and the one that asks for its code after the password."""

from datetime import timedelta
from typing import Annotated

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from api.access import sessions
from api.access.refusals import NotSignedInError, RefusedError, TooManyAttemptsError
from api.actions.context import ActionContext
from api.actions.signing_in import second_factor as actions
from api.dependencies import (
    Anybody,
    ConnectionDep,
    DatabaseDep,
    MachineNowDep,
    NowDep,
    PersonnelProven,
    SettingsDep,
)
from api.http import cookies
from api.pages.rendering import HtmlPage, home_address
from core.credentials.sealed_values import sealer_of
from core.settings import Settings

router = APIRouter()
_Code = Annotated[str, Form(max_length=100)]
_HERE = "/account/second-factor"


@router.get(_HERE)
def show_second_factor(
    request: Request, viewer: PersonnelProven, connection: ConnectionDep, settings: SettingsDep, now: NowDep
) -> Response:
    """Show whether a code is asked for, or the secret that waits to be confirmed."""
    return _show(request, ActionContext(connection, viewer, now), settings)


@router.post(_HERE)
def begin(
    viewer: PersonnelProven,
    connection: ConnectionDep,
    settings: SettingsDep,
    now: NowDep,
    machine_now: MachineNowDep,
) -> Response:
    """Make a secret for the viewer's app."""
    context = ActionContext(connection, viewer, now)
    sealer = sealer_of(settings.secret_keys)
    actions.begin(context, sealer, settings.ward_name, machine_now=machine_now)
    return RedirectResponse(_HERE, 303)


@router.post(_HERE + "/confirmation")
def confirm(
    *,
    request: Request,
    viewer: PersonnelProven,
    database: DatabaseDep,
    settings: SettingsDep,
    now: NowDep,
    machine_now: MachineNowDep,
    code: _Code = "",
) -> Response:
    """Switch it on, and show the recovery codes, which nobody can show again."""
    try:
        with database.transaction() as connection:
            context = ActionContext(connection, viewer, now)
            codes = actions.confirm(context, sealer_of(settings.secret_keys), code, machine_now=machine_now)
            return _show(request, context, settings, codes=codes)
    except RefusedError as error:
        with database.transaction() as connection:
            return _show(request, ActionContext(connection, viewer, now), settings, error=error)


@router.post(_HERE + "/removal")
def switch_off(viewer: PersonnelProven, connection: ConnectionDep, now: NowDep) -> Response:
    """Ask the viewer for no code any more."""
    actions.switch_off(ActionContext(connection, viewer, now), viewer.number)
    return RedirectResponse("/account?said=second_off", 303)


@router.get("/login/code")
def ask_for_code(request: Request, _viewer: Anybody, next: str = "") -> Response:  # noqa: A002
    """Ask for the code, after the password was right."""
    if cookies.awaited_token_of(request) is None:
        return RedirectResponse("/login", 303)
    return _form(request, next_path=next)


@router.post("/login/code")
def take_code(
    *,
    request: Request,
    _viewer: Anybody,
    database: DatabaseDep,
    settings: SettingsDep,
    machine_now: MachineNowDep,
    code: _Code = "",
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Check the code and start the session."""
    words = HtmlPage(request, None).words
    try:
        started = actions.finish(
            database,
            sealer_of(settings.secret_keys),
            cookies.awaited_token_of(request) or "",
            code,
            asker=cookies.asker_of(request),
            machine_now=machine_now,
            before=cookies.token_of(request),
        )
    except NotSignedInError:
        return RedirectResponse("/login", 303)
    except RefusedError as error:
        return _form(request, next_path=next, problem=words(f"refused.{error.code}"), status=422)
    except TooManyAttemptsError as error:
        wait = HtmlPage(request, None).times.span(timedelta(seconds=error.retry_after_s))
        answer = _form(request, next_path=next, problem=words("second.throttled", span=wait), status=429)
        answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    answer = RedirectResponse(sessions.safe_next(next) or home_address(started.user.role), 303)
    cookies.set_cookie(answer, settings, started)
    cookies.clear_awaited(answer, settings)
    return answer


def _form(request: Request, *, next_path: str, problem: str = "", status: int = 200) -> Response:
    context = {"next": next_path, "problem": problem, "live": False}
    return HtmlPage(request, None).render("sign_in_code.html", context, status=status)


def _show(
    request: Request,
    context: ActionContext,
    settings: Settings,
    *,
    codes: list[str] | None = None,
    error: RefusedError | None = None,
) -> Response:
    page = HtmlPage(request, context.viewer)
    sealer = sealer_of(settings.secret_keys)
    secret = actions.waiting(context, sealer, settings.ward_name)
    shown: dict[str, object] = {
        "standing": actions.standing(context.connection, context.viewer.number),
        "secret": secret,
        "qr": "" if secret is None else _qr(secret.address),
        "codes": codes or [],
        "has_key": sealer is not None,
        "problems": {} if error is None else {"code": page.words(f"refused.{error.code}")},
        "here": _HERE,
    }
    return page.render("second_factor.html", shown, status=200 if error is None else 422)


def _qr(address: str) -> Markup:
    """Return the QR code for the app as SVG."""
    drawn = segno.make(address, error="m", micro=False).svg_inline(
        border=4, omitsize=True, svgclass="qr", lineclass=None
    )
    return Markup(drawn)  # noqa: S704 - drawn by segno, without text
