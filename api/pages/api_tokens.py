"""The page on which staff make tokens for their programs, each shown once, and revoke them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import StringConstraints

from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from api.actions.signing_in import api_tokens as actions
from api.actions.signing_in.api_tokens import MadeToken, NewToken
from api.dependencies import ConnectionDep, DatabaseDep, MachineNowDep, NowDep, Staff, StaffProven
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from core.domain.people import TokenScope
from core.store.people.records import record_lists

router = APIRouter()
_HERE = "/account/tokens"
_Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00]*$"), Form()
]


@router.get(_HERE)
def show_tokens(
    request: Request, viewer: Staff, connection: ConnectionDep, now: NowDep, machine_now: MachineNowDep
) -> Response:
    """Show the viewer's tokens, and the form for another."""
    return _show(request, ActionContext(connection, viewer, now), machine_now)


@router.post(_HERE)
def make_token(
    *,
    request: Request,
    viewer: StaffProven,
    database: DatabaseDep,
    now: NowDep,
    machine_now: MachineNowDep,
    name: _Name,
    scope: Annotated[TokenScope, Form()] = TokenScope.READ,
    days: Annotated[int, Form(ge=0, le=10_000)] = 90,
    office: Annotated[str, Form(pattern=r"^[0-9]{0,9}$")] = "",
) -> Response:
    """Make a token and show it, once; sent again, the form makes no second one."""
    wanted = NewToken(name, scope, days, int(office) if office else None)
    try:
        with database.transaction() as connection:
            context = ActionContext(connection, viewer, now)
            made = actions.make(context, wanted, machine_now=machine_now)
            return _show(request, context, machine_now, made=made)
    except RefusedError as error:
        words = HtmlPage(request, viewer).words
        problems = {error.field: words(f"refused.{error.code}", **error.values)}
        with database.transaction() as connection:
            context = ActionContext(connection, viewer, now)
            return _show(request, context, machine_now, typed=wanted, problems=problems)


@router.post(_HERE + "/{number}/revocation")
def revoke(
    viewer: Staff, connection: ConnectionDep, now: NowDep, machine_now: MachineNowDep, number: Number
) -> Response:
    """End a token now."""
    actions.revoke(ActionContext(connection, viewer, now), number, machine_now=machine_now)
    return RedirectResponse(f"{_HERE}?said=token_revoked", 303)


def _show(
    request: Request,
    context: ActionContext,
    machine_now: datetime,
    *,
    made: MadeToken | None = None,
    typed: NewToken | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    page = HtmlPage(request, context.viewer)
    offices = record_lists.offices(context.connection)
    shown: dict[str, object] = {
        "tokens": actions.listing(context, machine_now=machine_now),
        "made": made,
        "typed": typed or NewToken("", TokenScope.READ, 90),
        "scopes": list(TokenScope),
        "offices": [one for one in offices if one.is_active],
        "most_days": actions.MOST_DAYS,
        "problems": problems or {},
        "here": _HERE,
    }
    return page.render("api_tokens.html", shown, status=422 if problems else 200)
