"""Where somebody is signed in: each session with its browser, ended one by one, and when its user last proved who they are."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from core.errors import NotFoundError
from core.store.database import Connection
from core.store.queries import load

_SESSIONS = load("people/own_sessions")


@dataclass(frozen=True)
class OwnSession:
    """One browser in which a user is signed in; `browser` is what it said it is, in two words, or empty."""

    number: int
    token_hash: bytes
    browser: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


def of_user(connection: Connection, user: int, now: datetime) -> list[OwnSession]:
    """Return the sessions of a user that have not run out, the last used first."""
    cursor = connection.cursor(row_factory=class_row(OwnSession))
    return cursor.execute(_SESSIONS["sessions"], {"user": user, "now": now}).fetchall()


def end(connection: Connection, user: int, number: int) -> None:
    """Sign a user out of one of their sessions.

    Raises
    ------
    NotFoundError
        They have none of that number.
    """
    if connection.execute(_SESSIONS["end_one"], {"user": user, "number": number}).rowcount == 0:
        raise NotFoundError(f"you have no session {number}; it may have ended already")


def end_others(connection: Connection, user: int, token_hash: bytes) -> None:
    """Sign a user out of all sessions but one."""
    connection.execute(_SESSIONS["end_others"], {"user": user, "token_hash": token_hash})


def prove(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """Note that the user of a session has just proved who they are."""
    connection.execute(_SESSIONS["prove"], {"token_hash": token_hash, "now": now})
