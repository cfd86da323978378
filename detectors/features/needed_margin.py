"""How wide a margin each past silence would have needed: by the lines of all other days, so that no silence excuses itself.

From these follows, without any label, how often a margin is passed in a home, and which margin keeps to a budget of false alarms there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from detectors.features.local_time import BINS, DAY_S, STEP_S
from detectors.features.silence_margin import needed_min, usual_min
from detectors.features.silence_profile import OUTING_BINS, Silences, TaughtSilences, lines_without_each_day

Floats = NDArray[np.float64]

# How many false alarms a margin (minutes) gives in 30 days where nothing is known yet, over the logarithm of both: between what recorded and
# made-up homes have (docs/evaluation.md).
_USUAL_MARGIN_MIN = (30.0, 60.0, 110.0, 160.0, 360.0, 900.0)
_USUAL_ALARMS_30D = (25.0, 12.0, 6.0, 2.5, 0.5, 0.07)
# The home's own past counts against so many false alarms of that usual. A home is never taken for much calmer, since a few weeks cannot prove
# that, nor for much more restless: margins that only grow would leave those who need it most waiting longest.
_USUAL_COUNTS, _RESTLESS = 4.0, (0.4, 1.3)
_ASKED_MIN: Floats = np.arange(15.0, 905.0, 5.0)
_USUAL_30D: Floats = np.exp(
    np.interp(np.log(_ASKED_MIN), np.log(_USUAL_MARGIN_MIN), np.log(_USUAL_ALARMS_30D))
)
# Shorter silences are never alarmed about; a margin is whole steps.
_LEAST_S = 1800.0
_STEP_MIN = STEP_S / 60


def margin_for(needed_min: Sequence[float], days: int, budget_30d: float) -> float:
    """Return the margin in minutes that gives about so many false alarms in 30 days, from what past silences of some days would have needed.

    Examples
    --------
    >>> margin_for((), 28, 2.7), margin_for((), 60, 2.7), margin_for((400, 300, 250, 200, 190, 180, 170, 165), 60, 2.7)
    (100.0, 100.0, 170.0)
    """
    passed = len(needed_min) - np.searchsorted(np.sort(needed_min), _ASKED_MIN, side="right")
    restless = (_USUAL_COUNTS + passed) / (_USUAL_COUNTS + _USUAL_30D * days / 30)
    # Fewer with a wider margin, whatever the counts of a single home say.
    rates: Floats = np.minimum.accumulate(_USUAL_30D * np.clip(restless, *_RESTLESS))
    margin: Floats = np.interp(np.array([-log(budget_30d)]), -np.log(rates), _ASKED_MIN)
    return round(float(margin[0]) / _STEP_MIN) * _STEP_MIN


def needed_margins(
    between_sure: Silences, sure: TaughtSilences, every: TaughtSilences, sure_factor: float
) -> tuple[float, ...]:
    """Return the margins in minutes that would have been needed, one for each silence between sure life signs that passed its line.

    Parameters
    ----------
    between_sure : Silences
        All silences between sure life signs.
    sure, every : TaughtSilences
        What teaches: the silences between sure life signs, of which the bound is `sure_factor` margins, and those between all that are trusted.
    """
    began, needed = _needed(every)
    if sure is not every:
        more_began, more_needed = _needed(sure)
        began = np.concatenate([began, more_began])
        needed = np.concatenate([needed, more_needed / sure_factor])
    # One alarm at most for each silence between sure life signs, however many uncertain ones are in it.
    number = np.searchsorted(between_sure.began, began, side="right")
    most = np.zeros(len(between_sure.began) + 1)
    np.maximum.at(most, number, needed)
    return tuple(sorted(np.ceil(most[most > 0]).tolist(), reverse=True))


@dataclass(frozen=True)
class _Outings:
    """The silences after the door: the local day and the bin of the clock at which each began, and how long it lasted, in minutes."""

    day: Floats
    bin: Floats
    lasted_min: Floats

    def longest_other_min(self, began: float) -> float:
        """Return how long the longest of another day lasted that began at about the same time as one (seconds on the wall clock)."""
        apart = np.abs(self.bin - began % DAY_S // STEP_S)
        alike = (self.day != began // DAY_S) & (np.minimum(apart, BINS - apart) <= OUTING_BINS)
        return float(self.lasted_min[alike].max(initial=0.0))


def _needed(known: TaughtSilences) -> tuple[Floats, Floats]:
    """Return when the silences began that pass the lines of the other days, and the margin that each would have needed."""
    began: list[float] = []
    needed: list[float] = []
    if len(known.days) > 1:
        lines = lines_without_each_day(known.longest)
        is_known = np.isin(known.local // DAY_S, known.days)
        outings = _outings(known, known.after_door & is_known)
        is_asked = (known.ended - known.began > _LEAST_S) & is_known
        for number in np.flatnonzero(is_asked).tolist():
            most = _most(known, lines, outings, number)
            if most > 0:
                began.append(float(known.began[number]))
                needed.append(most)
    return np.array(began), np.array(needed)


def _outings(known: TaughtSilences, which: NDArray[np.bool_]) -> _Outings:
    local = known.local[which]
    lasted_min = (known.ended - known.began)[which] / 60
    return _Outings(local // DAY_S, local % DAY_S // STEP_S, lasted_min)


def _most(known: TaughtSilences, lines: Floats, outings: _Outings, number: int) -> float:
    """Return the margin that one silence would have needed, 0 if none."""
    began, place, is_out = (
        float(known.local[number]),
        int(known.place[number]),
        bool(known.after_door[number]),
    )
    count = min(int(np.ceil((known.ended[number] - known.began[number]) / STEP_S)), BINS)
    clock = began + np.arange(count) * STEP_S
    bins = (clock // STEP_S % BINS).astype(np.int64)
    day = np.minimum(np.searchsorted(known.days, clock // DAY_S), len(known.days) - 1)
    room = None if is_out else lines[1 + known.lived_in.index(place), day, bins]
    line = usual_min(lines[0, day, bins], room)
    age_min = np.arange(count) * _STEP_MIN
    if np.all(age_min <= line):
        return 0.0
    margin = needed_min(line, bins, None if is_out else known.places[place])
    if is_out:
        margin = np.minimum(margin, age_min - outings.longest_other_min(began))
    return float(margin[1:].max(initial=0.0))
