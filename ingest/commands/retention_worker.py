"""Lets raw readings and positions go that are too old, one process in the whole ward: `python -m ingest.commands.retention_worker`.

It has a low priority, so that no message waits for it, and ends when nothing is left to do. Whoever holds the lock is the one worker; it
goes with the connection, and what a killed one leaves behind goes on where it stopped.
"""

import sys
from collections.abc import Callable

from core.clock import SystemClock
from core.credentials.report_seals import ReportSealer
from core.credentials.sealed_values import keys_of
from core.domain.records.retention import MOST_PARTS, RetentionRun
from core.errors import StoreError
from core.logs import get_logger
from core.process import run_beside
from core.queue_worker import queue_worker
from core.settings import Settings
from core.store.database import Connection, Database, translated_errors
from core.store.operation import retention

_log = get_logger(__name__)


def work_off(
    settings: Settings,
    database: Database,
    queue: Connection,
    must_end: Callable[[], bool],
    most: int = MOST_PARTS,
) -> RetentionRun | None:
    """Do one run and return its record; None if another worker is at it, or this one had to end before.

    Parameters
    ----------
    settings : Settings
        How long what is kept, and the keys of the seal.
    database : Database
        For the transactions.
    queue : Connection
        Holds the lock; in autocommit mode.
    must_end : callable
        Whether to leave the rest to the next worker.
    most : int
        How many parts may go at most.
    """
    with translated_errors():
        if not retention.hold(queue):
            return None
    sealer = ReportSealer(keys_of(settings.secret_keys))
    done = retention.run(
        database, settings.kept_for, sealer, settings.make_clock().now(), SystemClock().now(), must_end, most
    )
    if done is not None:
        # The seal leaves the database with it: a record that was cut short since does not end with it any more.
        _log.info(
            "retention_done", run=done.number, parts=len(done.dropped), rows=sum(one.rows for one in done.dropped),
            left=done.parts_left, seal=done.seal,
        )  # fmt: skip
    return done


def main() -> int:
    """Do one run, or leave it to the next at SIGTERM or the end of the parent; return the exit code."""
    return run_beside(_run)


def _run(has_to_leave: Callable[[], bool]) -> int:
    try:
        with queue_worker("ingest", "mimamori-retention") as (settings, database, queue):
            work_off(settings, database, queue, has_to_leave)
    except StoreError as error:
        _log.warning("retention_waits", error=str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
