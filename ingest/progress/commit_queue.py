"""Commit queue: run database writes in order on one thread; retry until they succeed."""

import queue
import threading
import time
from collections.abc import Callable

from core.errors import StoreUnavailableError
from core.logs import get_logger

_log = get_logger(__name__)

_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 2.0
_LOG_AGAIN_S = 30.0
_POLL_S = 0.1

Job = Callable[[], None]


class CommitQueue:
    """Runs one job after the other; one more may wait meanwhile, so the next batch is built while one is committed.

    Parameters
    ----------
    stop : Event
        Once set, nothing is retried.
    """

    def __init__(self, stop: threading.Event) -> None:
        self.is_blocked = False
        self.problem = ""
        self._stop = stop
        self._jobs: queue.Queue[Job | None] = queue.Queue(maxsize=1)

    @property
    def is_idle(self) -> bool:
        """Whether every submitted job is done."""
        return self._jobs.unfinished_tasks == 0

    def submit(self, job: Job | None) -> None:
        """Add a job; waits while another one waits already. After `stop` it may be left undone."""
        while True:
            try:
                self._jobs.put(job, timeout=_POLL_S)
                return
            except queue.Full:
                if self._stop.is_set():
                    return

    def close(self) -> None:
        """Let `run` return after the jobs submitted so far."""
        self.submit(None)

    def run(self) -> None:
        """Run jobs until closed, or until the queue is empty after `stop`; nothing runs after a job that was left undone."""
        while True:
            try:
                job = self._jobs.get(timeout=_POLL_S)
            except queue.Empty:
                if self._stop.is_set():
                    return
                continue
            if job is None:
                return
            if not self.run_with_retry(job):
                # A later job may advance the watermark, which claims that everything before is stored.
                return
            self._jobs.task_done()

    def run_with_retry(self, job: Job) -> bool:
        """Run a job, retrying while the database is unavailable; False if stopped before it succeeded."""
        wait_s, next_log = _FIRST_WAIT_S, 0.0
        while True:
            try:
                job()
            except StoreUnavailableError as error:
                self.is_blocked, self.problem = True, str(error)
                if time.monotonic() >= next_log:
                    _log.error("store_unavailable", error=str(error))
                    next_log = time.monotonic() + _LOG_AGAIN_S
                if self._stop.wait(wait_s):
                    return False
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
            else:
                if self.is_blocked:
                    self.is_blocked, self.problem = False, ""
                    _log.info("store_available")
                return True
