"""Radars that were not there: what they would have said of a home of which only movements are known."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np

from core.domain.rhythm import Rhythm
from detectors.features import daily_rhythm
from detectors.features.daily_rhythm import TrainingData
from detectors.features.local_time import midnight
from detectors.features.window import LifeSigns, Occupancy, moment
from detectors.rules.stillness import UnusualStillness
from simulator.evaluation.homes import EvaluatedRecording
from simulator.evaluation.outages import TIHM_OUTAGES
from simulator.evaluation.recorded_life import ZONE, RecordedHome

ROOMS = ("bathroom", "bedroom", "hallway", "kitchen", "lounge")
_SETTLED_BEFORE_S = 7200.0


def seen_by_radars(signs: LifeSigns, *places: str) -> list[Occupancy]:
    """Return when radars in some rooms, or in all, would have seen somebody: from a first life sign there to the first one elsewhere.

    A real radar sees who leaves without being seen elsewhere, so real stretches are shorter than these, and there are fewer alerts.

    Examples
    --------
    >>> from core.domain.device import DeviceKind
    >>> from detectors.features.window import life_signs
    >>> moved = life_signs([(60.0 * at, DeviceKind.MOTION, place) for at, place in enumerate(("hall", "bath", "bath", "hall"))])
    >>> [(one.place, one.began.tolist(), one.ended.tolist()) for one in seen_by_radars(moved, "bath")]
    [('bath', [60.0], [180.0])]
    """
    found: list[Occupancy] = []
    enters = np.append(True, signs.place[1:] != signs.place[:-1])[: len(signs.place)]
    began, where = signs.time[enters], signs.place[enters]
    ended = np.append(began[1:], np.inf)[: len(began)]
    for number, place in enumerate(signs.places):
        if not places or place in places:
            here = where == number
            found.append(Occupancy(f"{number}.presence", place, began[here], ended[here]))
    return found


def stillness_per_30_days(recordings: Sequence[EvaluatedRecording]) -> tuple[float, float]:
    """Return how often unusual stillness would be raised in 30 home-days of TIHM, with a radar in each room: in all, and once four weeks had taught."""
    days = days_later = 0.0
    raised = later = 0
    for recording in recordings:
        home = RecordedHome(recording, TIHM_OUTAGES)
        radars = seen_by_radars(home.signs, *ROOMS)

        @cache
        def rhythm_on(
            day: date, signs: LifeSigns = home.signs, radars: Sequence[Occupancy] = tuple(radars)
        ) -> Rhythm:
            until = midnight(ZONE, day).timestamp() - _SETTLED_BEFORE_S
            return daily_rhythm.learn(TrainingData(signs, (), (), TIHM_OUTAGES, until, radars), ZONE)

        window = replace(home.window(home.signs), occupancies=radars)
        rule = UnusualStillness(rhythm_on, home.silence)
        found = rule.evaluate(window, moment(home.began), moment(home.ended)).findings
        raised += len(found)
        later += sum(one.raised_at.timestamp() >= home.later for one in found)
        days += home.days(home.began)
        days_later += home.days(home.later)
    return 30 * raised / days, 30 * later / days_later
