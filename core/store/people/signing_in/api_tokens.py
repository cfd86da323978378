"""Tokens with which programs ask in somebody's name; of each only the hash is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import kwargs_row

from core.domain.people import Language, Role, TokenScope, User
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.queries import load

_TOKENS = load("people/api_tokens")


@dataclass(frozen=True)
class ApiToken:
    """A token as its owner sees it; `office` None: for all that the owner may know of."""

    number: int
    name: str
    scope: TokenScope
    office: int | None
    office_name: str
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class TokenOwner:
    """In whose name a token asks, and what it may."""

    user: User
    scope: TokenScope
    only_office: int | None
    last_used_at: datetime | None


def add(
    connection: Connection,
    token_hash: bytes,
    user: int,
    *,
    name: str,
    scope: TokenScope,
    office: int | None,
    now: datetime,
    expires_at: datetime,
) -> int | None:
    """Keep a new token and return its number; None if its owner has one of that name."""
    connection.execute(_TOKENS["end_expired"], {"user": user, "now": now})
    values = {
        "token_hash": token_hash,
        "user": user,
        "name": name,
        "scope": scope,
        "office": office,
        "now": now,
        "expires_at": expires_at,
    }
    row = connection.execute(_TOKENS["add"], values).fetchone()
    return None if row is None else int(row[0])


def of_user(connection: Connection, user: int, now: datetime) -> list[ApiToken]:
    """Return the tokens of a user that can be used, the newest first."""
    cursor = connection.cursor(row_factory=kwargs_row(_token))
    return cursor.execute(_TOKENS["of_user"], {"user": user, "now": now}).fetchall()


def hold_owner(connection: Connection, user: int) -> None:
    """Let nobody else change the tokens of a user until the transaction ends."""
    connection.execute(_TOKENS["hold_owner"], {"user": user})


def revoke(connection: Connection, user: int, number: int, now: datetime) -> None:
    """End a token of a user now.

    Raises
    ------
    NotFoundError
        They have none of that number.
    """
    values = {"user": user, "number": number, "now": now}
    if connection.execute(_TOKENS["revoke"], values).rowcount == 0:
        raise NotFoundError(f"you have no token {number}; it may have ended already")


def find(connection: Connection, token_hash: bytes, now: datetime) -> TokenOwner | None:
    """Return in whose name a token asks; None if it ended, or its owner is kept out."""
    cursor = connection.cursor(row_factory=kwargs_row(_owner))
    return cursor.execute(_TOKENS["find"], {"token_hash": token_hash, "now": now}).fetchone()


def touch(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """Note that a token is in use."""
    connection.execute(_TOKENS["touch"], {"token_hash": token_hash, "now": now})


def _token(*, scope: str, **columns: Any) -> ApiToken:
    return ApiToken(scope=TokenScope(scope), **columns)


def _owner(
    *,
    scope: str,
    only_office: int | None,
    last_used_at: datetime | None,
    role: str,
    language: str,
    **user: Any,
) -> TokenOwner:
    owner = User(role=Role(role), language=Language(language), **user)
    return TokenOwner(owner, TokenScope(scope), only_office, last_used_at)
