"""Watermark: the time before which everything is stored; and the blind time while the broker is unreachable."""

from datetime import datetime

from core.clock import Clock
from core.domain.alert import WARD
from core.logs import get_logger
from core.store.database import Connection, Database
from core.store.telemetry import batches, blind_times

_BLIND_CAUSE = "broker_unreachable"

_log = get_logger(__name__)


class Watermark:
    """A worker's watermark, as it is reported to the other processes.

    Parameters
    ----------
    database, clock
        What it works with.
    worker : str
        Under which name it is reported.
    """

    def __init__(self, database: Database, clock: Clock, worker: str) -> None:
        self._database = database
        self._clock = clock
        self._worker = worker
        self._is_blind = False
        self._time = clock.now()

    @property
    def time(self) -> datetime:
        """Everything that the broker had for this worker before this time is stored."""
        return self._time

    @property
    def is_blind(self) -> bool:
        """Whether blind time is on record because the broker is unreachable."""
        return self._is_blind

    def load(self, connection: Connection) -> datetime | None:
        """Continue from the watermark of an earlier process of this worker, and return it; None if there was none."""
        known = batches.progress(connection, self._worker)
        if known is not None:
            self._time = known
        return known

    def report(self, connection: Connection, watermark: datetime | None, messages: int) -> None:
        """Report the watermark with a batch of so many messages; None: the same as before."""
        if watermark is not None:
            self._time = watermark
            if self._is_blind:
                blind_times.end(connection, WARD, _BLIND_CAUSE, watermark)
                self._is_blind = False
                _log.info("broker_reachable")
        batches.report_progress(connection, self._worker, self._time, messages, self._clock.now())

    def begin_blind_time(self, since: datetime) -> None:
        """Record that the broker has been unreachable since a time."""
        with self._database.transaction() as connection:
            blind_times.begin(connection, WARD, _BLIND_CAUSE, since, self._clock.now())
        self._is_blind = True
        _log.error("broker_unreachable")

    def advance(self, now: datetime) -> None:
        """Advance to now: there were no messages."""
        with self._database.transaction() as connection:
            batches.report_progress(connection, self._worker, now, 0, now)
        self._time = now

    def step_back(self, now: datetime) -> None:
        """Set the watermark to now at the latest: the clock was ahead before."""
        self._time = min(self._time, now)
