"""What the sessions of ingest at the broker may still be subscribed to; a broker keeps it and does not list it."""

from collections.abc import Iterable

from core.store.database import Connection
from core.store.queries import load

_SESSIONS = load("operation/broker_sessions")


def subscriptions(connection: Connection, client_id: str) -> frozenset[str]:
    """Return what a client id may still be subscribed to; nothing if it never kept any."""
    row = connection.execute(_SESSIONS["subscriptions"], {"client_id": client_id}).fetchone()
    return frozenset(row[0]) if row else frozenset()


def put(connection: Connection, client_id: str, subscribed: Iterable[str]) -> None:
    """Keep what a client id may be subscribed to: before it asks all of it, later what it did not give back."""
    connection.execute(_SESSIONS["put"], {"client_id": client_id, "subscriptions": sorted(subscribed)})


def drop(connection: Connection, client_id: str) -> None:
    """Forget a session that has ended."""
    connection.execute(_SESSIONS["drop"], {"client_id": client_id})
