"""Protocol P for the rule as it runs live: an uncertain life sign only puts an alarm off, and for no longer than a bound.

Whether a life sign is sure is decided as it can be known live: by its kind, or by another one in the ten minutes before. A partner that comes
later changes nothing here, since no alarm comes within ten minutes of a life sign. After a collapse no partner comes any more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from detectors.features.silence_profile import CERTAIN_KINDS, PARTNER_S, certain
from simulator.evaluation.noise import Noise, noise_after
from simulator.evaluation.protocol import (
    DAY_S,
    Collapses,
    CollapseTrial,
    EvaluatedHome,
    EventTimes,
    Flags,
    Floats,
    Numbers,
    moments,
)


class LiveDetector(Protocol):
    """A detector that counts from every life sign and from the last sure one, with one sensitivity to sweep."""

    @property
    def name(self) -> str:
        """How reports call it."""
        ...

    @property
    def settings(self) -> Sequence[float]:
        """The sensitivities to try."""
        ...

    def learn_live(self, home: EvaluatedHome) -> "LearnedLive":
        """Learn at each of the home's midnights from what had ended by then."""
        ...


class LearnedLive(Protocol):
    """What a detector learned about one home."""

    def threshold_min(self, setting: float, moments: EventTimes) -> Floats:
        """Return after how many minutes what is counted from any life sign is too long, shape (n,)."""
        ...

    def bound_min(self, setting: float, moments: EventTimes) -> Floats:
        """Return the same for what is counted from a sure life sign with uncertain ones after it."""
        ...

    def is_trusted(self, moments: EventTimes) -> Flags:
        """Return whether uncertain life signs at these moments and places may put an alarm off, shape (n,)."""
        ...


@dataclass(frozen=True)
class Certainty:
    """What is sure in a home; arrays of shape (n,), one for each silence.

    Attributes
    ----------
    since : ndarray, int64
        The silence that began with the last sure life sign; its own number where that is sure itself.
    is_test : ndarray, bool
        Whether it counts: as in `EvaluatedHome`, and the platform was in contact since the last sure life sign.
    """

    since: Numbers
    is_test: Flags


@dataclass(frozen=True)
class LiveAlarms:
    """When alarms are due with one setting; arrays of shape (n,), one for each silence.

    Attributes
    ----------
    count, bound, alarm : ndarray, float64
        By the count, by the bound, and altogether, in Unix seconds.
    is_up : ndarray, bool
        Whether an alarm was up before the silence began.
    """

    count: Floats
    bound: Floats
    alarm: Floats
    is_up: Flags


def certainty(home: EvaluatedHome) -> Certainty:
    """Return which silences of a home, prepared with all its events, begin with an uncertain life sign."""
    signs = home.signs
    paired: Flags = np.append(False, np.diff(signs.time) <= PARTNER_S)
    number = np.arange(len(signs.time))
    # Whoever has no partner before may have found one since: that is known when the next silence begins.
    known = certain(signs)
    latest = np.maximum.accumulate(np.where(known, number, -1))
    before = np.append(-1, latest[:-1])
    uncertain = ~np.isin(signs.kind, CERTAIN_KINDS) & ~paired & (before >= 0)
    since = np.where(uncertain, before, number)[:-1]
    is_test = home.is_test.copy()
    for start, stop in home.outages:
        is_test &= ~((home.began[since] < stop) & (home.ended > start))
    return Certainty(since, is_test)


def run_live_with(
    detector: LiveDetector,
    homes: Sequence[EvaluatedHome],
    injected: Sequence[Collapses],
    noises_per_hour: Sequence[float],
    *,
    seed: int = 0,
) -> list[list[list[CollapseTrial]]]:
    """Return the trials of a detector, for each rate of noise, each setting and each home; what is learned serves all rates.

    With noise, false events follow each collapse. The homes are prepared with all their events, so the collapses are the same as those of
    detectors to which every event counts.
    """
    randoms = [np.random.default_rng(seed) for _ in noises_per_hour]
    by_home: list[list[list[CollapseTrial]]] = []
    for home, one in zip(homes, injected, strict=True):
        noises = [
            noise_after(home, one, per_hour, random) if per_hour else None
            for per_hour, random in zip(noises_per_hour, randoms, strict=True)
        ]
        by_home.append(list(_run_home(detector, home, one, noises)))
    # From home, setting and noise to noise, setting and home.
    by_setting = [list(zip(*rows, strict=True)) for rows in zip(*by_home, strict=True)]
    return [[list(one[number]) for one in by_setting] for number in range(len(noises_per_hour))]


