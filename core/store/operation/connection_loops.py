"""Senders that connect and are cut off again and again, as ingest saw them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from core.store.database import Connection
from core.store.queries import load

_LOOPS = load("operation/connection_loops")


@dataclass(frozen=True, slots=True)
class ConnectionLoop:
    """A sender in a loop.

    Attributes
    ----------
    sender : str
        As devices are registered; with a slash at its end it stands for all behind a bridge.
    returns : int
        How often it came back within half an hour.
    began_at, last_at : datetime
        The first and the last of these returns.
    """

    sender: str
    returns: int
    began_at: datetime
    last_at: datetime

    def concerns(self, sender: str) -> bool:
        """Return whether the messages of a registered sender come over this connection.

        Examples
        --------
        >>> at = datetime(2026, 8, 1)
        >>> loop = ConnectionLoop("zigbee2mqtt:g12/", 9, at, at)
        >>> loop.concerns("zigbee2mqtt:g12/hall"), loop.concerns("zigbee2mqtt:g1/hall")
        (True, False)
        """
        is_bridge = self.sender.endswith("/")
        return sender.startswith(self.sender) if is_bridge else sender.partition("#")[0] == self.sender


def keep(connection: Connection, loops: Sequence[ConnectionLoop], over_since: datetime) -> None:
    """Keep the loops that go on, and drop those whose last return was before `over_since`."""
    connection.execute(
        _LOOPS["keep"],
        {
            "sender": [loop.sender for loop in loops],
            "returns": [loop.returns for loop in loops],
            "began_at": [loop.began_at for loop in loops],
            "last_at": [loop.last_at for loop in loops],
            "over_since": over_since,
        },
    )


def kept(connection: Connection) -> list[ConnectionLoop]:
    """Return the loops of the last half hour, as ingest saw them, the worst first."""
    return connection.cursor(row_factory=class_row(ConnectionLoop)).execute(_LOOPS["kept"]).fetchall()
