"""A resident's usual: learned once for each local day, from the days before it, and kept."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import chain

from core.domain.alert import Outcome
from core.store import judging, windows
from core.store.database import Connection
from core.store.judging import WatchedResident
from detectors.rules import inactivity
from detectors.rules.judgement import LifeSigns
from detectors.rules.patience import Usual, learn
from detectors.rules.silences import LINE_DAYS
from detectors.rules.wall_clock import midnight
from detectors.series import merged

# What comes up to this late still teaches, so that live and late data end in the same usual.
_SETTLED_BEFORE = timedelta(hours=2)
# Silences that turned out to be real are not usual.
_REAL = (Outcome.SAFE_AFTER_HELP, Outcome.AMBULANCE_CALLED, Outcome.POLICE_NOTIFIED)


class UsualBook:
    """What was learned about one resident, by local day; learns what is missing when it is asked for.

    Parameters
    ----------
    connection : Connection
        Inside the transaction of the one who judges.
    home : int
        The resident's home.
    resident : WatchedResident
        Whose usual it is.
    """

    def __init__(self, connection: Connection, home: int, resident: WatchedResident) -> None:
        self._connection = connection
        self._home = home
        self._resident = resident
        self._known: dict[date, Usual] = {}

    def on(self, day: date) -> Usual:
        """Return what holds on a local day."""
        if day not in self._known:
            self._known[day] = self._read(day) or self._learn(day)
        return self._known[day]

    def _read(self, day: date) -> Usual | None:
        body = judging.usual(
            self._connection, self._resident.number, inactivity.NAME, inactivity.VERSION, day
        )
        return None if body is None else Usual.from_json(body)

    def _learn(self, day: date) -> Usual:
        until = midnight(self._resident.zone, day) - _SETTLED_BEFORE
        since = until - timedelta(days=LINE_DAYS + 1)
        # A savepoint of its own: if this fails, the other rules go on in the same transaction.
        with self._connection.transaction():
            masked = self._masked(since, until)
            usual = learn(self._signs(since, until), self._resident.zone, masked=masked, until=until)
            judging.put_usual(
                self._connection,
                self._resident.number,
                inactivity.NAME,
                inactivity.VERSION,
                day=day,
                body=usual.to_json(),
            )
        return usual

    def _signs(self, since: datetime, until: datetime) -> LifeSigns:
        return merged(windows.life_signs(self._connection, self._home, self._resident.number, since, until))

    def _masked(self, since: datetime, until: datetime) -> Sequence[tuple[float, float]]:
        blind = judging.blind_times(self._connection, ("ward", f"home:{self._home}"), since, until)
        real = judging.real_alarms(
            self._connection, self._resident.number, inactivity.NAME, [one.value for one in _REAL], since
        )
        pause = [] if self._resident.pause is None else [self._resident.pause]
        spans = chain(((one.began_at, one.ended_at) for one in blind), real, pause)
        return [(began.timestamp(), (ended or until).timestamp()) for began, ended in spans]
