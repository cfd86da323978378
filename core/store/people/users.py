"""Users: who signs in, their sessions, and the attempts that the throttle counts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, kwargs_row

from core.domain.people import Language, Role, User
from core.domain.records.name_key import by_name, of_name
from core.errors import ConflictError, NotFoundError
from core.store.database import Connection
from core.store.queries import load

_USERS = load("people/users")


@dataclass(frozen=True)
class Credentials:
    """A user with what proves their password."""

    user: User
    password_hash: str


@dataclass(frozen=True)
class Session:
    """A signed-in user, who last proved who they are at `proved_at`.

    Times are the machine's, since people live in it also when the service's clock is accelerated.
    """

    user: User
    last_seen_at: datetime
    expires_at: datetime
    proved_at: datetime | None


@dataclass(frozen=True)
class Failures:
    """How many sign-ins failed of late, in the three ways the throttle looks at them.

    `is_known_peer`: this login has signed in from there before.
    """

    login_from_peer: int
    login: int
    peer: int
    is_known_peer: bool


@dataclass(frozen=True)
class AttemptAddresses:
    """From where people gave the right password of late: how many accounts and addresses, and one of these addresses."""

    logins: int
    peers: int
    peer: str


def add(
    connection: Connection,
    *,
    login: str,
    name: str,
    role: Role,
    office: int | None,
    language: Language,
    password_hash: str,
    now: datetime,
) -> User:
    """Register a user.

    Raises
    ------
    ConflictError
        The login is taken, in whatever upper or lower case.
    """
    row = connection.execute(
        _USERS["add_user"],
        {
            "login": login,
            "name": name,
            "role": role,
            "office": office,
            "language": language,
            "password_hash": password_hash,
            "now": now,
        },
    ).fetchone()
    if row is None:
        raise ConflictError(f"the login {login} is taken; choose another")
    return User(row[0], login, name, role, office, language, True)


def list_all(connection: Connection) -> list[User]:
    """Return everybody who can sign in, also those kept out."""
    return connection.cursor(row_factory=kwargs_row(_user)).execute(_USERS["users"]).fetchall()


def get(connection: Connection, user: int) -> User:
    """Return one user.

    Raises
    ------
    NotFoundError
        There is none.
    """
    cursor = connection.cursor(row_factory=kwargs_row(_user))
    found = cursor.execute(_USERS["user"], {"user": user}).fetchone()
    if found is None:
        raise NotFoundError(f"there is no user {user}")
    return found


def find(connection: Connection, login: str) -> Credentials | None:
    """Return the user with this login, in whatever upper or lower case, or None."""
    cursor = connection.cursor(row_factory=kwargs_row(_credentials))
    return cursor.execute(_USERS["user_by_login"], {"login": login}).fetchone()


def by_login(connection: Connection, login: str) -> User:
    """Return the user with this login.

    Raises
    ------
    NotFoundError
        There is none.
    """
    found = find(connection, login)
    if found is None:
        raise NotFoundError(f"there is no user {login}; `mimamori user list` shows them all")
    return found.user


def office_named(connection: Connection, name: str) -> int:
    """Return the key of an office, however its name is spelled.

    Raises
    ------
    NotFoundError
        There is none of that name.
    """
    rows = connection.execute(_USERS["office_names"])
    found = of_name(by_name((row[0], row[1]) for row in rows), name)
    if found is None:
        raise NotFoundError(f"there is no office {name}; register it on the page of offices first")
    return found


def names(connection: Connection, accounts: Collection[int]) -> Mapping[int, str]:
    """Return the names of accounts by number."""
    rows = connection.execute(_USERS["names"], {"accounts": list(accounts)}).fetchall()
    return {row[0]: row[1] for row in rows}


def set_password(connection: Connection, user: int, password_hash: str) -> None:
    """Replace a user's password and end all their sessions."""
    connection.execute(_USERS["set_password"], {"user": user, "password_hash": password_hash})
    end_sessions(connection, user)


def disable(connection: Connection, user: int) -> None:
    """Keep a user out from now on and end all their sessions; what they did stays on record."""
    connection.execute(_USERS["set_active"], {"user": user, "is_active": False})
    end_sessions(connection, user)


def enable(connection: Connection, user: int) -> None:
    """Let a user in again."""
    connection.execute(_USERS["set_active"], {"user": user, "is_active": True})