def _run_home(
    detector: LiveDetector, home: EvaluatedHome, injected: Collapses, noises: Sequence[Noise | None]
) -> Iterator[list[CollapseTrial]]:
    sure = certainty(home)
    learned = detector.learn_live(home)
    fell = home.began[injected.silence] + injected.after_min * 60
    for setting in detector.settings:
        found = alarms_of(home, sure, learned, setting)
        false = found.alarm[sure.is_test & ~found.is_up & (found.alarm < home.ended)]
        hours = tuple((false % DAY_S / 3600).round(2).tolist())
        alarm = found.alarm[injected.silence]
        # An alarm that was up before the collapse is dropped by the protocol; noise cannot take it back.
        waits = ~found.is_up[injected.silence] & (alarm >= fell)
        fallen = _Fallen(home, learned, setting, injected, found)
        alarms = [alarm if one is None else _after_noise(fallen, one, waits) for one in noises]
        yield [CollapseTrial(len(false), np.where(waits, (one - fell) / 60, np.nan), hours) for one in alarms]


def alarms_of(home: EvaluatedHome, sure: Certainty, learned: LearnedLive, setting: float) -> LiveAlarms:
    """Return when alarms are due in each silence if it lasts."""
    count = home.began + learned.threshold_min(setting, home.at) * 60
    since_sure = home.began[sure.since] + learned.bound_min(setting, home.at.of(sure.since)) * 60
    bound = np.maximum(since_sure, count[sure.since])
    alarm = count.copy()
    trusted = learned.is_trusted(home.at)
    is_up = np.zeros(len(count), np.bool_)
    # The first uncertain life sign after a sure one, then the second, and so on: each needs what held before it.
    depth = np.arange(len(count)) - sure.since
    for number in range(1, int(depth.max(initial=0)) + 1):
        at = np.flatnonzero(depth == number)
        count[at] = np.where(trusted[at], np.maximum(count[at], count[at - 1]), count[at - 1])
        is_up[at] = is_up[at - 1] | (alarm[at - 1] < home.began[at])
        alarm[at] = np.maximum(np.minimum(count[at], bound[at]), home.began[at] + PARTNER_S)
    return LiveAlarms(count, bound, alarm, is_up)


@dataclass(frozen=True)
class _Fallen:
    """What is known of collapses before noise."""

    home: EvaluatedHome
    learned: LearnedLive
    setting: float
    injected: Collapses
    found: LiveAlarms


def _after_noise(fallen: _Fallen, noise: Noise, waits: Flags) -> Floats:
    """Return when each alarm comes although false events follow the collapse."""
    home, found, number = fallen.home, fallen.found, fallen.injected.silence
    count, bound, alarm = found.count[number], found.bound[number], found.alarm[number]
    last = home.began[number].copy()
    waits = waits.copy()
    for column in range(noise.time.shape[1]):
        time = noise.time[:, column]
        waits &= time <= alarm
        at = np.flatnonzero(waits)
        if not len(at):
            break
        now = time[at]
        known = moments(now, noise.place[at, column], np.full(len(at), np.inf), home.learned_at)
        # By chance two false events may confirm each other, and end a silence.
        is_pair = now - last[at] <= PARTNER_S
        renewed = now + fallen.learned.threshold_min(fallen.setting, known) * 60
        put_off_to = np.where(fallen.learned.is_trusted(known), np.maximum(renewed, count[at]), count[at])
        count[at] = np.where(is_pair, renewed, put_off_to)
        since_sure = now + fallen.learned.bound_min(fallen.setting, known) * 60
        bound[at] = np.where(is_pair, np.maximum(since_sure, renewed), bound[at])
        put_off = np.maximum(np.minimum(count[at], bound[at]), now + PARTNER_S)
        alarm[at] = np.where(is_pair, renewed, put_off)
        last[at] = now
    return alarm
