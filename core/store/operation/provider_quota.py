"""How many messages a provider's month still allows: what it said last, and what we have sent since."""

from datetime import datetime

from psycopg.rows import class_row

from core.domain.delivery.quota import QuotaState
from core.domain.people import Channel
from core.store.database import Connection
from core.store.queries import load

_QUOTA = load("operation/provider_quota")


def put(connection: Connection, channel: Channel, *, limit: int | None, used: int, now: datetime) -> None:
    """Write down what the provider of a channel said; `limit` None for none."""
    connection.execute(_QUOTA["put"], {"provider": channel, "limit": limit, "used": used, "now": now})


def state(connection: Connection, channel: Channel) -> QuotaState | None:
    """Return how the month stands; None if the provider never said."""
    cursor = connection.cursor(row_factory=class_row(QuotaState))
    return cursor.execute(_QUOTA["state"], {"provider": channel}).fetchone()
