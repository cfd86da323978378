"""Learns in the background what is usual for each resident on the day that is about to begin, so that nobody waits for it at midnight.

Of somebody new it also counts the days that are stored, for the pages.

Whoever evaluates learns what is missing by themselves; this only comes before them. Several of these share the work by row locks.
"""

import threading
from datetime import date

from core.clock import Clock
from core.errors import StoreError
from core.logs import get_logger
from core.store.database import Database
from core.store.people import baselines, residents
from detectors.baselines.silence_and_rhythm import RHYTHM, SILENCES
from detectors.baselines.store import BaselineStore, BaselineSubject
from detectors.engine.daily import decline as days
from detectors.features.local_time import local_date
from detectors.rules import decline

# Seconds of the machine: between two residents, so that evaluating goes on; and when there is nothing to learn.
_BREATH_S, _REST_S = 0.05, 30.0

_log = get_logger(__name__)


class BaselineTrainer:
    """The learning loop.

    Parameters
    ----------
    database : Database
        An open pool; one connection of it at a time.
    clock : Clock
        The service's time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._failed: set[int] = set()
        self._failed_on = date.min

    def run(self, stop: threading.Event) -> None:
        """Learn until `stop` is set; trouble with the database is waited out."""
        while not stop.is_set():
            wait_s = _REST_S
            try:
                wait_s = _BREATH_S if self.train_one() else _REST_S
            except StoreError as error:
                _log.warning("database_wait", component="baseline_training", error=type(error).__name__)
            stop.wait(wait_s)

    def train_one(self) -> bool:
        """Learn one resident's usual for today, or for the day that begins within an hour; return whether there was one."""
        now = self._clock.now()
        if self._failed_on != now.date():
            self._failed, self._failed_on = set(), now.date()
        with self._database.transaction() as connection:
            model, counts = (RHYTHM.name, RHYTHM.version), (decline.NAME, decline.VERSION)
            found = baselines.claim_missing(connection, model, counts, now, self._failed)
            if found is None:
                return False
            subject = BaselineSubject(
                found.resident, found.home, residents.home_of(connection, found.resident).zone
            )
            try:
                BaselineStore(connection, subject, SILENCES).on(found.day)
                BaselineStore(connection, subject, RHYTHM).on(found.day)
                days.count_ahead(connection, subject, local_date(subject.zone, now))
            except StoreError:
                raise
            except Exception:  # noqa: BLE001 - the fence round one resident
                # What is not learned here is tried again by whoever evaluates, and reported there.
                self._failed.add(found.resident)
                _log.exception("baseline_training_failed", resident=found.resident)
        return True
