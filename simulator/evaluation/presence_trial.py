"""How much of the time the door says whether somebody is at home, and how often what followed agrees, in recorded homes.

Nobody noted in a recording who was out. What can be held against an "out" is how the quiet ended: at the door, or with a movement inside and no
door, so that nobody had been out or the sensor missed the return. An "in" is held against a quiet that ended with the door alone: somebody
came in where, as it was said, somebody was. Every half hour is asked for as live: by what was known then, and what was learned up to that day.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.evidence.presence import Presence, PresenceState
from detectors.features.door_presence import (
    OUT_AFTER_S,
    DoorReturns,
    DoorWatch,
    Sight,
    door_presence,
    ends_at_door,
    learn_returns,
)
from detectors.features.local_time import DAY_S, local_date
from detectors.features.silence_profile import LINE_DAYS, begins_at_door, certain, distrusted, silences
from detectors.features.window import Blind, LifeSigns, moment
from simulator.evaluation.homes import EvaluatedRecording
from simulator.evaluation.protocol import FIRST_TEST_DAY, Spans

_ZONE = ZoneInfo("UTC")  # Times of recordings are those of the wall clock.
_EVERY_S = 1800.0
# As far back as the runner reads life signs; a silence that is longer is nobody's outing.
_BACK_S = 4 * DAY_S
# An outage is known within this time, as live: a ward silence at night. What a day is evaluated by was learned two hours before it.
_KNOWN_AFTER_S, _SETTLED_S = 3600.0, 7200.0


@dataclass(frozen=True)
class PresenceReport:
    """What presence said in the half hours after the first four weeks.

    Attributes
    ----------
    homes, half_hours : int
        How many homes with a door, and how many half hours.
    share : mapping
        Which share of them each state had.
    doubts : mapping
        Why nobody could tell, as shares of all.
    out_agrees : float
        In which share of those that were called out the quiet ended at the door.
    out_found : float
        Which share of all that lay in quiet from door to door, half an hour or more after its beginning, was called out.
    in_differs : float
        In which share of those that were called in, in a quiet of half an hour or more, it ended with the door and nobody inside.
    """

    homes: int
    half_hours: int
    share: Mapping[str, float]
    doubts: Mapping[str, float]
    out_agrees: float
    out_found: float
    in_differs: float


def score_presence(
    recordings: Sequence[EvaluatedRecording],
    outages: Spans = (),
    *,
    on_progress: Callable[[str], None] = lambda _: None,
) -> PresenceReport | None:
    """Ask for presence every half hour after the first four weeks; None if no home has a door and was recorded for longer."""
    states: Counter[str] = Counter()
    doubts: Counter[str] = Counter()
    out: list[bool] = []
    found: list[bool] = []
    differs: list[bool] = []
    homes = 0
    for number, recording in enumerate(sorted(recordings, key=lambda one: one.home), 1):
        on_progress(f"presence: {number} of {len(recordings)}")
        home = _Home(recording.signs, outages)
        if not len(home.asked) or not home.has_door:
            continue
        homes += 1
        for at in home.asked.tolist():
            said = home.presence(at)
            states[said.state] += 1
            if said.state is PresenceState.CANNOT_TELL:
                doubts[said.reason] += 1
            silence = home.silence(at)
            if silence is None:
                continue
            from_door, to_door, only_door = silence
            if said.state is PresenceState.OUT:
                out.append(to_door)
            if said.state is PresenceState.IN:
                differs.append(only_door)
            if from_door and to_door:
                found.append(said.state is PresenceState.OUT)
    count = states.total()
    if not count:
        return None
    return PresenceReport(
        homes,
        count,
        {state.value: states[state] / count for state in PresenceState},
        {reason: times / count for reason, times in doubts.most_common()},
        _mean(out),
        _mean(found),
        _mean(differs),
    )


class _Home:
    """A recording with what it had taught by each of its days."""

    def __init__(self, signs: LifeSigns, outages: Spans) -> None:
        self._signs, self._outages = signs, outages
        self._sure = certain(signs)
        self._gaps = silences(signs, self._sure)
        self._blind = [Blind(moment(a), moment(b), moment(min(b, a + _KNOWN_AFTER_S))) for a, b in outages]
        self._learned = cache(self._learn)
        first = (float(np.ceil(signs.time[0] / DAY_S)) + FIRST_TEST_DAY) * DAY_S
        self.asked = np.arange(first, float(signs.time[-1]), _EVERY_S)
        self.has_door = bool(begins_at_door(signs, signs.time).any())
        self._to_door = ends_at_door(signs, self._gaps.ended)
        # The sign that ends it is the door's own, and nobody was seen on the way to it.
        self._only_door = begins_at_door(signs, self._gaps.ended)

    def presence(self, at: float) -> Presence:
        """Return what is said at a moment."""
        first, last = np.searchsorted(self._signs.time, [at - _BACK_S, at], side="right").tolist()
        part = slice(first, last)
        seen = LifeSigns(
            self._signs.time[part], self._signs.kind[part], self._signs.place[part], self._signs.places
        )
        began = moment(float(seen.time[-1])) if len(seen.time) else moment(at)
        returns, doubted = self._learned(local_date(_ZONE, began))
        sight = Sight(DoorWatch(has_sensor=True), self._blind, returns=returns, distrusted=doubted)
        return door_presence(seen, _ZONE, at, sight)

    def silence(self, at: float) -> tuple[bool, bool, bool] | None:
        """Return of the silence at a moment whether it began at the door, ended at it, and ended with nothing else; None of one that is young or hidden."""
        number = int(np.searchsorted(self._gaps.began, at, side="right")) - 1
        began, ended = float(self._gaps.began[number]), float(self._gaps.ended[number])
        is_hidden = any(began < stop and ended > start for start, stop in self._outages)
        if at - began < OUT_AFTER_S or is_hidden or not np.isfinite(ended) or ended - began > DAY_S:
            return None
        return (
            bool(self._gaps.after_door[number]),
            bool(self._to_door[number]),
            bool(self._only_door[number]),
        )

    def _learn(self, day: date) -> tuple[DoorReturns, frozenset[str]]:
        until = datetime(day.year, day.month, day.day, tzinfo=_ZONE).timestamp() - _SETTLED_S
        recent = partial(np.searchsorted, self._gaps.began)
        part = slice(int(recent(until - LINE_DAYS * DAY_S)), int(recent(until)))
        gaps = type(self._gaps)(
            self._gaps.began[part],
            self._gaps.ended[part],
            self._gaps.after_door[part],
            self._gaps.place[part],
            self._gaps.places,
        )
        returns = learn_returns(gaps, self._signs, _ZONE, self._outages, until)
        return returns, distrusted(self._signs, self._sure, until)


def _mean(found: Sequence[bool]) -> float:
    return float(np.mean(found)) if found else 0.0
