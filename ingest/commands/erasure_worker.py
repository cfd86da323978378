"""Erases residents whose erasure was asked for, one at a time in the whole ward: `python -m ingest.commands.erasure_worker`.

It is a process of its own with a low priority, so that no message waits for it, and ends when nothing is left to do. Whoever holds the
lock is the one worker; it goes with the connection, and what a killed one leaves behind goes on where it stopped.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from core.clock import Clock
from core.errors import InputError, StoreUnavailableError
from core.logs import get_logger
from core.process import run_beside
from core.queue_worker import queue_worker
from core.store.database import Connection, Database
from core.store.operation import backups
from core.store.people.personal import erasing, erasures
from ingest.commands.retained_messages import BrokerAwayError, Clearing, clearing_at

_log = get_logger(__name__)


def work_off(
    database: Database,
    queue: Connection,
    clock: Clock,
    clear: Clearing,
    must_end: Callable[[], bool],
    list_file: Path | None = None,
) -> int:
    """Erase whoever waits, and return how many that were; 0 too if another worker is at it.

    Parameters
    ----------
    database : Database
        For the transactions that erase.
    queue : Connection
        Holds the lock; in autocommit mode.
    clock : Clock
        The service's time.
    clear : callable
        Lets the broker forget what it keeps of somebody's devices.
    must_end : callable
        Whether to leave the rest to the next worker.
    list_file : Path or None
        Keeps who was erased outside of the database, which may be lost.

    Raises
    ------
    BrokerAwayError
        The broker could not be asked.
    """
    done = 0
    if not erasures.hold(queue):
        return done
    while not must_end() and (number := erasures.following(queue)) is not None:
        if list_file is not None:
            _note_outside(list_file, queue, number)
        report = erasing.erase(database, number, clock.now(), clear, must_end)
        if report is None:
            return done
        done += 1
        _log.info(
            "resident_erased", erasure=number, rows=sum(report.deleted.values()), proven=report.is_proven
        )
    return done


def _note_outside(file: Path, connection: Connection, number: int) -> None:
    """Add one to the list outside of the database, before the first of its rows goes; the same one twice is read as one.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    one = erasures.get(connection, number)
    entry = {
        "set_up_at": backups.origin(connection).set_up_at,
        "erased": [{"resident": one.resident, "asked_at": one.asked_at}],
    }
    try:
        with file.open("ab") as written:
            written.write(msgspec.json.encode(entry) + b"\n")
            written.flush()
            os.fsync(written.fileno())
    except OSError as error:
        raise InputError(f"{file}: the list of erasures cannot be written: {error.strerror}") from error


def main() -> int:
    """Work until nothing is left, or until SIGTERM or the end of the parent; return the exit code."""
    return run_beside(_run)


def _run(has_to_leave: Callable[[], bool]) -> int:
    try:
        with queue_worker("ingest", "mimamori-erasure") as (settings, database, queue):
            clock, clear = settings.make_clock(), clearing_at(settings)
            work_off(database, queue, clock, clear, has_to_leave, settings.erasure_list)
    except (StoreUnavailableError, BrokerAwayError, InputError) as error:
        _log.warning("erasure_waits", error=str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
