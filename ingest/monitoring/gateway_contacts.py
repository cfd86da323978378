"""Last contact of each gateway, and whether any device is in contact at all, read from the database for the monitor."""

import time
from datetime import datetime

from core.store.database import Connection
from core.store.operation import health

# A ward has some hundreds of gateways; more would burden whoever collects the numbers.
MOST_GATEWAYS = 500
# After a start devices need time to reconnect.
_START_GRACE_S = 300.0


class GatewayContacts:
    """Last contacts as of the latest `refresh`, which runs once a minute and not with every message."""

    def __init__(self) -> None:
        self.gateways: dict[str, datetime] = {}
        self._has_no_data = False
        self._began = time.monotonic()

    @property
    def has_no_data(self) -> bool:
        """Whether devices with a heartbeat are registered and none of them is in contact, for longer than a start takes."""
        return self._has_no_data and time.monotonic() - self._began >= _START_GRACE_S

    def refresh(self, connection: Connection, now: datetime) -> None:
        """Read the last contacts again."""
        self.gateways = health.gateway_last_contacts(connection, MOST_GATEWAYS)
        self._has_no_data = health.is_out_of_contact(connection, now)
