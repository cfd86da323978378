"""Tokens with which programs ask in one's name."""

from fastapi import APIRouter

from api.actions.context import ActionContext
from api.actions.signing_in import api_tokens as actions
from api.actions.signing_in.api_tokens import NewToken
from api.dependencies import ConnectionDep, MachineNowDep, NowDep, Staff, StaffProven
from api.schemas.common import Number
from api.schemas.people.api_tokens import MadeTokenOut, TokenIn, TokenOut

router = APIRouter(prefix="/account/tokens", tags=["session"])


@router.get("", summary="One's tokens")
def list_tokens(
    viewer: Staff, connection: ConnectionDep, now: NowDep, machine_now: MachineNowDep
) -> list[TokenOut]:
    """Return those that can be used, the newest first."""
    found = actions.listing(ActionContext(connection, viewer, now), machine_now=machine_now)
    return [TokenOut.of(one) for one in found]


@router.post("", status_code=201, summary="Make a token")
def make_token(
    viewer: StaffProven, body: TokenIn, connection: ConnectionDep, now: NowDep, machine_now: MachineNowDep
) -> MadeTokenOut:
    """Make a token that may do no more than its owner, and nothing that needs a fresh proof; it is shown only now."""
    wanted = NewToken(body.name, body.scope, body.days, body.office)
    made = actions.make(ActionContext(connection, viewer, now), wanted, machine_now=machine_now)
    return MadeTokenOut(number=made.number, token=made.text, expires_at=made.expires_at)


@router.delete("/{number}", status_code=204, summary="Revoke a token")
def revoke_token(
    viewer: Staff, number: Number, connection: ConnectionDep, now: NowDep, machine_now: MachineNowDep
) -> None:
    """End one of one's tokens now."""
    actions.revoke(ActionContext(connection, viewer, now), number, machine_now=machine_now)
