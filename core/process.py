"""What every process of ours does in the same way: it stops when asked, and says in one line why it could not go on."""

import signal
import sys
import threading
from collections.abc import Callable

from core.errors import MimamoriError


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
