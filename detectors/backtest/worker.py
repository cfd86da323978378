"""Works off requests to try settings on a resident's past, one at a time in the whole ward: `python -m detectors.backtest.worker`.

It is a process of its own with a low priority, so that evaluating never waits for it, and ends when nothing is left to do. Whoever holds
the lock is the one worker; it goes with the connection, so what a killed one leaves behind is taken up by the next.
"""

import sys
from collections.abc import Callable

from core.clock import Clock
from core.domain.backtest import MOST_ATTEMPTS, BacktestProblem, BacktestSettings
from core.domain.sensitivity import Sensitivity
from core.errors import NotFoundError, StoreUnavailableError
from core.logs import get_logger
from core.process import run_beside
from core.queue_worker import queue_worker
from core.store.database import Connection, Database
from core.store.detection import backtest_requests
from core.store.detection.backtest_requests import Begun
from detectors.backtest import run
from detectors.backtest.result import as_bounded_body
from detectors.backtest.run import Backtest, NoHistoryError, Question
from detectors.backtest.statistics import labels_of

_log = get_logger(__name__)


class _LeaveError(Exception):
    """The process is to end, or nobody wants the answer any more."""


class BacktestWorker:
    """The one worker, for as long as its connection lasts.

    Parameters
    ----------
    database : Database
        For the transactions that look at the past.
    desk : Connection
        Holds the lock and writes down how it goes; in autocommit mode.
    clock : Clock
        The service's time.
    must_end : callable
        Whether to leave what is under way to the next worker.
    """

    def __init__(
        self, database: Database, queue_connection: Connection, clock: Clock, must_end: Callable[[], bool]
    ) -> None:
        self._database = database
        self._queue_connection = queue_connection
        self._clock = clock
        self._must_end = must_end

    def work_off(self) -> int:
        """Answer what waits, and return how many that were; 0 too if another worker is at it."""
        done = 0
        if not backtest_requests.hold(self._queue_connection):
            return done
        while not self._must_end() and (begun := backtest_requests.take(self._queue_connection)) is not None:
            try:
                self._answer(begun)
            except _LeaveError:
                backtest_requests.give_back(self._queue_connection, begun.number)
                break
            done += 1
        return done

    def _answer(self, begun: Begun) -> None:
        """Try one; a fault in it is noted and does not stop the others."""
        if begun.attempts > MOST_ATTEMPTS:
            self._fail(begun, BacktestProblem.STOPPED)
            return
        try:
            tested = self._try(begun)
        except (NoHistoryError, NotFoundError):
            self._fail(begun, BacktestProblem.NO_PAST)
        except (StoreUnavailableError, _LeaveError):
            raise
        except Exception:  # noqa: BLE001 - the fence round one request
            _log.exception("backtest_evaluation_failed", backtest=begun.number)
            self._fail(begun, BacktestProblem.FAULT)
        else:
            known = begun.settings.labels or tested.real_alerts
            body = as_bounded_body(tested, labels_of(tested, known), begun.settings.budget)
            backtest_requests.finish(self._queue_connection, begun.number, body, self._clock.now())
            _log.info("backtest_done", backtest=begun.number)

    def _try(self, begun: Begun) -> Backtest:
        def progress(share: float) -> None:
            if self._must_end() or not backtest_requests.report(self._queue_connection, begun.number, share):
                raise _LeaveError

        with self._database.transaction() as connection:
            return run.run(connection, _question(begun, self._clock), progress)

    def _fail(self, begun: Begun, problem: BacktestProblem) -> None:
        backtest_requests.fail(self._queue_connection, begun.number, problem, self._clock.now())
        _log.info("backtest_failed", backtest=begun.number, problem=problem.value)


def _question(begun: Begun, clock: Clock) -> Question:
    settings: BacktestSettings = begun.settings
    tried = tuple(Sensitivity) if settings.budget is not None else settings.sensitivities
    return Question(begun.resident, clock.now(), settings.weeks, frozenset(settings.rules), tried)


def main() -> int:
    """Work until nothing is left, or until SIGTERM or the end of the parent; return the exit code."""
    return run_beside(_run)


def _run(has_to_leave: Callable[[], bool]) -> int:
    try:
        with queue_worker("detectors", "mimamori-backtest") as (settings, database, queue_connection):
            BacktestWorker(database, queue_connection, settings.make_clock(), has_to_leave).work_off()
    except StoreUnavailableError as error:
        _log.warning("store_unavailable", error=str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
