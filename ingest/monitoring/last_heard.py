"""Whom the service last heard and when, as the database knows it: an operator's look at gateways and at a deaf ward."""

import time
from datetime import datetime

from core.store.database import Connection
from core.store.operation import health

# A ward has some hundreds of gateways; more would burden whoever collects the numbers.
MOST_GATEWAYS = 500
# After a start devices need time to find their way back.
_START_GRACE_S = 300.0


class LastHeard:
    """What was last read from the database; it is read again now and then, not with every message."""

    def __init__(self) -> None:
        self.gateways: dict[str, datetime] = {}
        self._has_no_data = False
        self._began = time.monotonic()

    @property
    def has_no_data(self) -> bool:
        """Whether devices with a heartbeat are registered and not one of them is heard, for longer than a start takes."""
        return self._has_no_data and time.monotonic() - self._began >= _START_GRACE_S

    def refresh(self, connection: Connection, now: datetime) -> None:
        """Read it anew."""
        self.gateways = health.gateways_heard(connection, MOST_GATEWAYS)
        self._has_no_data = health.is_nobody_heard(connection, now)
