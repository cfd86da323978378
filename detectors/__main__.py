"""Run one detector process: `python -m detectors`. It evaluates, and it notifies people."""

import sys
import threading
from zoneinfo import ZoneInfo

from core.clock import Clock
from core.domain.people import Language
from core.errors import StoreUnavailableError
from core.logs import get_logger, set_up_logs
from core.process import exit_code_of, stop_on_signals
from core.settings import Settings, load_settings
from core.store.database import Database
from detectors.alerting import loop
from detectors.alerting.message_texts import texts_of
from detectors.backtest.supervisor import BacktestSupervisor
from detectors.engine.baseline_trainer import BaselineTrainer
from detectors.engine.scheduler import Scheduler

_RETRY_S = 1.0
# The alerting threads take nine at once, the scheduler one or two, the learner and the desk for backtests one each.
_LEAST_CONNECTIONS = 13

_log = get_logger(__name__)


def main() -> int:
    """Run until SIGTERM or SIGINT; return the exit code."""
    return exit_code_of(_run)


def _run() -> int:
    settings = load_settings()
    set_up_logs("detectors", settings.log_level, settings.log_format)
    clock = settings.make_clock()
    clock.now()
    for language in Language:
        texts_of(language)  # a text that is missing or wrong ends the start, not a notification
    stop = stop_on_signals()
    while not stop.is_set():
        if _serve(settings, clock, stop):
            return 70  # EX_SOFTWARE: the log says what happened; whoever supervises us starts us again
    _log.info("stopped")
    return 0


def _serve(settings: Settings, clock: Clock, stop: threading.Event) -> bool:
    """Evaluate and notify until `stop` is set; return whether one of the two failed."""
    database = Database(
        settings.database_url.get_secret_value(),
        size=max(settings.database_pool_size, _LEAST_CONNECTIONS),
        application="mimamori-detectors",
    )
    try:
        database.open()
    except StoreUnavailableError as error:
        _log.warning("store_unavailable", error=str(error))
        stop.wait(_RETRY_S)
        return False
    with database:
        failed = threading.Event()
        scheduler = Scheduler(database, clock, ZoneInfo(settings.time_zone))
        evaluation = threading.Thread(target=_evaluate, args=(scheduler, stop, failed), name="evaluation")
        training = threading.Thread(
            target=BaselineTrainer(database, clock).run, args=(stop,), name="training"
        )
        trying = threading.Thread(target=BacktestSupervisor(database).run, args=(stop,), name="trying")
        threads = (evaluation, training, trying)
        for thread in threads:
            thread.start()
        _log.info("ready")
        try:
            loop.run(database, settings, clock, stop)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    return failed.is_set()


def _evaluate(scheduler: Scheduler, stop: threading.Event, failed: threading.Event) -> None:
    try:
        scheduler.run(stop)
    except Exception:  # noqa: BLE001 - whatever it was, the process must end
        # Half a service that looks alive helps nobody: the whole process ends and is started again.
        _log.exception("evaluation_failed")
        failed.set()
        stop.set()


if __name__ == "__main__":
    sys.exit(main())
