"""Tokens of programs: what one looks like, and in whose name it asks."""

from dataclasses import replace
from datetime import datetime, timedelta

from api.access.refusals import ForbiddenError, NotSignedInError
from api.access.sessions import token_hash
from api.access.viewer import Viewer
from core.domain.people import Role, TokenScope
from core.store.database import Database
from core.store.people.signing_in import api_tokens

# So that a scanner of leaked secrets knows one when it sees it.
PREFIX = "mmt_"
_BEARER = "bearer "
_TOUCH_EVERY = timedelta(minutes=1)
_READ_ONLY = frozenset({"GET", "HEAD"})


def token_in(authorization: str) -> str | None:
    """Return the token of an `Authorization` header, or None.

    Examples
    --------
    >>> token_in("Bearer mmt_abc"), token_in("Basic mmt_abc"), token_in("")
    ('mmt_abc', None, None)
    """
    if authorization[: len(_BEARER)].lower() != _BEARER:
        return None
    token = authorization[len(_BEARER) :].strip()
    return token if token.startswith(PREFIX) else None


def viewer_of(database: Database, token: str, method: str, machine_now: datetime) -> Viewer:
    """Return in whose name a token asks, limited to its office; a program has never proved who sits there.

    Raises
    ------
    NotSignedInError
        The token opens nothing: it is unknown, has run out or was revoked, or its owner is kept out.
    ForbiddenError
        It may only ask, and this would change something.
    """
    hashed = token_hash(token)
    with database.transaction() as connection:
        found = api_tokens.find(connection, hashed, machine_now)
        if found is None:
            raise NotSignedInError("this token opens nothing: it is unknown, has run out or was revoked")
        if found.last_used_at is None or machine_now - found.last_used_at >= _TOUCH_EVERY:
            api_tokens.touch(connection, hashed, machine_now)
    if found.scope is TokenScope.READ and method not in _READ_ONLY:
        raise ForbiddenError("this token may only read")
    user = found.user
    if found.only_office is not None:
        if user.role is Role.CARE and user.office != found.only_office:
            raise ForbiddenError("the owner of this token has moved to another office; make a new one")
        # As somebody of that office sees it, also where its owner sees everything.
        user = replace(user, role=Role.CARE, office=found.only_office)
    return Viewer(user, hashed)
