"""Clock repair: finds stored times in the future, left while the machine's clock was ahead, and repairs them."""

import time
from collections.abc import Callable
from datetime import timedelta

from core.clock import Clock
from core.logs import get_logger
from core.store.database import Database
from core.store.telemetry import clock_repair

# A clock that is behind for a moment, before it is set after a start, must not repair what is right.
_REPAIR_AFTER_S = 120.0

_log = get_logger(__name__)


class ClockRepair:
    """Checks once a minute for stored times in the future.

    Parameters
    ----------
    database, clock
        What it works with.
    newest : timedelta
        How far ahead of our clock a device's time may be.
    machine_s : callable
        Seconds that always go forward.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        newest: timedelta,
        machine_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._newest = newest
        self._machine_s = machine_s
        self._ahead_since: float | None = None

    def check(self) -> bool:
        """Return whether something was repaired; what is found is repaired once it has been there for two minutes."""
        if self._clock.factor == 0:
            return False  # moved by hand: whoever moves it knows what it shows
        now = self._clock.now()
        with self._database.transaction() as connection:
            if not clock_repair.is_ahead(connection, now, self._newest):
                self._ahead_since = None
                return False
            if self._ahead_since is None:
                self._ahead_since = self._machine_s()
                _log.warning("clock_ahead_found")
            if self._machine_s() - self._ahead_since < _REPAIR_AFTER_S:
                return False
            repaired = clock_repair.repair(connection, now, self._newest)
        self._ahead_since = None
        _log.warning(
            "clock_ahead_repaired",
            workers=repaired.workers,
            devices=repaired.devices,
            values=repaired.values,
            homes=repaired.homes,
        )
        return True
