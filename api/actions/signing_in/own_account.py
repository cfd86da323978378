"""One's own sign-in: the password, the browsers in which one is signed in, and a proof of who one is for what needs a fresh one."""

from datetime import datetime

from api.access.refusals import ForbiddenError, NotSignedInError, RefusedError
from api.access.sessions import SignedIn
from api.access.viewer import Asker, Viewer
from api.actions import sessions
from api.actions.context import ActionContext
from api.actions.signing_in import attempts, second_factor
from core.credentials.breached_passwords import BreachedPasswords
from core.credentials.passwords import LONGEST, SHORTEST, hash_password
from core.credentials.sealed_values import Sealer
from core.domain.people import User
from core.logs import get_logger
from core.store.database import Database
from core.store.people import users
from core.store.people.signing_in import own_sessions, second_factors
from core.store.people.signing_in.own_sessions import OwnSession

_log = get_logger(__name__)
# What the service is called; a password of nothing else is guessed first.
_OUR_WORDS = ("mimamori", "見守り")


def require_good_password(password: str, user: User | None, breached: BreachedPasswords) -> None:
    """Refuse a new password that is too short, too long, without letters, or easily guessed.

    Raises
    ------
    RefusedError
        It is.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise RefusedError("password", "password_length", least=SHORTEST, most=LONGEST)
    own = _OUR_WORDS if user is None else (*_OUR_WORDS, user.login, user.name)
    if not any(letter.isalpha() for letter in password):
        raise RefusedError("password", "password_letters")
    if breached.holds(password, own):
        raise RefusedError("password", "password_breached")


def change_password(
    database: Database,
    viewer: Viewer,
    current: str,
    password: str,
    *,
    breached: BreachedPasswords,
    asker: Asker,
    machine_now: datetime,
) -> SignedIn:
    """Give the viewer a new password; they are signed out everywhere, and anew in this browser.

    Where a second factor is on, the new session has only the proof that the one before it had.

    Parameters
    ----------
    database : Database
        Short transactions are used, none while a password is being checked or hashed.
    viewer : Viewer
        Whose password.
    current, password : str
        The one until now and the new one, as typed.
    breached : BreachedPasswords
        What nobody may choose.
    asker : Asker
        For the throttle, and the list of sessions.
    machine_now : datetime
        The machine's time.

    Raises
    ------
    ForbiddenError
        A program asks, whose token would become a session for which no code was entered.
    RefusedError
        The password until now is wrong, or the new one is not good.
    TooManyAttemptsError
        Too many wrong ones were tried.
    """
    with database.transaction() as connection:
        if users.session(connection, viewer.session) is None:
            raise ForbiddenError("a password is changed by whoever is signed in, not by a program")
    require_good_password(password, viewer.user, breached)
    _check_own(database, viewer, current, "current", asker, machine_now)
    chosen = hash_password(password)
    with database.transaction() as connection:
        users.set_password(connection, viewer.number, chosen)
        # The password alone proves nothing where a code is asked for: the new session is as old as the one before.
        proved_at = viewer.proved_at if second_factors.is_on(connection, viewer.number) else machine_now
        started = attempts.start(connection, viewer.user, machine_now, asker.browser, proved_at=proved_at)
    _log.info("password_changed", user=viewer.number)
    return started


def prove(
    database: Database,
    viewer: Viewer,
    typed: str,
    *,
    sealer: Sealer | None,
    asker: Asker,
    machine_now: datetime,
) -> None:
    """Note that it is the viewer who sits there: they entered a code where a second factor is on, else their password.

    Raises
    ------
    RefusedError
        It is wrong.
    TooManyAttemptsError
        Too many wrong ones were tried.
    """
    with database.transaction() as connection:
        is_by_code = second_factors.is_on(connection, viewer.number)
    if is_by_code:
        second_factor.check_code(database, sealer, viewer.number, typed, asker.peer, machine_now)
    else:
        _check_own(database, viewer, typed, "password", asker, machine_now)
    with database.transaction() as connection:
        own_sessions.prove(connection, viewer.session, machine_now)


def list_sessions(context: ActionContext, *, machine_now: datetime) -> list[OwnSession]:
    """Return where the viewer is signed in, the last used first."""
    return own_sessions.of_user(context.connection, context.viewer.number, machine_now)


def end_session(context: ActionContext, number: int) -> None:
    """Sign the viewer out of one of their sessions.

    Raises
    ------
    NotFoundError
        They have none of that number.
    """
    own_sessions.end(context.connection, context.viewer.number, number)


def end_other_sessions(context: ActionContext) -> None:
    """Sign the viewer out everywhere but here."""
    own_sessions.end_others(context.connection, context.viewer.number, context.viewer.session)


def _check_own(
    database: Database, viewer: Viewer, password: str, field: str, asker: Asker, machine_now: datetime
) -> None:
    try:
        sessions.check_password(database, viewer.user.login, password, asker.peer, machine_now)
    except NotSignedInError as error:
        raise RefusedError(field, "password_wrong") from error
