"""What every process of ours does in the same way: it stops when asked, and says in one line why it could not go on."""

import os
import signal
import sys
import threading
from collections.abc import Callable

from core.errors import MimamoriError

# Others wait for what must not wait.
_NICENESS = 10


def exit_code_of(run: Callable[[], int | None]) -> int:
    """Run to the end and return the exit code; a problem that a person can act on is one line, not a traceback."""
    try:
        return run() or 0
    except MimamoriError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set; for the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def run_beside(run: Callable[[Callable[[], bool]], int | None]) -> int:
    """Run beside the process that started us, with a low priority, and return the exit code.

    `run` is given whether to leave: after SIGTERM or SIGINT, or at the end of the parent.
    """
    parent = os.getppid()
    stop = stop_on_signals()
    os.nice(_NICENESS)
    return exit_code_of(lambda: run(lambda: stop.is_set() or os.getppid() != parent))
