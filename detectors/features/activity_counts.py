"""What `decline` compares: how much activity was received on each local day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from detectors.features.local_time import DAY_S, local_seconds
from detectors.features.silence_profile import DOOR
from detectors.features.window import LifeSigns

QUARTER_S, DOOR_USE_S = 900.0, 120.0
NIGHT_FROM_S, NIGHT_TO_S = 23 * 3600.0, 5 * 3600.0
# A day is left out if the home was out of contact for so much of it, or an absence was planned.
MOST_EXCLUDED_S = 6 * 3600.0

Floats = NDArray[np.float64]
Span = tuple[float, float]


@dataclass(frozen=True)
class DailyCounts:
    """What was counted on each local day; every array has shape (n,), days rise and are ordinals.

    `counts` holds, by the names of `WORSE`: quarters of an hour with signs of life, uses of the entrance door, and quarters of an hour
    between 23 and 5 o'clock with signs of life. NaN on days that teach nothing (blind, planned to be away).
    """

    day: NDArray[np.int64]
    counts: Mapping[str, Floats]


def count_days(
    signs: LifeSigns, zone: ZoneInfo, excluded: Sequence[Span] = (), unsure: Sequence[Span] = ()
) -> DailyCounts:
    """Count the quarters of an hour with signs of life, the uses of doors, and the quarters between 23 and 5 o'clock, of each local day.

    A day without life signs has no row. One of which more than six hours lie in `excluded` time, or any moment in `unsure` time, is there
    without counts: nothing may be concluded from it.

    Parameters
    ----------
    signs : LifeSigns
        Of whole local days.
    zone : ZoneInfo
        The home's.
    excluded : sequence of (float, float)
        Unix seconds: when the home was out of contact, or nobody was there.
    unsure : sequence of (float, float)
        Unix seconds: when a sensor reported more than was so. What it reported then must not be in `signs`.
    """
    local = local_seconds(zone, signs.time)
    days = np.unique(local // DAY_S)
    clock = local % DAY_S
    at_night = (clock >= NIGHT_FROM_S) | (clock < NIGHT_TO_S)
    counts = {
        "active_quarters": _per_day(days, local, QUARTER_S),
        "door_uses": _per_day(days, local[signs.kind == DOOR], DOOR_USE_S),
        "night_quarters": _per_day(days, local[at_night], QUARTER_S),
    }
    unknown = (_lost(days, zone, excluded) > MOST_EXCLUDED_S) | (_lost(days, zone, unsure) > 0)
    for count in counts.values():
        count[unknown] = np.nan
    return DailyCounts(days.astype(np.int64) + date(1970, 1, 1).toordinal(), counts)


def _per_day(days: Floats, local: Floats, step_s: float) -> Floats:
    steps = np.unique(local // step_s)
    found, counts = np.unique(steps * step_s // DAY_S, return_counts=True)
    result = np.zeros(len(days))
    result[np.searchsorted(days, found)] = counts
    return result


def _lost(days: Floats, zone: ZoneInfo, spans: Sequence[Span]) -> Floats:
    """Return how many seconds of each day lie in some spans; they may overlap."""
    lost = np.zeros(len(days))
    for span in spans:
        began, ended = local_seconds(zone, np.array(span)).tolist()
        lost += np.clip(ended - days * DAY_S, 0.0, DAY_S) - np.clip(began - days * DAY_S, 0.0, DAY_S)
    return lost
