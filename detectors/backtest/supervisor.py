"""Starts a worker when somebody wants to try settings on the past; see `detectors.backtest.worker`."""

import subprocess
import sys
import threading
import time

from core.errors import StoreError
from core.logs import get_logger
from core.store.database import Database
from core.store.detection import backtest_requests

# Seconds of the machine.
_LOOK_S = 1.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 60.0
_END_TIMEOUT_S = 10.0

_log = get_logger(__name__)


class BacktestSupervisor:
    """Looks for requests, and has a process of its own work them off.

    Parameters
    ----------
    database : Database
        An open pool; one connection of it for a moment at a time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._worker: subprocess.Popen[bytes] | None = None
        self._pause_s = _FIRST_PAUSE_S
        self._rests_until = 0.0

    def run(self, stop: threading.Event) -> None:
        """Look until `stop` is set; trouble with the database is waited out."""
        try:
            while not stop.wait(_LOOK_S):
                self._look()
        finally:
            self._end_worker()

    def _look(self) -> None:
        if self._worker is not None:
            code = self._worker.poll()
            if code is None:
                return
            self._worker = None
            self._note_end(code)
        if time.monotonic() < self._rests_until:
            return
        try:
            with self._database.transaction() as connection:
                is_work_left = backtest_requests.is_work_left(connection)
        except StoreError:
            # Those who evaluate say that it is away.
            return
        if is_work_left:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "detectors.backtest.worker"], stdin=subprocess.DEVNULL
            )

    def _note_end(self, code: int) -> None:
        """Wait longer after each worker that did not end well, so that a broken one is not started every second."""
        if code == 0:
            self._pause_s = _FIRST_PAUSE_S
            return
        _log.warning("backtest_worker_ended", code=code)
        self._rests_until = time.monotonic() + self._pause_s
        self._pause_s = min(_LONGEST_PAUSE_S, 2 * self._pause_s)

    def _end_worker(self) -> None:
        """Let the worker give back what it has begun."""
        if self._worker is None:
            return
        self._worker.terminate()
        try:
            self._worker.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._worker.kill()
            self._worker.wait()
