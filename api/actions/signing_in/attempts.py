"""What an attempt to sign in costs whoever guesses, and the session that a right one starts.

Sessions and the throttle live in the machine's time: people do, also where the service's clock is accelerated.
"""

import secrets
from datetime import datetime, timedelta

from api.access.refusals import TooManyAttemptsError
from api.access.sessions import LASTS, SignedIn, token_hash
from core.domain.people import User
from core.logs import get_logger
from core.store.database import Connection, Database
from core.store.people import users

_log = get_logger(__name__)

_TOKEN_BYTES = 32
THROTTLE_SPAN = timedelta(minutes=15)
FAILURES_OF_LOGIN_FROM_PEER = 5
# Many peers guessing at one login: stopped too, except from where this login has signed in before.
FAILURES_OF_LOGIN = 20
FAILURES_FROM_PEER = 50
_ATTEMPTS_KEPT = timedelta(days=30)


def count(database: Database, login_hash: bytes, peer: str, machine_now: datetime) -> None:
    """Count an attempt as failed until it succeeds: before the slow check, so that attempts side by side all count.

    Raises
    ------
    TooManyAttemptsError
        Too many attempts failed of late.
    """
    with database.transaction() as connection:
        users.record_attempt(
            connection, login_hash, peer, now=machine_now, keep_since=machine_now - _ATTEMPTS_KEPT
        )
        failed = users.failures(connection, login_hash, peer, machine_now - THROTTLE_SPAN)
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


def start(
    connection: Connection, user: User, machine_now: datetime, browser: str, *, proved_at: datetime | None
) -> SignedIn:
    """Return a new session of somebody who last gave all that proves who they are at `proved_at`."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = machine_now + LASTS[user.role]
    users.start_session(
        connection,
        token_hash(token),
        user.number,
        machine_now,
        expires_at,
        proved_at=proved_at,
        browser=browser,
    )
    return SignedIn(user, token, expires_at)
