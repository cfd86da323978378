"""Protocol P: how many false alarms a detector of long silences raises in homes, and how soon it would notice a collapse.

No silence in a recording is taken for a real emergency, so every alarm on it is false. A collapse is put in by deleting all
events after a random moment at which somebody was at home; what counts is the time from there to the alarm. The numbers in
brackets below are the steps of the protocol as `docs/evaluation.md` lists them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.domain.device import DeviceKind
from detectors.features.window import LIFE_KINDS, LifeSigns
from simulator.evaluation.homes import EvaluatedRecording

DAY_S = 86_400.0
STEP_S = 300.0
BINS = 288
CAP_MIN = 1440.0
# Step 3: a silence that begins this soon after a door, and is followed by a door this soon, was spent outside if it was long.
DOOR_S = 120.0
OUTING_S = 1800.0
# Step 4: the first four weeks only teach; then the detector learns anew every week.
FIRST_TEST_DAY = 28
RELEARN_DAYS = 7
LEAST_DAYS = 42
# Step 7: collapses per day at home.
INJECTIONS_PER_DAY = 100
_DOOR = LIFE_KINDS.index(DeviceKind.DOOR)

Spans = Sequence[tuple[float, float]]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class EventTimes:
    """Beginnings of silences, as far as a detector may know them; every array has shape (n,).

    Attributes
    ----------
    week : ndarray, int64
        Which learning is in force, an index into `EvaluatedHome.learned_at`.
    bin : ndarray, int64
        5-minute bin of the clock.
    place : ndarray, int64
        Index into the places of `EvaluatedHome.signs`.
    after_door_s : ndarray, float64
        Seconds since a door was last used, infinity if never.
    """

    week: Numbers
    bin: Numbers
    place: Numbers
    after_door_s: Floats

    def of(self, which: Numbers | Flags) -> "EventTimes":
        """Return some of them."""
        return EventTimes(self.week[which], self.bin[which], self.place[which], self.after_door_s[which])


@dataclass(frozen=True)
class EvaluatedHome:
    """One home prepared for the protocol; arrays about silences have shape (n,).

    Attributes
    ----------
    signs : LifeSigns
        All events.
    began, ended : ndarray, float64
        The silences between them, in seconds.
    at : Moments
        What is known when each begins.
    is_outing, is_long, is_blind : ndarray, bool
        Spent outside for sure (for scoring only); longer than a day; overlapping an outage.
    is_test : ndarray, bool
        Whether it counts.
    learned_at : ndarray, float64
        The midnights at which the detector learns from what ended before.
    test_days : float
        Days of test time without outages.
    """

    name: str
    signs: LifeSigns
    began: Floats
    ended: Floats
    at: EventTimes
    is_outing: Flags
    is_long: Flags
    is_blind: Flags
    is_test: Flags
    first_midnight: float
    learned_at: Floats
    test_days: float
    outages: Spans

    @property
    def length_min(self) -> Floats:
        """How long each silence lasted, in minutes."""
        return (self.ended - self.began) / 60

    @property
    def is_long_in_test(self) -> Flags:
        """Which silences of more than a day begin in the test days and are no outage."""
        return self.is_long & ~self.is_blind & (self.began >= self.learned_at[0])


class Detector(Protocol):
    """A detector of long silences with one sensitivity to sweep."""

    @property
    def name(self) -> str:
        """How reports call it."""
        ...

    @property
    def settings(self) -> Sequence[float]:
        """The sensitivities to try."""
        ...

    def learn(self, home: EvaluatedHome) -> "FittedDetector":
        """Learn at each of the home's midnights from what had ended by then."""
        ...


class FittedDetector(Protocol):
    """What a detector learned about one home."""

    def threshold_min(self, setting: float, moments: EventTimes) -> Floats:
        """Return for silences that begin at these moments after how many minutes an alarm is raised, shape (n,)."""
        ...


def prepare(
    recordings: Sequence[EvaluatedRecording],
    outages: Spans = (),
    *,
    least_days: float = LEAST_DAYS,
) -> list[EvaluatedHome]:
    """Return the homes that are recorded for long enough, ready for the protocol, in order of their names.

    Parameters
    ----------
    recordings : sequence of Recording
        Times as the wall clock showed them.
    outages : sequence of (float, float)
        Times in which the whole platform was silent (2).
    least_days : float
        Shorter recordings are left out.
    """
    long_enough = [one for one in recordings if one.signs.time[-1] - one.signs.time[0] >= least_days * DAY_S]
    return [_home(one, outages) for one in sorted(long_enough, key=lambda one: one.home)]


def doors_of(signs: LifeSigns) -> Flags:
    """Return which life signs are doors of the home."""
    return signs.kind == _DOOR


