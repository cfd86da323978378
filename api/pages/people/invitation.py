"""The page that an invitation leads to: whoever has the link chooses a password, once."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.access.refusals import RefusedError, TooManyAttemptsError
from api.actions.people.invitations import choose_password
from api.dependencies import Anybody, DatabaseDep, MachineNowDep
from api.http import cookies
from api.pages.rendering import HtmlPage
from core.credentials.enrolment_codes import UnknownCodeError
from core.credentials.passwords import LONGEST, SHORTEST

router = APIRouter()
_LONGEST_CODE = 100


@router.get("/invitation")
def show_invitation(request: Request, _viewer: Anybody) -> Response:
    """Ask for a password; a script fills in the code behind the # of the address."""
    return _page(request)


@router.post("/invitation")
def accept_invitation(
    *,
    request: Request,
    _viewer: Anybody,
    database: DatabaseDep,
    machine_now: MachineNowDep,
    code: Annotated[str, Form(max_length=_LONGEST_CODE)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    again: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Set the password and use the link up, or say what is wrong."""
    if password != again:
        return _page(request, code=code, problem="invitation.differ", status=422)
    try:
        made = choose_password(
            database,
            code,
            password,
            wrong_codes=request.app.state.wrong_codes,
            breached=request.app.state.breached_passwords,
            peer=cookies.peer_of(request),
            machine_now=machine_now,
        )
    except RefusedError as error:
        problem = "invitation.length" if error.code == "password_length" else f"refused.{error.code}"
        return _page(request, code=code, problem=problem, status=422)
    except UnknownCodeError:
        return _page(request, problem="invitation.unknown", status=422)
    except TooManyAttemptsError as error:
        answer = _page(request, problem="enrol.throttled", status=429)
        answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    return _page(request, made=made)


def _page(request: Request, *, status: int = 200, **values: object) -> Response:
    nothing = {"live": False, "problem": "", "made": None, "code": "", "least": SHORTEST, "most": LONGEST}
    return HtmlPage(request, None).render("invitation.html", nothing | values, status=status)
