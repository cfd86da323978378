"""Events that are nobody's after a collapse: a curtain in the draught, the sun, a robot cleaner."""

from dataclasses import dataclass

import numpy as np

from core.domain.device import DeviceKind
from detectors.features.window import LIFE_KINDS, LifeSigns
from simulator.evaluation.protocol import Collapses, EvaluatedHome, Floats, Numbers

# Every alarm comes within one day of the last sure life sign; by chance false events look sure, and begin another day.
_HOURS = 72
_EVENTS = 24


@dataclass(frozen=True)
class Noise:
    """False events after each of n collapses in one home; arrays of shape (n, events), seconds in order of time."""

    time: Floats
    place: Numbers


def noise_after(
    home: EvaluatedHome, injected: Collapses, per_hour: float, random: np.random.Generator
) -> Noise:
    """Draw single motion events after each collapse, Poisson in time, each at one of the home's motion sensors."""
    shape = (len(injected.silence), max(_EVENTS, round(_HOURS * per_hour)))
    fell = home.began[injected.silence] + injected.after_min * 60
    time = fell[:, None] + np.cumsum(random.exponential(3600 / per_hour, shape), axis=1)
    return Noise(time, random.choice(motion_places(home.signs), shape).astype(np.int64))


def motion_places(signs: LifeSigns) -> Numbers:
    """Return the places of motion sensors; of any if there is none."""
    motion = signs.place[signs.kind == LIFE_KINDS.index(DeviceKind.MOTION)]
    return np.unique(motion if len(motion) else signs.place).astype(np.int64)