def _home(recording: EvaluatedRecording, outages: Spans) -> EvaluatedHome:
    signs = recording.signs
    doors = signs.time[doors_of(signs)]
    began, ended = signs.time[:-1], signs.time[1:]
    first, end = float(recording.signs.time[0]), float(recording.signs.time[-1])
    first_midnight = float(np.ceil(first / DAY_S) * DAY_S)
    test_from = first_midnight + FIRST_TEST_DAY * DAY_S
    learned_at = np.arange(test_from, max(end, test_from + 1), RELEARN_DAYS * DAY_S)
    since_door = seconds_since(doors, began)
    is_blind = np.zeros(len(began), np.bool_)
    for start, stop in outages:
        is_blind |= (began < stop) & (ended > start)
    blind_s = sum(max(0.0, min(stop, end) - max(start, test_from)) for start, stop in outages)
    return EvaluatedHome(
        name=recording.home,
        signs=signs,
        began=began,
        ended=ended,
        at=moments(began, signs.place[:-1].astype(np.int64), since_door, learned_at),
        is_outing=(since_door <= DOOR_S) & (until_next(doors, ended) <= DOOR_S) & (ended - began >= OUTING_S),
        is_long=ended - began > DAY_S,
        is_blind=is_blind,
        is_test=(began >= test_from) & ~is_blind & (ended - began <= DAY_S),
        first_midnight=first_midnight,
        learned_at=learned_at,
        test_days=(end - test_from - blind_s) / DAY_S,
        outages=outages,
    )


def moments(time: Floats, place: Numbers, after_door_s: Floats, learned_at: Floats) -> EventTimes:
    """Return what a detector may know when silences begin at `time`; before the first learning it is given that one."""
    week = np.clip(np.searchsorted(learned_at, time, side="right") - 1, 0, None)
    return EventTimes(week, (time % DAY_S // STEP_S).astype(np.int64), place, after_door_s)


def seconds_since(doors: Floats, time: Floats) -> Floats:
    """Return how long ago the latest door event was, infinity if there was none."""
    latest = np.searchsorted(doors, time, side="right") - 1
    padded = np.append(doors, -np.inf)  # index -1 finds the event that never was
    return time - padded[latest]


def until_next(doors: Floats, time: Floats) -> Floats:
    """Return how long it is to the next door event, infinity if there is none."""
    return np.append(doors, np.inf)[np.searchsorted(doors, time, side="left")] - time


@dataclass(frozen=True)
class Collapses:
    """Collapses put into one home: the silence each falls into, and how many minutes after its beginning."""

    silence: Numbers
    after_min: Floats


def collapses(homes: Sequence[EvaluatedHome], seed: int = 0) -> list[Collapses]:
    """Return random moments of time at home in the test days, 100 per day of it (7); homes in the order given."""
    random = np.random.default_rng(seed)
    result: list[Collapses] = []
    for home in homes:
        pool = np.flatnonzero(home.is_test & ~home.is_outing)
        edges: Floats = np.concatenate([[0.0], np.cumsum(home.length_min[pool])])
        where: Floats = random.random(round(INJECTIONS_PER_DAY * edges[-1] * 60 / DAY_S)) * edges[-1]
        number = np.searchsorted(edges, where, side="right").astype(np.int64) - 1
        result.append(Collapses(pool[number], where - edges[number]))
    return result


@dataclass(frozen=True)
class CollapseTrial:
    """One detector with one setting in one home: its false alarms, and the minutes to each alarm (NaN: was already up).

    `false_hours` is at which hours of the day they ring, as far as the detector is asked for it.
    """

    false_alarms: int
    to_alarm_min: Floats
    false_hours: tuple[float, ...] = ()


def run(
    detector: Detector, homes: Sequence[EvaluatedHome], injected: Sequence[Collapses]
) -> list[list[CollapseTrial]]:
    """Return the trials of a detector, for each setting and each home (5, 6, 7)."""
    by_home = [_run_home(detector, home, one) for home, one in zip(homes, injected, strict=True)]
    return [list(trials) for trials in zip(*by_home, strict=True)]


def _run_home(detector: Detector, home: EvaluatedHome, injected: Collapses) -> list[CollapseTrial]:
    learned = detector.learn(home)
    # Most silences are over before any detector could mind.
    tested = np.flatnonzero(home.is_test & (home.ended - home.began > STEP_S))
    length = home.length_min[tested]
    trials: list[CollapseTrial] = []
    for setting in detector.settings:
        false = int(np.sum(length > learned.threshold_min(setting, home.at.of(tested))))
        wait = learned.threshold_min(setting, home.at.of(injected.silence)) - injected.after_min
        trials.append(CollapseTrial(false, np.where(wait >= 0, wait, np.nan)))
    return trials