def set_language(connection: Connection, user: int, language: Language) -> None:
    """Remember the language a user chose."""
    connection.execute(_USERS["set_language"], {"user": user, "language": language})


def link_family(connection: Connection, user: int, resident: int) -> None:
    """Let a family user see a resident."""
    connection.execute(_USERS["link_family"], {"user": user, "resident": resident})


def start_session(
    connection: Connection,
    token_hash: bytes,
    user: int,
    now: datetime,
    expires_at: datetime,
    *,
    proved_at: datetime | None,
    browser: str = "",
) -> None:
    """Keep a new session, whose user proved who they are at `proved_at`, and forget the expired ones of everybody."""
    connection.execute(_USERS["drop_expired_sessions"], {"now": now})
    connection.execute(
        _USERS["start_session"],
        {
            "token_hash": token_hash,
            "user": user,
            "now": now,
            "expires_at": expires_at,
            "browser": browser,
            "proved_at": proved_at,
        },
    )


def session(connection: Connection, token_hash: bytes) -> Session | None:
    """Return the session, expired or not, or None if it has ended or its user is kept out."""
    cursor = connection.cursor(row_factory=kwargs_row(_session))
    return cursor.execute(_USERS["session"], {"token_hash": token_hash}).fetchone()


def touch_session(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """Note that a session is in use."""
    connection.execute(_USERS["touch_session"], {"token_hash": token_hash, "now": now})


def extend_session(connection: Connection, token_hash: bytes, expires_at: datetime) -> None:
    """Let a session last until a later moment."""
    connection.execute(_USERS["extend_session"], {"token_hash": token_hash, "expires_at": expires_at})


def end_session(connection: Connection, token_hash: bytes) -> None:
    """Sign out one session."""
    connection.execute(_USERS["end_session"], {"token_hash": token_hash})


def end_sessions(connection: Connection, user: int) -> None:
    """Sign out a user everywhere, also where a right password waits for its code."""
    connection.execute(_USERS["end_sessions_of"], {"user": user})


def record_attempt(
    connection: Connection, login_hash: bytes, peer: str, *, now: datetime, keep_since: datetime
) -> None:
    """Keep a sign-in attempt, which counts as failed until it succeeds, and forget those older than `keep_since`.

    Whoever records another meanwhile waits for the end of this transaction, and so counts this one.
    """
    connection.execute(_USERS["take_turns_at_attempts"])
    connection.execute(_USERS["drop_old_attempts"], {"before": keep_since})
    connection.execute(_USERS["record_attempt"], {"login_hash": login_hash, "peer": peer, "now": now})


def succeed_attempt(connection: Connection, login_hash: bytes, peer: str, now: datetime) -> None:
    """Note that the attempt recorded at `now` succeeded."""
    connection.execute(_USERS["succeed_attempt"], {"login_hash": login_hash, "peer": peer, "now": now})


def forget_attempt(connection: Connection, login_hash: bytes, peer: str, now: datetime) -> None:
    """Take back the attempt recorded at `now`, which was refused unchecked."""
    connection.execute(_USERS["forget_attempt"], {"login_hash": login_hash, "peer": peer, "now": now})


def addresses_of_attempts(connection: Connection, since: datetime) -> AttemptAddresses:
    """Return from how many addresses how many people gave the right password since a moment of the machine's time."""
    cursor = connection.cursor(row_factory=class_row(AttemptAddresses))
    return cursor.execute(_USERS["addresses_of_attempts"], {"since": since}).fetchone() or AttemptAddresses(
        0, 0, ""
    )


def failures(connection: Connection, login_hash: bytes, peer: str, since: datetime) -> Failures:
    """Return how many sign-ins failed since a moment."""
    values = {"login_hash": login_hash, "peer": peer, "since": since}
    cursor = connection.cursor(row_factory=class_row(Failures))
    return cursor.execute(_USERS["failures"], values).fetchone() or Failures(
        login_from_peer=0, login=0, peer=0, is_known_peer=False
    )


def _user(*, role: str, language: str, **columns: Any) -> User:
    return User(role=Role(role), language=Language(language), **columns)


def _credentials(*, password_hash: str, **user: Any) -> Credentials:
    return Credentials(_user(**user), password_hash)


def _session(
    *, last_seen_at: datetime, expires_at: datetime, proved_at: datetime | None, **user: Any
) -> Session:
    return Session(_user(**user), last_seen_at, expires_at, proved_at)
