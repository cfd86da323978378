"""A resident's usual: learned once for each local day, from the days before it, and kept for a week."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from core.domain.alert import Outcome
from core.domain.rhythm import NAME as RHYTHM
from core.domain.rhythm import VERSION as RHYTHM_VERSION
from core.domain.rhythm import Rhythm
from core.store import absences, judging, measurements, usuals, windows
from core.store.database import Connection
from detectors.rules import bathroom_stay, inactivity, morning, not_returned, rhythm
from detectors.rules.judgement import LifeSigns
from detectors.rules.patience import Usual, learn
from detectors.rules.rhythm import LEARNED_DAYS, Past
from detectors.rules.silences import LINE_DAYS
from detectors.rules.wall_clock import midnight
from detectors.series import believed, merged, power_series, room_series

# What comes up to this late still teaches, so that live and late data end in the same usual.
_SETTLED_BEFORE = timedelta(hours=2)
# Older days are not judged any more; should one be, it is learned again.
KEPT = timedelta(days=7)
# What turned out to be real is not usual.
REAL = (Outcome.SAFE_AFTER_HELP, Outcome.AMBULANCE_CALLED, Outcome.POLICE_NOTIFIED)
_ALARMS = (inactivity.NAME, bathroom_stay.NAME, not_returned.NAME, morning.NAME)
T = TypeVar("T")


@dataclass(frozen=True)
class Who:
    """Whose usual it is."""

    resident: int
    home: int
    zone: ZoneInfo


class Memory:
    """What was read lately: a home that is judged again soon need not read it again, and what is learned for a day never changes.

    Parameters
    ----------
    most : int
        How much is remembered; what was not asked for longest is forgotten first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Hashable, object] = OrderedDict()

    def find(self, key: Hashable, read: Callable[[], T | None]) -> T | None:
        """Return what is known under a key, else what `read` gives; that there is nothing yet is not remembered."""
        if key in self._known:
            self._known.move_to_end(key)
            return cast("T", self._known[key])
        found = read()
        if found is not None and self._most > 0:
            self._known[key] = found
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return found


class UsualBook:
    """The silences of one resident, by local day; learns what is missing when it is asked for.

    Parameters
    ----------
    connection : Connection
        Inside the transaction of the one who judges.
    who : Who
        Whose they are.
    keeps : bool
        Whether what is learned is kept for others; if not, nothing is written.
    memory : Memory or None
        What was read for earlier judgings.
    """

    def __init__(
        self, connection: Connection, who: Who, *, keeps: bool = True, memory: Memory | None = None
    ) -> None:
        self._connection = connection
        self._who = who
        self._keeps = keeps
        self._memory = memory or Memory(0)
        self._known: dict[date, Usual] = {}

    def on(self, day: date) -> Usual:
        """Return what holds on a local day."""
        if day not in self._known:
            key = (self._who.resident, inactivity.NAME, inactivity.VERSION, day)
            known = self._memory.find(key, lambda: read_usual(self._connection, *key, Usual.from_json))
            self._known[day] = known or self._learn(day)
        return self._known[day]

    def _learn(self, day: date) -> Usual:
        until = _settled(self._who, day)
        since = until - timedelta(days=LINE_DAYS + 1)
        # A savepoint of its own: if this fails, the other rules go on in the same transaction.
        with self._connection.transaction():
            masked = masked_time(self._connection, self._who, since, until)
            signs = _signs(self._connection, self._who, since, until)
            usual = learn(signs, self._who.zone, masked=masked, until=until)
            if self._keeps:
                body = usual.to_json()
                _keep(self._connection, self._who, inactivity.NAME, inactivity.VERSION, day, body)
        return usual


class RhythmBook:
    """The rhythm of one resident, by local day; learns what is missing when it is asked for.

    Parameters
    ----------
    connection : Connection
        Inside the transaction of the one who judges.
    who : Who
        Whose it is.
    keeps : bool
        Whether what is learned is kept for others; if not, nothing is written.
    memory : Memory or None
        What was read for earlier judgings.
    """

    def __init__(
        self, connection: Connection, who: Who, *, keeps: bool = True, memory: Memory | None = None
    ) -> None:
        self._connection = connection
        self._who = who
        self._keeps = keeps
        self._memory = memory or Memory(0)
        self._known: dict[date, Rhythm] = {}

    def on(self, day: date) -> Rhythm:
        """Return what holds on a local day."""
        if day not in self._known:
            key = (self._who.resident, RHYTHM, RHYTHM_VERSION, day)
            known = self._memory.find(key, lambda: read_usual(self._connection, *key, Rhythm.from_json))
            self._known[day] = known or self._learn(day)
        return self._known[day]

    def _learn(self, day: date) -> Rhythm:
        who = self._who
        until = _settled(who, day)
        since = until - timedelta(days=LEARNED_DAYS + 1)
        with self._connection.transaction():
            metrics = ("temperature_c", "power_w")
            rows = measurements.series(self._connection, who.home, who.resident, metrics, since, until)
            past = Past(
                _signs(self._connection, who, since, until),
                power_series(rows),
                room_series(rows),
                masked_time(self._connection, who, since, until),
                until.timestamp(),
            )
            found = rhythm.learn(past, who.zone)
            if self._keeps:
                _keep(self._connection, who, RHYTHM, RHYTHM_VERSION, day, found.to_json())
        return found


def read_usual(
    connection: Connection,
    resident: int,
    rule: str,
    version: int,
    day: date,
    from_json: Callable[[Mapping[str, Any]], T],
) -> T | None:
    """Return what was learned about a resident for a day; None if nothing was yet."""
    body = judging.usual(connection, resident, rule, version, day)
    return None if body is None else from_json(body)


def _settled(who: Who, day: date) -> datetime:
    return midnight(who.zone, day) - _SETTLED_BEFORE


def _keep(
    connection: Connection, who: Who, rule: str, version: int, day: date, body: Mapping[str, Any]
) -> None:
    judging.put_usual(connection, who.resident, rule, version, day=day, body=body)
    usuals.forget(connection, who.resident, rule, day - KEPT)


def _signs(connection: Connection, who: Who, since: datetime, until: datetime) -> LifeSigns:
    rows = windows.life_signs(connection, who.home, who.resident, since, until)
    return merged(believed(rows, until.timestamp()))


def masked_time(
    connection: Connection, who: Who, since: datetime, until: datetime
) -> Sequence[tuple[float, float]]:
    """Return the time that teaches nothing: blind, planned to be away, and alarms that turned out to be real."""
    blind = judging.blind_times(connection, ("ward", f"home:{who.home}"), since, until)
    outcomes = [one.value for one in REAL]
    real = chain(*(judging.real_alarms(connection, who.resident, rule, outcomes, since) for rule in _ALARMS))
    planned = chain(
        *(
            absences.spans(one, who.zone, since, until)
            for one in absences.of_resident(connection, who.resident, since, until)
        )
    )
    spans = chain(((one.began_at, one.ended_at) for one in blind), real, planned)
    return [(began.timestamp(), (ended or until).timestamp()) for began, ended in spans]
