"""A limit on how often somebody may knock, kept in memory by each process."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from threading import Lock

from api.access.refusals import TooManyAttemptsError

_KEYS = 10_000


class RateLimit:
    """Lets a key through at most `times` in any `span`.

    Parameters
    ----------
    times : int
        How often.
    span : timedelta
        In which time, of the machine.
    what : str
        What is answered to whoever comes too often.
    """

    def __init__(self, times: int, span: timedelta, what: str) -> None:
        self._times = times
        self._span = span
        self._what = what
        # The most recently seen key stands last; the first is forgotten when there are very many.
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def check(self, key: str, machine_now: datetime) -> None:
        """Refuse a key that came too often, without counting this time.

        Raises
        ------
        TooManyAttemptsError
            It came too often.
        """
        with self._lock:
            seen = self._fresh(key, machine_now)
            if len(seen) >= self._times:
                wait = seen[0] + self._span - machine_now
                raise TooManyAttemptsError(self._what, max(1, round(wait.total_seconds())))

    def count(self, key: str, machine_now: datetime) -> None:
        """Count one time of a key, and refuse it if it came too often.

        Raises
        ------
        TooManyAttemptsError
            It came too often.
        """
        self.check(key, machine_now)
        with self._lock:
            self._fresh(key, machine_now).append(machine_now)
            self._seen.move_to_end(key)
            while len(self._seen) > _KEYS:
                self._seen.popitem(last=False)

    def _fresh(self, key: str, machine_now: datetime) -> deque[datetime]:
        seen = self._seen.setdefault(key, deque(maxlen=self._times))
        while seen and seen[0] <= machine_now - self._span:
            seen.popleft()
        return seen
