"""Signing in and out: argon2 passwords, sessions kept on our side, and a throttle against guessing.

Sessions, cookies and the throttle live in the machine's time: people do, also where the service's clock is accelerated.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.access.refusals import NotSignedInError, TooManyAttemptsError
from core.credentials import passwords
from core.domain.people import Role, User
from core.logs import get_logger
from core.store.database import Database
from core.store.people import users
from core.store.people.users import Session

_log = get_logger(__name__)

_TOKEN_BYTES = 32
_LONGEST_LOGIN = 200

# A care shift; a family that looks once a day and must not be kept out in a worry; administrators reach everything.
LASTS = {
    Role.ADMIN: timedelta(hours=8),
    Role.CARE: timedelta(hours=12),
    Role.FAMILY: timedelta(days=30),
}
# An open board counts as use, so a shift is not signed out while it watches.
IDLE = {
    Role.ADMIN: timedelta(hours=1),
    Role.CARE: timedelta(hours=4),
    Role.FAMILY: timedelta(days=14),
}
_TOUCH_EVERY = timedelta(minutes=1)

THROTTLE_SPAN = timedelta(minutes=15)
FAILURES_OF_LOGIN_FROM_PEER = 5
# Many peers guessing at one login: stopped too, except from where this login has signed in before.
FAILURES_OF_LOGIN = 20
FAILURES_FROM_PEER = 50
_ATTEMPTS_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class SignedIn:
    """A fresh session; the token goes into the cookie and is stored nowhere."""

    user: User
    token: str
    expires_at: datetime


def sign_in(
    database: Database,
    login: str,
    password: str,
    peer: str,
    machine_now: datetime,
    *,
    before: str | None = None,
) -> SignedIn:
    """Check a login and a password and start a session; the one that the browser had before ends.

    An unknown login takes as long as a wrong password, and is told in the same words.

    Parameters
    ----------
    database : Database
        Two short transactions are used, none while the password is being checked.
    login, password : str
        As typed.
    peer : str
        The address the request came from.
    machine_now : datetime
        The machine's time.
    before : str or None
        The token that the browser holds; its cookie is overwritten, so nobody could sign it out any more.

    Raises
    ------
    TooManyAttemptsError
        Too many attempts failed of late.
    NotSignedInError
        They do not fit, or the user is kept out.
    """
    login = login.strip()[:_LONGEST_LOGIN].replace("\x00", "")
    login_hash = hashlib.sha256(login.lower().encode("utf-8", "surrogatepass")).digest()
    with database.transaction() as connection:
        # Counted as failed until it succeeds, and before the slow check, so that attempts side by side all count.
        users.record_attempt(
            connection, login_hash, peer, now=machine_now, keep_since=machine_now - _ATTEMPTS_KEPT
        )
        failed = users.failures(connection, login_hash, peer, machine_now - THROTTLE_SPAN)
        found = users.find(connection, login.encode("utf-8", "replace").decode())
        is_throttled = (
            failed.login_from_peer > FAILURES_OF_LOGIN_FROM_PEER
            or failed.peer > FAILURES_FROM_PEER
            or (failed.login > FAILURES_OF_LOGIN and not failed.is_known_peer)
        )
        if is_throttled:
            # An attempt that was not even checked does not prolong the wait.
            users.forget_attempt(connection, login_hash, peer, machine_now)
    if is_throttled:
        _log.warning("sign_in_throttled")
        raise TooManyAttemptsError("too many attempts to sign in failed", int(THROTTLE_SPAN.total_seconds()))
    fits = passwords.is_right(password, None if found is None else found.password_hash)
    if found is None or not fits or not found.user.is_active:
        _log.info("sign_in_failed")
        raise NotSignedInError("the login or the password is not right")
    user = found.user
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = machine_now + LASTS[user.role]
    with database.transaction() as connection:
        users.succeed_attempt(connection, login_hash, peer, machine_now)
        if before is not None:
            users.end_session(connection, token_hash(before))
        users.start_session(connection, token_hash(token), user.number, machine_now, expires_at)
    _log.info("signed_in", user=user.number)
    return SignedIn(user, token, expires_at)


def find_session(database: Database, token: str, machine_now: datetime) -> Session | None:
    """Return the session of a token and note that it is in use, or None if it has ended or run out."""
    hashed = token_hash(token)
    with database.transaction() as connection:
        found = users.session(connection, hashed)
        if found is None:
            return None
        idle = machine_now - found.last_seen_at
        if found.expires_at <= machine_now or idle >= IDLE[found.user.role]:
            users.end_session(connection, hashed)
            return None
        if idle >= _TOUCH_EVERY:
            users.touch_session(connection, hashed, machine_now)
        return found


def extend(database: Database, token: str, user: User, machine_now: datetime) -> SignedIn:
    """Let a session last as long as a fresh one from now on."""
    expires_at = machine_now + LASTS[user.role]
    with database.transaction() as connection:
        users.extend_session(connection, token_hash(token), expires_at)
    return SignedIn(user, token, expires_at)


def token_hash(token: str) -> bytes:
    """Return what is stored of a session's token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def safe_next(path: str | None) -> str | None:
    """Return a page of ours to go to after signing in, or None: never another site.

    Examples
    --------
    >>> safe_next("/residents/5"), safe_next("//elsewhere.example"), safe_next("https://elsewhere.example")
    ('/residents/5', None, None)
    """
    if not path or not path.startswith("/") or path.startswith(("//", "/\\", "/api/")):
        return None
    if any(ord(letter) < 0x20 for letter in path):
        return None
    return path
