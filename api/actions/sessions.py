"""Signing in and out, staying signed in, choosing a language: argon2 passwords, and a throttle against guessing.

Sessions and the throttle live in the machine's time: people do, also where the service's clock is accelerated.
"""

import hashlib
from datetime import datetime

from api.access.refusals import NotSignedInError
from api.access.sessions import LASTS, SignedIn, token_hash
from api.actions.context import ActionContext
from api.actions.signing_in import attempts, second_factor
from core.credentials import passwords
from core.credentials.sealed_values import Sealer
from core.domain.people import Language, User
from core.logs import get_logger
from core.store.database import Database
from core.store.people import users

_log = get_logger(__name__)

_LONGEST_LOGIN = 200


def sign_in(
    database: Database,
    login: str,
    password: str,
    peer: str,
    machine_now: datetime,
    *,
    before: str | None = None,
    browser: str = "",
    sealer: Sealer | None = None,
    code: str | None = None,
) -> SignedIn:
    """Check a login, a password and, where it is on, a second factor, and start a session.

    The session that the browser had before ends. An unknown login takes as long as a wrong password, and is refused in the same words.

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
    sealer : Sealer, optional
        Opens the secrets of second factors.
    code : str, optional
        Of the second factor, where it is on.

    Raises
    ------
    TooManyAttemptsError
        Too many attempts failed of late.
    NotSignedInError
        They do not fit, or the user is kept out.
    SecondFactorNeededError
        They fit, and a code is needed too.
    RefusedError
        The code is wrong, or was used already.
    """
    user = check_password(database, login, password, peer, machine_now)
    second_factor.require_code(database, sealer, user, code, peer, machine_now)
    with database.transaction() as connection:
        if before is not None:
            users.end_session(connection, token_hash(before))
        started = attempts.start(connection, user, machine_now, browser, proved_at=machine_now)
    _log.info("signed_in", user=user.number)
    return started


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
    attempts.count(database, login_hash, peer, machine_now)
    with database.transaction() as connection:
        found = users.find(connection, login.encode("utf-8", "replace").decode())
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
