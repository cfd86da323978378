"""Signing in and out, staying signed in, choosing a language: argon2 passwords, and a throttle against guessing.

Sessions and the throttle live in the machine's time: people do, also where the service's clock is accelerated.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from api.access.refusals import NotSignedInError, TooManyAttemptsError
from api.access.sessions import LASTS, SignedIn, token_hash
from api.actions.context import ActionContext
from core.credentials import passwords
from core.domain.people import Language, User
from core.logs import get_logger
from core.store.database import Connection, Database
from core.store.people import users

_log = get_logger(__name__)

_TOKEN_BYTES = 32
_LONGEST_LOGIN = 200
THROTTLE_SPAN = timedelta(minutes=15)
FAILURES_OF_LOGIN_FROM_PEER = 5
# Many peers guessing at one login: stopped too, except from where this login has signed in before.
FAILURES_OF_LOGIN = 20
FAILURES_FROM_PEER = 50
_ATTEMPTS_KEPT = timedelta(days=30)


def sign_in(
    database: Database,
    login: str,
    password: str,
    peer: str,
    machine_now: datetime,
    *,
    before: str | None = None,
    browser: str = "",
) -> SignedIn:
    """Check a login and a password and start a session; the one that the browser had before ends.

    An unknown login takes as long as a wrong password, and is refused in the same words.

    Parameters
    ----------
    database : Database
        Three short transactions are used, none while the password is being checked.
    login, password : str
        As typed.
    peer : str
        The address the request came from.
    machine_now : datetime
        The machine's time.
    before : str or None
        The token that the browser holds; its cookie is overwritten, so nobody could sign it out any more.
    browser : str
        What it says it is, for the list of one's own sessions.

    Raises
    ------
    TooManyAttemptsError
        Too many attempts failed of late.
    NotSignedInError
        They do not fit, or the user is kept out.
    """
    user = check_password(database, login, password, peer, machine_now)
    with database.transaction() as connection:
        if before is not None:
            users.end_session(connection, token_hash(before))
        started = start(connection, user, machine_now, browser)
    _log.info("signed_in", user=user.number)
    return started


def start(connection: Connection, user: User, machine_now: datetime, browser: str) -> SignedIn:
    """Return a new session of somebody who has just proved who they are."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = machine_now + LASTS[user.role]
    users.start_session(connection, token_hash(token), user.number, machine_now, expires_at, browser=browser)
    return SignedIn(user, token, expires_at)


def check_password(database: Database, login: str, password: str, peer: str, machine_now: datetime) -> User:
    """Return whose login and password these are; wrong ones count, and too many are not checked any more.

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
            # Not by these alone where the login has signed in before: a centre shares one address, and may guess badly.
            or (failed.peer > FAILURES_FROM_PEER and not failed.is_known_peer)
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
    with database.transaction() as connection:
        users.succeed_attempt(connection, login_hash, peer, machine_now)
    return found.user


def extend(context: ActionContext, token: str, *, machine_now: datetime) -> SignedIn:
    """Return the viewer's session, which lasts as long as a fresh one from now on."""
    expires_at = machine_now + LASTS[context.viewer.role]
    users.extend_session(context.connection, context.viewer.session, expires_at)
    return SignedIn(context.viewer.user, token, expires_at)


def sign_out(context: ActionContext) -> None:
    """End the viewer's session."""
    users.end_session(context.connection, context.viewer.session)


def choose_language(context: ActionContext, language: Language) -> None:
    """Keep the language of the viewer's pages and messages."""
    users.set_language(context.connection, context.viewer.number, language)
