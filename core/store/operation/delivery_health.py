"""Whether anybody is notified at all: offices that no message reaches, emergencies without a message, senders that stand still."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from psycopg.rows import class_row

from core.domain.delivery.contact_channel import CONFIRMED_ONLY
from core.domain.people import Channel
from core.store.database import Connection
from core.store.queries import load

_HEALTH = load("operation/delivery_health")
# Senders look once a second and an attempt ends within 20 s: what nobody took after this, nobody takes. In the service's time.
STANDS_STILL_AFTER = timedelta(minutes=2)


@dataclass(frozen=True)
class DeliveryHealth:
    """What is wrong with notifying.

    Attributes
    ----------
    unnotified_emergencies : int
        Open emergencies that were planned and of which no message exists: nobody was there to notify.
    overdue_messages, unplanned_events : int
        Messages that no sender takes, and changes of alerts that no planner takes, two minutes after they were due.
    exhausted_emergencies : int
        Open emergencies about which nobody can be asked at present: everybody had their share of the day, and no desk is above.
    """

    unnotified_emergencies: int
    overdue_messages: int
    unplanned_events: int
    exhausted_emergencies: int = 0

    @property
    def stands_still(self) -> bool:
        """Whether planner or senders stand still."""
        return self.overdue_messages > 0 or self.unplanned_events > 0


def delivery_health(connection: Connection, now: datetime, factor: float) -> DeliveryHealth:
    """Return what is wrong with notifying at `now`, in a service whose time runs `factor` times as fast as the machine's."""
    values = {"due_before": now - STANDS_STILL_AFTER * max(1.0, factor)}
    (found,) = (
        connection.cursor(row_factory=class_row(DeliveryHealth)).execute(_HEALTH["health"], values).fetchall()
    )
    return replace(found, exhausted_emergencies=len(exhausted_emergencies(connection)))


def exhausted_emergencies(connection: Connection) -> frozenset[int]:
    """Return the open emergencies whose latest reminder reached nobody: all had their share of the day, and no desk is above."""
    return frozenset(row[0] for row in connection.execute(_HEALTH["exhausted_emergencies"]))


def unreachable_offices(connection: Connection, kinds: Collection[Channel]) -> list[str]:
    """Return the names of the offices that no message reaches on any channel of these kinds."""
    values = {"kinds": sorted(kinds), "confirmed_only": sorted(CONFIRMED_ONLY)}
    return [str(row[0]) for row in connection.execute(_HEALTH["unreachable_offices"], values)]


def unconfirmed_contacts(connection: Connection) -> int:
    """Return how many contacts have no confirmed channel that is alive."""
    row = connection.execute(_HEALTH["unconfirmed_contacts"]).fetchone()
    return int(row[0]) if row else 0


def dead_channels(connection: Connection) -> int:
    """Return how many channels of contacts are known to be dead."""
    row = connection.execute(_HEALTH["dead_channels"]).fetchone()
    return int(row[0]) if row else 0
