"""Tokens of programs: made by staff for themselves, shown once, and revoked."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.access import tokens, visibility
from api.access.refusals import RefusedError
from api.access.sessions import token_hash
from api.actions.context import ActionContext
from api.actions.people.offices import require_open
from core.domain.people import Role, TokenScope
from core.logs import get_logger
from core.store.people.signing_in import api_tokens
from core.store.people.signing_in.api_tokens import ApiToken

_log = get_logger(__name__)
_TOKEN_BYTES = 32
MOST_TOKENS = 10
MOST_DAYS = 366


@dataclass(frozen=True)
class NewToken:
    """What a token is to be."""

    name: str
    scope: TokenScope
    days: int
    office: int | None = None


@dataclass(frozen=True)
class MadeToken:
    """A token, shown now and never again."""

    number: int
    text: str
    expires_at: datetime


def make(context: ActionContext, wanted: NewToken, *, machine_now: datetime) -> MadeToken:
    """Return a new token of the viewer, which may do no more than they.

    Raises
    ------
    ForbiddenError
        The viewer is not staff.
    RefusedError
        It would last too long, there are too many, one of that name is there, or the office is not theirs.
    """
    visibility.require_staff(context.viewer, "make tokens")
    user, connection = context.viewer.user, context.connection
    if not 1 <= wanted.days <= MOST_DAYS:
        raise RefusedError("days", "token_days", most=MOST_DAYS)
    # Nobody's token sees more than one office unless that is what they ask for.
    office = user.office if user.role is Role.CARE else wanted.office
    if wanted.office not in {None, office}:
        raise RefusedError("office", "no_such_office")
    if office is not None:
        require_open(context, office)
    api_tokens.hold_owner(connection, user.number)
    if len(api_tokens.of_user(connection, user.number, machine_now)) >= MOST_TOKENS:
        raise RefusedError("name", "tokens_many", most=MOST_TOKENS)
    text = tokens.PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = machine_now + timedelta(days=wanted.days)
    number = api_tokens.add(
        connection,
        token_hash(text),
        user.number,
        name=wanted.name,
        scope=wanted.scope,
        office=office,
        now=machine_now,
        expires_at=expires_at,
    )
    if number is None:
        raise RefusedError("name", "token_there_already")
    _log.info("token_made", user=user.number, token=number)
    return MadeToken(number, text, expires_at)


def listing(context: ActionContext, *, machine_now: datetime) -> list[ApiToken]:
    """Return the viewer's tokens that can be used, the newest first."""
    return api_tokens.of_user(context.connection, context.viewer.number, machine_now)


def revoke(context: ActionContext, number: int, *, machine_now: datetime) -> None:
    """End a token of the viewer now.

    Raises
    ------
    NotFoundError
        They have none of that number.
    """
    api_tokens.revoke(context.connection, context.viewer.number, number, machine_now)
    _log.info("token_revoked", user=context.viewer.number, token=number)
