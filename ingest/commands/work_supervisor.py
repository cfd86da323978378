"""Starts a worker when there is work that must not hold up messages: to try a profile, to erase a resident, to let go what is too old."""

import subprocess
import sys
import time
from collections.abc import Callable

from core.clock import Clock, SystemClock
from core.errors import StoreError
from core.logs import get_logger
from core.store.database import Connection, translated_errors
from core.store.devices import profile_trials
from core.store.operation import retention
from core.store.people.personal import erasures

# Seconds of the machine.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 60.0
_END_TIMEOUT_S = 5.0

_log = get_logger(__name__)


class WorkSupervisor:
    """Looks for requests whenever it is asked to, and has a process of its own work them off.

    Parameters
    ----------
    work : str
        The module that the process runs.
    is_work_left : callable
        Whether a request waits and nobody works it off.
    """

    def __init__(self, work: str, is_work_left: Callable[[Connection], bool]) -> None:
        self._work = work
        self._is_work_left = is_work_left
        self._worker: subprocess.Popen[bytes] | None = None
        self._pause_s = _FIRST_PAUSE_S
        self._rests_until = 0.0

    def look(self, connection: Connection) -> None:
        """Start a worker if a request waits and nobody works it off; `connection` is in autocommit mode."""
        if self._worker is not None:
            code = self._worker.poll()
            if code is None:
                return
            self._worker = None
            self._note_end(code)
        if time.monotonic() < self._rests_until:
            return
        try:
            with translated_errors():
                is_work_left = self._is_work_left(connection)
        except StoreError as error:
            # Messages go on being stored. Whoever holds the connection notices by itself when it is lost.
            self._rest(str(error))
            return
        if is_work_left:
            self._start()

    def end(self) -> None:
        """End the worker; what it has begun is begun again by the next."""
        if self._worker is None:
            return
        self._worker.terminate()
        try:
            self._worker.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._worker.kill()
            self._worker.wait()
        self._worker = None

    def _start(self) -> None:
        command = [sys.executable, "-m", self._work]
        try:
            self._worker = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        except OSError as error:
            self._rest(str(error))

    def _note_end(self, code: int) -> None:
        """Wait longer after each worker that did not end well, so that a broken one is not started every second."""
        if code == 0:
            self._pause_s = _FIRST_PAUSE_S
        else:
            self._rest(f"it returned {code}")

    def _rest(self, why: str) -> None:
        _log.warning("asked_work_not_done", work=self._work, error=why)
        self._rests_until = time.monotonic() + self._pause_s
        self._pause_s = min(_LONGEST_PAUSE_S, 2 * self._pause_s)


def supervisors(clock: Clock) -> list[WorkSupervisor]:
    """Return one for each kind of work, whether it is asked for or due by the service's time."""
    return [
        WorkSupervisor(
            "ingest.commands.trial_worker", lambda at: profile_trials.is_work_left(at, SystemClock().now())
        ),
        WorkSupervisor("ingest.commands.erasure_worker", erasures.is_work_left),
        WorkSupervisor(
            "ingest.commands.retention_worker", lambda at: retention.is_work_left(at, clock.now())
        ),
    ]
