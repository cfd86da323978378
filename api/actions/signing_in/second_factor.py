"""The second proof of who signs in: switched on with an app, asked for after the password, and what to do without the phone."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.access.refusals import NotSignedInError, RefusedError, SecondFactorNeededError
from api.access.sessions import SignedIn, token_hash
from api.access.viewer import Asker
from api.actions.context import ActionContext
from api.actions.signing_in import attempts
from core.credentials import one_time_codes
from core.credentials.enrolment_codes import code_hash, new_text
from core.credentials.sealed_values import Sealer, SecretKeyMissingError
from core.domain.people import User
from core.logs import get_logger
from core.store.database import Connection, Database
from core.store.people import users
from core.store.people.signing_in import own_sessions, second_factors

_log = get_logger(__name__)
_RECOVERY_CODES = 10
# As many letters and digits as a recovery code has; a code of the app has six.
_RECOVERY_LENGTH = 16
# To look for the phone; then the password is asked for again.
AWAITED_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class AppSecret:
    """What an app is given, shown until it is confirmed: typed, or as the address that a QR code says."""

    text: str
    address: str


@dataclass(frozen=True)
class SecondStanding:
    """Whether a second factor is on, and how many recovery codes are left."""

    is_on: bool
    codes_left: int


def standing(connection: Connection, user: int) -> SecondStanding:
    """Return how a user's second factor stands."""
    return SecondStanding(
        second_factors.is_on(connection, user), second_factors.recovery_codes_left(connection, user)
    )


def begin(context: ActionContext, sealer: Sealer | None, service: str, *, machine_now: datetime) -> AppSecret:
    """Return a new secret for the viewer's app; it counts once a code of it was entered.

    Raises
    ------
    SecretKeyMissingError
        Without a key nothing can be kept encrypted.
    ConflictError
        A second factor is on already.
    """
    if sealer is None:
        raise SecretKeyMissingError
    user, secret = context.viewer.user, one_time_codes.new_secret()
    sealed = sealer.seal(secret, second_factors.place(user.number))
    second_factors.begin(context.connection, user.number, sealed, machine_now)
    return AppSecret(secret, one_time_codes.app_address(secret, user.login, service))


def waiting(context: ActionContext, sealer: Sealer | None, service: str) -> AppSecret | None:
    """Return the secret that the viewer has yet to confirm, if there is one."""
    user = context.viewer.user
    held = second_factors.held(context.connection, user.number)
    if held is None or held.confirmed_at is not None or sealer is None:
        return None
    secret = sealer.open(held.sealed, second_factors.place(user.number))
    return AppSecret(secret, one_time_codes.app_address(secret, user.login, service))


def confirm(context: ActionContext, sealer: Sealer | None, code: str, *, machine_now: datetime) -> list[str]:
    """Switch the viewer's second factor on, and return recovery codes, shown now and never again; other sessions end.

    Raises
    ------
    RefusedError
        The code does not fit, or nothing waits to be confirmed.
    """
    user, connection = context.viewer.number, context.connection
    held = second_factors.held(connection, user)
    if held is None or held.confirmed_at is not None:
        raise RefusedError("code", "second_not_begun")
    if not _use_app_code(connection, sealer, user, code, machine_now):
        raise RefusedError("code", "second_code_wrong")
    codes = [new_text() for _ in range(_RECOVERY_CODES)]
    second_factors.confirm(connection, user, map(code_hash, codes), machine_now)
    # Whoever is signed in elsewhere signed in with the password alone.
    own_sessions.end_others(connection, user, context.viewer.session)
    _log.info("second_factor_on", user=user)
    return codes


def switch_off(context: ActionContext, user: int) -> None:
    """Ask a user for no code any more.

    Raises
    ------
    RefusedError
        None was asked for.
    """
    if not second_factors.switch_off(context.connection, user, by=context.viewer.number, now=context.now):
        raise RefusedError("code", "second_is_off")
    _log.info("second_factor_off", user=user, by=context.viewer.number)


def _await_code(database: Database, user: User, machine_now: datetime) -> str:
    """Return a token for whose password was right; with it and a code they are let in."""
    token = secrets.token_urlsafe(32)
    with database.transaction() as connection:
        second_factors.await_code(
            connection,
            token_hash(token),
            user.number,
            now=machine_now,
            expires_at=machine_now + AWAITED_FOR,
        )
    return token


def finish(
    database: Database,
    sealer: Sealer | None,
    token: str,
    code: str,
    *,
    asker: Asker,
    machine_now: datetime,
    before: str | None = None,
) -> SignedIn:
    """Check the code of whose password was right, and start a session.

    Raises
    ------
    NotSignedInError
        The password was not entered, or too long ago.
    RefusedError
        The code is wrong, or was used already.
    TooManyAttemptsError
        Too many wrong ones were tried.
    """
    hashed = token_hash(token)
    with database.transaction() as connection:
        number = second_factors.awaited(connection, hashed, machine_now)
        user = None if number is None else users.get(connection, number)
    if user is None:
        raise NotSignedInError("enter your password again")
    check_code(database, sealer, user.number, code, asker.peer, machine_now)
    with database.transaction() as connection:
        if not second_factors.end_awaited(connection, hashed):
            raise NotSignedInError("enter your password again")
        if before is not None:
            users.end_session(connection, token_hash(before))
        started = attempts.start(connection, user, machine_now, asker.browser, proved_at=machine_now)
    _log.info("signed_in", user=user.number)
    return started


def require_code(
    database: Database, sealer: Sealer | None, user: User, code: str | None, peer: str, machine_now: datetime
) -> None:
    """Check the code of whoever signs in with one; for everybody else there is nothing to check.

    Raises
    ------
    SecondFactorNeededError
        A code is needed and was not given.
    RefusedError
        It is wrong, or was used already.
    TooManyAttemptsError
        Too many wrong ones were tried.
    """
    with database.transaction() as connection:
        if not second_factors.is_on(connection, user.number):
            return
    if not code:
        raise SecondFactorNeededError(_await_code(database, user, machine_now))
    check_code(database, sealer, user.number, code, peer, machine_now)


def check_code(
    database: Database, sealer: Sealer | None, user: int, code: str, peer: str, machine_now: datetime
) -> None:
    """Check a code of the app, or use up a recovery code: that one is never throttled, for nobody guesses 80 bits.

    Raises
    ------
    RefusedError
        It is wrong, or was used already.
    TooManyAttemptsError
        Too many wrong codes of the app were tried.
    """
    if sum(letter.isalnum() for letter in code) == _RECOVERY_LENGTH:
        with database.transaction() as connection:
            is_right = second_factors.use_recovery_code(connection, user, code_hash(code), machine_now)
        if is_right:
            _log.info("recovery_code_used", user=user)
            return
    whose = hashlib.sha256(f"second factor of {user}".encode()).digest()
    attempts.count(database, whose, peer, machine_now)
    with database.transaction() as connection:
        is_right = _use_app_code(connection, sealer, user, code, machine_now)
        if is_right:
            users.succeed_attempt(connection, whose, peer, machine_now)
    if not is_right:
        _log.info("second_factor_wrong", user=user)
        raise RefusedError("code", "second_code_wrong")


def _use_app_code(
    connection: Connection, sealer: Sealer | None, user: int, code: str, machine_now: datetime
) -> bool:
    held = second_factors.held(connection, user)
    if held is None:
        return False
    if sealer is None:
        raise SecretKeyMissingError
    secret = sealer.open(held.sealed, second_factors.place(user))
    step = one_time_codes.step_of(secret, code, machine_now, held.used_step)
    return step is not None and second_factors.use_step(connection, user, step)
