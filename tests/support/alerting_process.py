"""The planner and the senders as a process of their own, for tests that kill it: `python -m tests.support.alerting_process LEASE_S`."""

import signal
import sys
import threading
from datetime import timedelta

from core.logs import set_up_logs
from core.settings import load_settings
from core.store.database import Database
from detectors.alerting import loop


def main() -> None:
    """Run until asked to stop."""
    settings = load_settings()
    set_up_logs("alerting", settings.log_level, "json")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    with Database(settings.database_url.get_secret_value(), size=6) as database:
        lease = timedelta(seconds=float(sys.argv[1]))
        loop.run(database, settings, settings.make_clock(), stop, lease=lease)


if __name__ == "__main__":
    main()
