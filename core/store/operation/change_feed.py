"""What changed while somebody was not listening: the memory behind the live stream."""

from core.store.database import Connection
from core.store.queries import load

_CHANGES = load("operation/change_feed")


def latest_event(connection: Connection) -> int:
    """Return the number of the newest alert event, 0 if there is none."""
    row = connection.execute(_CHANGES["latest_event"]).fetchone()
    return 0 if row is None else int(row[0])


def changed_since(connection: Connection, event: int, limit: int) -> list[int]:
    """Return the numbers of alerts with an event behind `event`, least recently changed first."""
    rows = connection.execute(_CHANGES["changed_since"], {"event": event, "limit": limit}).fetchall()
    return [row[0] for row in rows]
