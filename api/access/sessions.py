"""Sessions, kept on our side: how long they last, and whose a token is.

Sessions live in the machine's time: people do, also where the service's clock is accelerated.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.access.refusals import ProofNeededError
from core.domain.people import Role, User
from core.store.database import Database
from core.store.people import users
from core.store.people.users import Session

# A care shift; a family that looks once a day and must not be kept out in a worry; administrators reach everything.
LASTS = {
    Role.ADMIN: timedelta(hours=8),
    Role.CARE: timedelta(hours=12),
    Role.FAMILY: timedelta(days=30),
    Role.TECHNICIAN: timedelta(hours=12),
    Role.OFFICIAL: timedelta(hours=8),
    Role.TESTER: timedelta(hours=12),
}
# An open board counts as use, so a shift is not signed out while it watches.
IDLE = {
    Role.ADMIN: timedelta(hours=1),
    Role.CARE: timedelta(hours=4),
    Role.FAMILY: timedelta(days=14),
    Role.TECHNICIAN: timedelta(hours=4),
    Role.OFFICIAL: timedelta(hours=1),
    Role.TESTER: timedelta(hours=4),
}
# Long enough for one errand; a session that was left open is not enough for it.
PROOF_LASTS = timedelta(minutes=5)
_TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn:
    """A fresh session; the token goes into the cookie and is stored nowhere."""

    user: User
    token: str
    expires_at: datetime


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


def require_proof(proved_at: datetime | None, machine_now: datetime) -> None:
    """Refuse what needs a fresh proof of who asks, unless there is one.

    Raises
    ------
    ProofNeededError
        The last one is older than five minutes.
    """
    if proved_at is None or machine_now - proved_at >= PROOF_LASTS:
        raise ProofNeededError("prove again who you are: your last proof is more than five minutes old")


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
