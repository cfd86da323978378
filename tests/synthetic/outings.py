"""Made-up people who now and then leave their tracker at home, and how often that is raised.

The homes are those of SYN-40: naps, late mornings, outings by the door. The tracker reports a fix every five minutes, with the errors
of a building at home and of the street outside; one outing in three it stays at home. Twice a week somebody rings, the door is
opened, and the day goes on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.device import DeviceKind
from core.domain.geodesy import METRES_PER_DEGREE
from detectors.features.window import LIFE_KINDS, LifeSigns, Track, Window, life_signs, moment
from detectors.rules.left_behind import QUIET_S, LeftBehind
from simulator.evaluation.protocol import DAY_S
from simulator.evaluation.synthetic import syn40
from tests.synthetic.excursions import HOME

_FIX_S = 300.0
_LEFT = 1 / 3
_RINGS = 2 / 7


@dataclass(frozen=True)
class OutingScore:
    """How a rule found the trackers that were left at home: the share of outings over an hour, and what it raised without reason."""

    found: float
    false_30d: float
    left: int
    days: float


def score_left_behind(homes: int = 20, days: int = 60) -> OutingScore:
    """Run the rule that runs live over the homes; each is a seed of its own."""
    found, left, false, all_days = 0, 0, 0, 0.0
    for seed, recording in enumerate(syn40(homes, days)):
        random = np.random.default_rng(1000 + seed)
        outings = list(_outings(recording.signs))
        stays = [outing for outing in outings if random.random() < _LEFT]
        window = _window(random, recording.signs, [one for one in outings if one not in stays])
        begin, end = window.life_signs.time[0], window.life_signs.time[-1]
        evaluated = LeftBehind().evaluate(window, moment(float(begin)), moment(float(end)))
        raised = {one.began_at.timestamp() for one in evaluated.findings}
        long = [began for began, ended in stays if ended - began > QUIET_S]
        found += sum(began in raised for began in long)
        left += len(long)
        false += len(raised - {began for began, _ in stays})
        all_days += float(end - begin) / DAY_S
    return OutingScore(found / left, 30 * false / all_days, left, all_days)


def _outings(signs: LifeSigns) -> Iterator[tuple[float, float]]:
    doors = signs.time[signs.kind == LIFE_KINDS.index(DeviceKind.DOOR)].tolist()
    yield from zip(doors[::2], doors[1::2], strict=False)


def _window(random: np.random.Generator, signs: LifeSigns, carried: list[tuple[float, float]]) -> Window:
    first, last = float(signs.time[0]), float(signs.time[-1])
    time = np.arange(first, last, _FIX_S)
    sigma = np.full(len(time), 18.0)
    away_m = np.zeros(len(time))
    for began, ended in carried:
        out = (time > began) & (time < ended)
        away_m[out] = np.minimum(np.minimum(time[out] - began, ended - time[out]), 600.0)
        sigma[out] = 7.0
    error = random.normal(0, 1, (2, len(time))) * sigma
    lat = HOME[0] + (away_m + error[0]) / METRES_PER_DEGREE
    lon = HOME[1] + error[1] / (METRES_PER_DEGREE * np.cos(np.radians(HOME[0])))
    kinds = [LIFE_KINDS[int(kind)] for kind in signs.kind]
    where = [signs.places[int(place)] for place in signs.place]
    rows: list[tuple[float, DeviceKind, str]] = list(
        zip([float(one) for one in signs.time], kinds, where, strict=True)
    )
    for day in np.arange(first, last, DAY_S):
        if random.random() < _RINGS:
            rings = day + random.uniform(9, 17) * 3600
            rows += [
                (float(rings), DeviceKind.DOOR, "front-door"),
                (float(rings) + 60, DeviceKind.MOTION, "hallway"),
            ]
            rows.append((float(rings) + 120, DeviceKind.MOTION, "lounge"))
    track = Track(time, lat, lon, 1.515 * sigma)
    return Window(1, ZoneInfo("UTC"), moment(first - 1), life_signs(rows), track, (), (), (), ())
