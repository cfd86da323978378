"""Made-up homes for measuring where no recording may be used: the set SYN-40, and events that are nobody's after a collapse.

The homes are drawn from distributions, not from a person; every home is its own seed, so the set is the same everywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, log

import numpy as np

from simulator.evaluation.homes import EvaluatedRecording, kind_of, life_signs_of
from simulator.evaluation.protocol import DAY_S

HOMES = 40
DAYS = 90
BETWEEN_MIN = 4.0
_HOUR_S = 3600.0
_FIRST_DAY = float(np.datetime64("2024-01-01", "s").astype(np.int64))
_ROOMS = ("kitchen", "hallway", "lounge", "bathroom")

Event = tuple[float, str]


@dataclass(frozen=True)
class _Person:
    """What stays the same about one person; hours of the clock, minutes between events."""

    wakes_h: float
    sleeps_h: float
    between_min: float
    naps: float
    goes_out: float
    up_at_night: float


@dataclass(frozen=True)
class _Block:
    """A time of the day without events: an outing, or a nap."""

    began_h: float
    ended_h: float
    place: str


def syn40(homes: int = HOMES, days: int = DAYS, between_min: float = BETWEEN_MIN) -> list[EvaluatedRecording]:
    """Return the homes of the set; fewer homes or days give the beginning of it.

    More minutes between events make homes with few sensors, where a sign of life seldom has another one near it.
    """
    return [_recording(seed, days, between_min) for seed in range(homes)]


def _recording(seed: int, days: int, between_min: float) -> EvaluatedRecording:
    random = np.random.default_rng(seed)
    person = _Person(
        wakes_h=random.normal(7.0, 0.7),
        sleeps_h=random.normal(22.5, 0.7),
        between_min=exp(float(random.normal(log(between_min), 0.3))),
        naps=random.uniform(0.2, 0.8),
        goes_out=random.uniform(0.3, 0.8),
        up_at_night=random.uniform(0.5, 2.5),
    )
    events = [
        (_FIRST_DAY + day * DAY_S + hour * _HOUR_S, place)
        for day in range(days)
        for hour, place in _day(random, person)
    ]
    places = [place for _, place in events]
    signs = life_signs_of(
        np.array([round(time) for time, _ in events], np.float64),
        places,
        [kind_of(place) for place in places],
    )
    return EvaluatedRecording(f"syn{seed:02d}", signs)


def _day(random: np.random.Generator, person: _Person) -> Iterator[Event]:
    late_h = 2.0 if random.random() < 0.02 else 0.0
    wake = person.wakes_h + random.normal(0, 0.5) + late_h
    bed = person.sleeps_h + random.normal(0, 0.5)
    yield wake, "bedroom"
    yield bed, "bedroom"
    blocks = _blocks(random, person, wake, bed)
    for block in blocks:
        yield block.began_h, block.place
        yield block.ended_h, block.place
    now = wake
    while True:
        now += min(exp(float(random.normal(log(person.between_min), 1.3))), 120) / 60
        if now >= bed:
            break
        inside = [block for block in blocks if block.began_h < now < block.ended_h]
        if inside:
            now = inside[0].ended_h
        else:
            yield now, _ROOMS[random.integers(len(_ROOMS))]
    for _ in range(random.poisson(person.up_at_night)):
        visit = random.uniform(bed, person.wakes_h + 24)
        for after_s, place in ((0, "bedroom"), (90, "bathroom"), (300, "bedroom")):
            yield visit + after_s / _HOUR_S, place


def _blocks(random: np.random.Generator, person: _Person, wake: float, bed: float) -> list[_Block]:
    blocks: list[_Block] = []
    kind = random.random()
    began = ended = 0.0
    if kind < 0.01:
        began = wake + random.uniform(0.5, 2)
        ended = min(began + random.normal(9, 1), bed - 0.5)
    elif kind < person.goes_out:
        began = max(random.normal(10.5, 1.2), wake + 20 / 60)
        ended = min(began + exp(float(random.normal(log(100), 0.6))) / 60, bed - 0.5)
    if ended > began:
        blocks.append(_Block(began, ended, "front-door"))
    if random.random() < person.naps:
        began = random.normal(13.8, 0.8)
        ended = began + max(random.normal(60, 25), 15) / 60
        apart = all(ended < block.began_h or began > block.ended_h for block in blocks)
        if apart and wake < began and ended < bed:
            blocks.append(_Block(began, ended, "lounge"))
    return blocks
