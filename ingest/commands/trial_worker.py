"""Works off requests to try a profile on the quarantine, one at a time in the whole ward: `python -m ingest.commands.trial_worker`.

It is a process of its own with a low priority, so that no message waits for it, and ends when nothing is left to do. Whoever holds the
lock is the one worker; it goes with the connection, so what a killed one leaves behind is taken up by the next.
"""

import sys
import time
from collections.abc import Callable

from core.clock import Clock, SystemClock
from core.domain.evidence.profile_trial import LONGEST_S, MOST_ATTEMPTS
from core.errors import StoreUnavailableError
from core.logs import get_logger
from core.process import run_beside
from core.queue_worker import queue_worker
from core.store.database import Connection, Database
from core.store.devices import profile_trials, profiles
from core.store.devices.profile_trials import BegunTrial
from ingest.commands.try_profile import as_bounded_body, try_profile

_log = get_logger(__name__)


def work_off(
    database: Database, queue: Connection, clock: Clock, machine: Clock, must_end: Callable[[], bool]
) -> int:
    """Answer what waits, and return how many that were; 0 too if another worker is at it.

    Parameters
    ----------
    database : Database
        For the transactions that look at the quarantine.
    queue : Connection
        Holds the lock and writes down how it goes; in autocommit mode.
    clock, machine : Clock
        The service's time, and the machine's.
    must_end : callable
        Whether to leave the rest to the next worker.
    """
    done = 0
    if not profile_trials.hold(queue):
        return done
    while not must_end() and (begun := profile_trials.take(queue, machine.now())) is not None:
        _answer(database, queue, begun, clock)
        done += 1
    return done


def _answer(database: Database, queue: Connection, begun: BegunTrial, clock: Clock) -> None:
    """Try one; a fault in it is noted and does not stop the others."""
    if begun.attempts > MOST_ATTEMPTS:
        profile_trials.fail(queue, begun.number)
        _log.warning("profile_trial_given_up", trial=begun.number)
        return
    try:
        body = _tried(database, begun, clock)
    except StoreUnavailableError:
        raise
    except Exception:  # noqa: BLE001 - the fence round one request
        _log.exception("profile_trial_failed", trial=begun.number)
        profile_trials.fail(queue, begun.number)
    else:
        profile_trials.finish(queue, begun.number, body)
        _log.info("profile_trial_done", trial=begun.number)


def _tried(database: Database, begun: BegunTrial, clock: Clock) -> dict[str, object]:
    ends_at = time.monotonic() + LONGEST_S
    with database.transaction() as connection:
        profile = profiles.by_key(connection, [begun.profile])[begun.profile]
        devices = profile_trials.devices_of(connection, begun.target, profile)
        trial = try_profile(
            connection, profile, devices, clock.now(), must_end=lambda: time.monotonic() >= ends_at
        )
    return as_bounded_body(trial)


def main() -> int:
    """Work until nothing is left, or until SIGTERM or the end of the parent; return the exit code."""
    return run_beside(_run)


def _run(has_to_leave: Callable[[], bool]) -> int:
    try:
        with queue_worker("ingest", "mimamori-profile-trial") as (settings, database, queue):
            work_off(database, queue, settings.make_clock(), SystemClock(), has_to_leave)
    except StoreUnavailableError as error:
        _log.warning("store_unavailable", error=str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
