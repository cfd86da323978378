"""Run one ingest worker: `python -m ingest`."""

import gc
import sys
from functools import partial

from core.errors import SettingsError, StoreUnavailableError
from core.logs import get_logger, set_up_logs
from core.monitoring.process_port import serve_metrics
from core.process import exit_code_of, stop_on_signals
from core.settings import load_settings
from core.store.database import Database
from core.store.readiness import prove_ready
from ingest.metrics_server import WorkerState
from ingest.mqtt.subscriptions import wanted_filters
from ingest.worker import IngestWorker

_RETRY_S = 1.0
# Thousands of messages are alive at once, and none is part of a cycle. To look for cycles among them as often as Python does
# by itself took as long as to decode them and build batches.
_COLLECT_AFTER = (50_000, 20, 100)
_CONNECTIONS = 2
# Everything is tried again anyway; waiting long would only delay a standby and the report that something is wrong.
_DATABASE_TIMEOUT_S = 3.0


def main(*, is_leaving: bool = False) -> int:
    """Run until SIGTERM or SIGINT; return the exit code.

    `is_leaving`: only store what still waits for this client id at the broker, and end its session.
    """
    return exit_code_of(partial(_serve, is_leaving=is_leaving))


def _serve(*, is_leaving: bool) -> int:
    settings = load_settings()
    set_up_logs("ingest", settings.log_level, settings.log_format)
    # A standby would find a mistyped one only when it is needed.
    wanted_filters(settings)
    clock = settings.make_clock()
    clock.now()
    state = WorkerState()
    serve_metrics(settings, "ingest", state.samples, state.health)
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    stop = stop_on_signals()
    log = get_logger(__name__)
    while not stop.is_set():
        database = Database(
            settings.database_url.get_secret_value(),
            size=_CONNECTIONS,
            application="mimamori-ingest",
            timeout_s=_DATABASE_TIMEOUT_S,
        )
        try:
            database.open()
            prove_ready(database)
        except StoreUnavailableError as error:
            database.close()
            state.problem = str(error)
            log.warning("store_unavailable", error=str(error))
            stop.wait(_RETRY_S)
            continue
        with database:
            worker = IngestWorker(settings, clock, database, stop, state, is_leaving=is_leaving)
            worker.run()
            if worker.refusal:
                raise SettingsError(worker.refusal)
            if worker.has_failed:
                return 70  # EX_SOFTWARE: the log says what happened; whoever supervises us starts us again
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main(is_leaving="--leave" in sys.argv[1:]))
