"""Notifications to browsers of the staff, for when no page is open: who asked for them, and what is on its way to whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, kwargs_row

from core.domain.people import Language
from core.errors import ConflictError, NotFoundError
from core.store.database import Connection
from core.store.queries import load

_QUERIES = load("alerts/browser_notifications")
# More browsers of one person than this are a mistake.
_MOST = 10


@dataclass(frozen=True)
class PushTarget:
    """What a browser gave us: its address at its push service, its public key and its secret, both in base64url."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True)
class Subscription:
    """A browser that asked for notifications; `dead_at` is when its service said that it is gone."""

    number: int
    endpoint: str
    p256dh: str
    auth: str
    created_at: datetime
    accepted_at: datetime | None
    dead_at: datetime | None


@dataclass(frozen=True)
class PushMessage:
    """One notification on its way; `is_wanted` says whether somebody is still needed and the browser is still there."""

    number: int
    subscription: int
    target: PushTarget
    language: Language
    alert: int
    attempts: int
    is_wanted: bool


def subscribe(connection: Connection, user: int, target: PushTarget, now: datetime) -> None:
    """Remember a browser of a user; the same address again only renews it.

    Raises
    ------
    ConflictError
        The user has ten already.
    """
    row = connection.execute(_QUERIES["count"], {"user": user}).fetchone()
    if row and row[0] >= _MOST:
        raise ConflictError(f"{_MOST} browsers get notifications already; remove one first")
    connection.execute(
        _QUERIES["subscribe"],
        {"user": user, "endpoint": target.endpoint, "p256dh": target.p256dh, "auth": target.auth, "now": now},
    )


def of_user(connection: Connection, user: int) -> list[Subscription]:
    """Return the browsers of a user, the newest first."""
    return (
        connection.cursor(row_factory=class_row(Subscription))
        .execute(_QUERIES["of_user"], {"user": user})
        .fetchall()
    )


def remove(connection: Connection, user: int, number: int) -> None:
    """Forget a browser of a user.

    Raises
    ------
    NotFoundError
        The user has no such browser.
    """
    if connection.execute(_QUERIES["remove"], {"user": user, "number": number}).rowcount == 0:
        raise NotFoundError(f"there is no browser {number}")


def plan(connection: Connection, event: int, office: int | None, now: datetime) -> int:
    """Put a notification of one event on its way to all staff who may see an alert of this office, and return to how many browsers."""
    return connection.execute(_QUERIES["plan"], {"event": event, "office": office, "now": now}).rowcount


def lease(connection: Connection, now: datetime, until: datetime) -> PushMessage | None:
    """Take one notification that is due; a process that dies with it lets another one try after `until`."""
    cursor = connection.cursor(row_factory=kwargs_row(_message))
    return cursor.execute(_QUERIES["lease"], {"now": now, "until": until}).fetchone()


def mark_accepted(connection: Connection, number: int, now: datetime) -> None:
    """Note that the browser's service took it; whether anybody saw it is not known."""
    connection.execute(_QUERIES["accepted"], {"number": number, "now": now})


def put_off(connection: Connection, number: int, due_at: datetime, error: str) -> None:
    """Try it again at a time."""
    connection.execute(_QUERIES["put_off"], {"number": number, "due_at": due_at, "error": error})


def give_up(connection: Connection, number: int, now: datetime, error: str | None) -> None:
    """Try it no more."""
    connection.execute(_QUERIES["give_up"], {"number": number, "now": now, "error": error})


def bury(connection: Connection, subscription: int, now: datetime) -> None:
    """Note that a browser is gone."""
    connection.execute(_QUERIES["bury"], {"subscription": subscription, "now": now})


def _message(*, endpoint: str, p256dh: str, auth: str, language: str, **columns: Any) -> PushMessage:
    return PushMessage(target=PushTarget(endpoint, p256dh, auth), language=Language(language), **columns)
