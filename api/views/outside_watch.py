"""A watch from outside: while the service is ready it calls an address once a minute; when the calls end, others ask why.

For services such as healthchecks: a call says that all is well, one to the address with `/fail` behind it that something is wrong,
with what to do in its body. Whoever gets no call for some minutes notifies the operator, also when this machine is gone.
"""

import threading
from urllib.parse import urlsplit, urlunsplit

import urllib3

from api.views.readiness import Readiness, readiness
from core.clock import Clock
from core.logs import get_logger
from core.settings import Settings
from core.store.database import Database

EVERY_S = 60.0
_TIMEOUT_S = 10.0
_log = get_logger(__name__)


class OutsideWatch:
    """Calls the address of `MIMAMORI_OUTSIDE_WATCH_URL`; does nothing where none is set.

    Parameters
    ----------
    database, settings, clock
        What to look at.
    every_s : float
        How often, in seconds of the machine.
    """

    def __init__(
        self, database: Database, settings: Settings, clock: Clock, every_s: float = EVERY_S
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._every_s = every_s
        self._url = settings.outside_watch_url.get_secret_value()
        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT_S)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_reached = True

    def start(self) -> None:
        """Begin to call, in a thread of its own."""
        if self._url:
            self._thread = threading.Thread(target=self._run, name="outside-watch", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End; a call that is under way may last ten seconds more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._pool.clear()

    def look(self) -> None:
        """Look at the service once and call."""
        found = readiness(self._database, self._settings, self._clock)
        is_reached = self._call(found)
        if is_reached != self._is_reached:
            # The address is a secret: whoever knows it can say that all is well.
            _log.warning("outside_watch_reached" if is_reached else "outside_watch_not_reached")
        self._is_reached = is_reached

    def _run(self) -> None:
        while True:
            self.look()
            if self._stop.wait(self._every_s):
                return

    def _call(self, found: Readiness) -> bool:
        url = self._url if found.is_ready else _with_end(self._url, "/fail")
        try:
            answer = self._pool.request(
                "POST", url, body=f"{found.word}: {found.next}".rstrip(": ").encode(), redirect=False
            )
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status < 300


def _with_end(url: str, end: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + end))
