"""A challenger of the live rule: a model of when the next life sign comes, and the alarm at the moment that costs least.

In each 5 minutes of a silence the next sign comes with a chance that depends on the clock, on how long the silence has lasted, and on where the
person was seen last; it is counted in the home, and where little is known there it is drawn towards all places of the home, and these
towards the other homes. From that follows how likely a silence lasts for how long. Whoever collapses in it waits for the alarm; so the
alarm is planned for the moment at which the waiting of those who may have collapsed and the price of a false alarm are least together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from detectors.features.silence_profile import (
    DOOR_CONTEXT_S,
    LINE_DAYS,
    Silences,
    certain,
    distrusted,
    silences,
    trusted,
)
from simulator.evaluation.live_rule import LearnedLive, LiveDetector
from simulator.evaluation.protocol import (
    BINS,
    CAP_MIN,
    DAY_S,
    STEP_S,
    EvaluatedHome,
    EventTimes,
    Flags,
    Floats,
    Numbers,
)

_STEP_MIN = STEP_S / 60
# Silences are alike within these ages, in steps of 5 minutes.
_AGES = (0, 1, 2, 3, 4, 6, 8, 10, 12, 15, 18, 24, 30, 36, 42, 48, 60, 72, 84, 96, 108, 120, 144, 192)
_AGE_OF_STEP = np.searchsorted(np.array(_AGES), np.arange(BINS), side="right") - 1
# What is near by the clock counts together (standard deviation in bins); and the steps that the home's prior and a place's prior are worth.
_SIGMA_BINS, _HOME_STEPS, _PLACE_STEPS, _WARD_STEPS = 12.0, 5.0, 100.0, 30.0
# Half of the silences after the door are spent outside, where nobody collapses by protocol P.
_AT_HOME_AFTER_DOOR = 0.5
# Uncertain life signs put an alarm off for no longer than this many times the plan since the last sure one, as with the live rule.
_SURE_FACTOR = 1.75
# A false alarm costs as much as so many minutes times minutes of waiting at a margin of one minute of the live rule, and grows with a power
# of the margin: so settings are about those of the rule.
_COST, _COST_POWER = 150.0, 1.7


@dataclass(frozen=True)
class SurvivalPlan:
    """The challenger; `ward` are the homes from which a home that says little takes its chances, itself left out."""

    ward: Sequence[EvaluatedHome]
    settings: Sequence[float] = (15, 20, 30, 40, 55, 75, 100, 130, 165, 200, 250, 320, 400, 520, 700, 1000)
    name: str = "survival model (shadow)"
    _counted: dict[str, Floats] = field(default_factory=dict[str, Floats], repr=False, compare=False)
    _learned: dict[str, "_LearnedPlan"] = field(
        default_factory=dict[str, "_LearnedPlan"], repr=False, compare=False
    )

    def learn_live(self, home: EvaluatedHome) -> "_LearnedPlan":
        """Learn at each midnight the chances between all life signs that are trusted, and between the sure ones."""
        if home.name not in self._learned:
            counts, usual = certain(home.signs), self._ward_chances(home)
            sure = silences(home.signs, counts)
            plans: list[tuple[Floats, Floats]] = []
            places: list[frozenset[str]] = []
            for until in home.learned_at.tolist():
                places.append(distrusted(home.signs, counts, until))
                every = silences(home.signs, counts | trusted(home.signs, places[-1]))
                between = (_chances(home, one, until, usual) for one in (every, sure))
                first, bound = (planned_min(one, self.settings) for one in between)
                plans.append((first, bound))
            every_plans, sure_plans = (np.stack(column) for column in zip(*plans, strict=True))
            self._learned[home.name] = _LearnedPlan(
                tuple(self.settings), home.signs.places, every_plans, sure_plans, tuple(places)
            )
        return self._learned[home.name]

    def _ward_chances(self, home: EvaluatedHome) -> Floats:
        """Return the chances in the other homes after their first four weeks, at home and after the door, shape (2, 288, ages)."""
        for one in self.ward:
            if one.name not in self._counted:
                gaps = silences(one.signs, np.ones(len(one.signs.time), np.bool_))
                counted = _counts(one, gaps, float(one.learned_at[0]))
                self._counted[one.name] = np.stack([counted[:, :-1].sum(axis=1), counted[:, -1]], axis=1)
        others = [self._counted[one.name] for one in self.ward if one.name != home.name]
        none = np.zeros((2, 2, BINS, len(_AGES)))
        ends, steps = _smoothed(np.sum([none, *others], axis=0))
        whenever = (ends.sum(axis=1, keepdims=True) + 0.05) / (steps.sum(axis=1, keepdims=True) + 1)
        return (ends + _WARD_STEPS * whenever) / (steps + _WARD_STEPS)


@dataclass(frozen=True)
class _LearnedPlan:
    """Minutes to the alarm, by week, setting, place (the last row is the door) and bin of the beginning."""

    settings: tuple[float, ...]
    places: tuple[str, ...]
    every: Floats
    sure: Floats
    distrusted: tuple[frozenset[str], ...]

    def threshold_min(self, setting: float, moments: EventTimes) -> Floats:
        """Return when an alarm is raised."""
        return self._of(self.every, setting, moments)

    def bound_min(self, setting: float, moments: EventTimes) -> Floats:
        """Return how long uncertain life signs may put an alarm off."""
        return np.minimum(_SURE_FACTOR * self._of(self.sure, setting, moments), CAP_MIN)

    def is_trusted(self, moments: EventTimes) -> Flags:
        """Return whether single life signs may put an alarm off."""
        good = np.array([[place not in week for place in self.places] for week in self.distrusted])
        return good[moments.week, moments.place]

    def _of(self, plan: Floats, setting: float, moments: EventTimes) -> Floats:
        row = np.where(moments.after_door_s <= DOOR_CONTEXT_S, len(self.places), moments.place)
        return plan[moments.week, self.settings.index(setting), row, moments.bin]


def planned_min(chances: Floats, settings: Sequence[float]) -> Floats:
    """Return after how many minutes the alarm costs least, by setting, place and bin of the beginning; from chances by place, bin of the clock and age.

    Examples
    --------
    >>> even = np.full((2, BINS, len(_AGES)), 0.2)  # the next sign comes within half an hour, whatever the clock
    >>> planned_min(even, (30.0, 200.0))[:, 0, 0].tolist()
    [100.0, 170.0]
    """
    steps = np.arange(BINS)
    clock = (steps[:, None] + steps) % BINS
    plan = np.zeros((len(settings), len(chances), BINS))
    for place, chance in enumerate(chances):
        lasts = np.exp(np.cumsum(np.log1p(-chance[clock, _AGE_OF_STEP[None]]), axis=1))
        before = np.concatenate([np.ones((BINS, 1)), lasts[:, :-1]], axis=1)
        # Who may have collapsed by each step, and what all of them have waited by then.
        fallen = np.cumsum(before, axis=1) * _STEP_MIN
        waited = np.cumsum(fallen, axis=1) * _STEP_MIN
        if place == len(chances) - 1:
            waited *= _AT_HOME_AFTER_DOOR
        for number, setting in enumerate(settings):
            cost: Floats = waited + _COST * setting**_COST_POWER * lasts
            plan[number, place] = (np.argmin(cost, axis=1) + 1) * _STEP_MIN
    return plan


def _chances(home: EvaluatedHome, gaps: Silences, until: float, usual: Floats) -> Floats:
    """Return with which chance the next sign comes within a step, by place (the last is the door), bin of the clock and age."""
    ends, steps = _smoothed(_counts(home, gaps, until))
    at_home = (ends[:-1].sum(axis=0) + _HOME_STEPS * usual[0]) / (steps[:-1].sum(axis=0) + _HOME_STEPS)
    rooms = (ends[:-1] + _PLACE_STEPS * at_home) / (steps[:-1] + _PLACE_STEPS)
    door = (ends[-1] + _HOME_STEPS * usual[1]) / (steps[-1] + _HOME_STEPS)
    return np.concatenate([rooms, door[None]]).clip(1e-5, 1 - 1e-9)


def _counts(home: EvaluatedHome, gaps: Silences, until: float) -> Floats:
    """Count how many silences ended in a step, and how many went into it, by place, bin of the clock and age; shape (2, places + 1, 288, ages)."""
    is_known = (gaps.ended <= until) & (gaps.ended - gaps.began <= DAY_S)
    is_known &= gaps.began >= until - LINE_DAYS * DAY_S
    for start, stop in home.outages:
        is_known &= (gaps.ended <= start) | (gaps.began >= stop)
    began, ended = gaps.began[is_known], gaps.ended[is_known]
    row = np.where(gaps.after_door, len(gaps.places), gaps.place)[is_known].astype(np.int64)
    lasted: Numbers = np.minimum(((ended - began) // STEP_S).astype(np.int64), BINS - 1) + 1
    which = np.repeat(np.arange(len(lasted)), lasted)
    step = np.arange(len(which)) - np.repeat(np.cumsum(lasted) - lasted, lasted)
    clock = ((began % DAY_S // STEP_S).astype(np.int64)[which] + step) % BINS
    where = (row[which], clock, _AGE_OF_STEP[step])
    counts = np.zeros((2, len(gaps.places) + 1, BINS, len(_AGES)))
    np.add.at(counts[1], where, 1)
    is_last = step == lasted[which] - 1
    np.add.at(counts[0], tuple(index[is_last] for index in where), 1)
    return counts


def _smoothed(counts: Floats) -> Floats:
    distance = np.minimum(np.arange(BINS), BINS - np.arange(BINS))
    weight = np.fft.rfft(np.exp(-0.5 * (distance / _SIGMA_BINS) ** 2))
    found = np.fft.irfft(np.fft.rfft(counts, axis=-2) * weight[:, None], BINS, axis=-2)
    return np.maximum(found, 0.0)


@dataclass(frozen=True)
class Between:
    """Alarms between those of two detectors with the same settings: the geometric mean of their waits."""

    one: LiveDetector
    other: LiveDetector
    settings: Sequence[float]
    name: str

    def learn_live(self, home: EvaluatedHome) -> "_LearnedBetween":
        """Let both learn."""
        return _LearnedBetween(self.one.learn_live(home), self.other.learn_live(home))


@dataclass(frozen=True)
class _LearnedBetween:
    one: LearnedLive
    other: LearnedLive

    def threshold_min(self, setting: float, moments: EventTimes) -> Floats:
        """Return when an alarm is raised, in whole steps."""
        return _mean(*(each.threshold_min(setting, moments) for each in (self.one, self.other)))

    def bound_min(self, setting: float, moments: EventTimes) -> Floats:
        """Return how long uncertain life signs may put an alarm off."""
        return _mean(*(each.bound_min(setting, moments) for each in (self.one, self.other)))

    def is_trusted(self, moments: EventTimes) -> Flags:
        """Return what the first says."""
        return self.one.is_trusted(moments)


def _mean(one: Floats, other: Floats) -> Floats:
    # A hair less, so that two equal waits stay what they are.
    return np.ceil(np.sqrt(one * other) / _STEP_MIN - 1e-6) * _STEP_MIN
