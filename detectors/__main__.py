"""Run one detector process: `python -m detectors`. It evaluates, and it notifies people."""

import sys
import threading
import time
from zoneinfo import ZoneInfo

from core.clock import Clock
from core.domain.people import Language
from core.errors import StoreUnavailableError
from core.logs import get_logger, set_up_logs
from core.monitoring.process_port import serve_metrics
from core.monitoring.tally import Tally
from core.process import exit_code_of, stop_on_signals
from core.settings import Settings, load_settings
from core.store.database import Database
from core.store.readiness import prove_ready
from detectors.alerting import loop
from detectors.alerting.message_texts import texts_of
from detectors.backtest.supervisor import BacktestSupervisor
from detectors.engine.baseline_trainer import BaselineTrainer
from detectors.engine.scheduler import Scheduler

_RETRY_S = 1.0
# Both come about once a second while all is well, under load too.
_LATE_S = 60.0
# The alerting threads take thirteen at once, the scheduler one or two, the learner and the desk for backtests one each.
_LEAST_CONNECTIONS = 17

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
    tally = Tally("detectors")
    serve_metrics(settings, "detectors", tally.samples, lambda: _health(tally))
    while not stop.is_set():
        if _serve(settings, clock, stop, tally):
            return 70  # EX_SOFTWARE: the log says what happened; whoever supervises us starts us again
    _log.info("stopped")
    return 0


def _health(tally: Tally) -> tuple[bool, dict[str, object]]:
    """Return whether people are evaluated and notified, and how long ago each was last done, in seconds."""
    now = time.time()
    last = {part: tally.value(f"detectors_last_{part}_timestamp_seconds") for part in ("round", "planning")}
    late = [part for part, at in last.items() if now - at > _LATE_S]
    problem = f"no {' and no '.join(late)} for {_LATE_S:g} s: look at the database and at ingest"
    ages = {f"last_{part}_s": round(now - at, 1) if at else None for part, at in last.items()}
    return not late, {"problem": problem if late else "", **ages}


def _serve(settings: Settings, clock: Clock, stop: threading.Event, tally: Tally) -> bool:
    """Evaluate and notify until `stop` is set; return whether one of the two failed."""
    database = Database(
        settings.database_url.get_secret_value(),
        size=max(settings.database_pool_size, _LEAST_CONNECTIONS),
        application="mimamori-detectors",
    )
    try:
        database.open()
        prove_ready(database)
    except StoreUnavailableError as error:
        database.close()
        _log.warning("store_unavailable", error=str(error))
        stop.wait(_RETRY_S)
        return False
    with database:
        failed = threading.Event()
        scheduler = Scheduler(database, clock, ZoneInfo(settings.time_zone), tally)
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
            loop.run(database, settings, clock, stop, tally=tally)
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
