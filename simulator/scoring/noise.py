"""Events that are nobody's after a collapse: a curtain in the draught, the sun, a robot cleaner."""

from dataclasses import dataclass

import numpy as np

from core.domain.device import DeviceKind
from detectors.rules.judgement import LIFE_KINDS, LifeSigns
from simulator.scoring.protocol import (
    PARTNER_S,
    Collapses,
    Detector,
    Flags,
    Floats,
    Home,
    Learned,
    Numbers,
    Trial,
    moments,
)

# With one event in six hours this reaches over four days; every alarm comes within one day of the last event that counts.
_EVENTS = 24


@dataclass(frozen=True)
class Noise:
    """False events after each of n collapses in one home; arrays of shape (n, 24), seconds in order of time."""

    time: Floats
    place: Numbers
    counts: Flags


def noise_after(
    home: Home, injected: Collapses, per_hour: float, random: np.random.Generator, *, confirmed_only: bool
) -> Noise:
    """Draw single motion events after each collapse, Poisson in time, each at one of the home's motion sensors.

    With `confirmed_only` those count that have a partner within ten minutes: by chance, or the last event before the collapse.
    """
    shape = (len(injected.silence), _EVENTS)
    began = home.began[injected.silence]
    time = (began + injected.after_min * 60)[:, None] + np.cumsum(
        random.exponential(3600 / per_hour, shape), axis=1
    )
    place = random.choice(motion_places(home.signs), shape).astype(np.int64)
    counts = np.ones(shape, np.bool_)
    if confirmed_only:
        close = np.diff(np.column_stack([began, time]), axis=1) <= PARTNER_S
        counts = close.copy()
        counts[:, :-1] |= close[:, 1:]
    return Noise(time, place, counts)


def motion_places(signs: LifeSigns) -> Numbers:
    """Return the places of motion sensors; of any if there is none."""
    motion = signs.place[signs.kind == LIFE_KINDS.index(DeviceKind.MOTION)]
    return np.unique(motion if len(motion) else signs.place).astype(np.int64)


def run_with_noise(
    detector: Detector,
    homes: list[Home],
    injected: list[Collapses],
    *,
    per_hour: float,
    confirmed_only: bool,
    seed: int = 0,
) -> list[list[Trial]]:
    """Return the trials of a detector as `protocol.run` does, with false events after each collapse.

    A false event that counts begins a new silence. One that does not lets an alarm wait for its partner for ten minutes.
    """
    random = np.random.default_rng(seed)
    by_home: list[list[Trial]] = []
    for home, one in zip(homes, injected, strict=True):
        noise = noise_after(home, one, per_hour, random, confirmed_only=confirmed_only)
        learned = detector.learn(home)
        tested = np.flatnonzero(home.is_test & (home.ended > home.began))
        trials: list[Trial] = []
        for setting in detector.settings:
            false = home.length_min[tested] > learned.patience_min(setting, home.at.of(tested))
            wait = _alarms(home, learned, setting, one, noise) / 60 - one.after_min
            trials.append(Trial(int(np.sum(false)), np.where(wait >= 0, wait, np.nan)))
        by_home.append(trials)
    return [list(trials) for trials in zip(*by_home, strict=True)]


def _alarms(home: Home, learned: Learned, setting: float, injected: Collapses, noise: Noise) -> Floats:
    """Return after how many seconds of the silence each alarm comes."""
    began = home.began[injected.silence]
    alarm = began + learned.patience_min(setting, home.at.of(injected.silence)) * 60
    # An alarm that was up before the collapse is dropped by the protocol; noise cannot take it back.
    waits = alarm >= began + injected.after_min * 60
    for column in range(noise.time.shape[1]):
        time = noise.time[:, column]
        renews = waits & noise.counts[:, column] & (time <= alarm)
        if renews.any():
            at = moments(
                time[renews], noise.place[renews, column], np.full(int(renews.sum()), np.inf), home.learned_at
            )
            alarm[renews] = time[renews] + learned.patience_min(setting, at) * 60
        delays = waits & ~noise.counts[:, column] & (time <= alarm) & (alarm < time + PARTNER_S)
        alarm[delays] = time[delays] + PARTNER_S
    return alarm - began
