"""The page that a label's QR code leads to: shows a device's credential once, to whoever sets the device up."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.access.refusals import TooManyAttemptsError
from api.actions.device_credentials import redeem_code
from api.dependencies import Anybody, DatabaseDep, MachineNowDep, SettingsDep
from api.http import cookies
from api.pages.rendering import HtmlPage
from core.credentials.enrolment_codes import UnknownCodeError

router = APIRouter()
_LONGEST_CODE = 100


@router.get("/enrol")
def show_form(request: Request, _viewer: Anybody) -> Response:
    """Ask for the code; a script fills in the one behind the # of the address."""
    return _page(request)


@router.post("/enrol")
def enrol(
    *,
    request: Request,
    _viewer: Anybody,
    database: DatabaseDep,
    settings: SettingsDep,
    machine_now: MachineNowDep,
    code: Annotated[str, Form(max_length=_LONGEST_CODE)] = "",
) -> Response:
    """Exchange the code and show the credential, which nobody can show again."""
    try:
        made = redeem_code(
            database,
            settings,
            code,
            wrong_codes=request.app.state.wrong_codes,
            peer=cookies.peer_of(request),
            machine_now=machine_now,
        )
    except UnknownCodeError:
        return _page(request, problem="enrol.unknown", status=422)
    except TooManyAttemptsError as error:
        answer = _page(request, problem="enrol.throttled", status=429)
        answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    return _page(request, made=made)


def _page(request: Request, *, status: int = 200, **values: object) -> Response:
    return HtmlPage(request, None).render(
        "enrol.html", {"live": False, "problem": "", "made": None} | values, status=status
    )
