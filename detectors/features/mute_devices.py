"""Devices without a heartbeat that say nothing at all any more, each by its own usual longest silence."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from detectors.features.stuck_patterns import StuckSpell

HOUR_S, DAY_S = 3600.0, 86_400.0
# All limits are our choice. A silence is measured in the hours in which the rest of the home is in contact, so an outage adds nothing to it.
LEAST_HOURS, BEYOND_BASELINE = 24, 3.0
BASELINE_S, LEAST_DAYS = 28 * DAY_S, 7
# What is silent for longer of its own accord says nothing by its silence.
LONGEST_HOURS = 7 * 24
LOOKBACK_S = BASELINE_S + 14 * DAY_S
"""How far before a span it must be known when devices reported something."""

Floats = NDArray[np.float64]


def mute_spells(reported: Floats, others: Floats, until: float) -> Iterator[StuckSpell]:
    """Return the spells in which a device reported nothing for too long, up to a moment.

    What it claims: while other devices of the home were in contact in 24 different hours at least, and in three times as many as in any of its
    silences of the four weeks before, it reported nothing. What it does not claim: why (the battery, the radio, somebody took it away). Nothing
    is claimed about a device that did not report on seven days before, or whose usual silences are so long that this takes more
    than a week.

    Parameters
    ----------
    reported : ndarray, shape (n,), float64
        When the device reported anything, Unix seconds, rising; of many times within an hour the first and the last will do.
    others : ndarray, shape (m,), float64
        The beginnings of the hours in which another device of the home reported anything, rising.
    until : float
        Unix seconds.

    Examples
    --------
    >>> hourly = np.arange(0.0, 10 * DAY_S, HOUR_S)
    >>> [(one.began / DAY_S, one.known / DAY_S) for one in mute_spells(hourly[:-72], hourly, 10 * DAY_S)]
    [(6.958333333333333, 8.0)]
    """
    reported = reported[reported <= until]
    if not len(reported):
        return
    ends = np.append(reported[1:], np.inf)
    # How many hours in which others were in contact lie before each moment; the device's own hour says nothing about its silence.
    others_before = np.searchsorted(others, np.floor(reported / HOUR_S) * HOUR_S, side="right")
    for number in np.flatnonzero(np.minimum(ends, until) - reported >= LEAST_HOURS * HOUR_S).tolist():
        began, ended = float(reported[number]), float(ends[number])
        first = int(np.searchsorted(reported, began - BASELINE_S))
        past = reported[first : number + 1]
        if len(np.unique(past // DAY_S)) < LEAST_DAYS:
            continue
        baseline = int(np.max(np.diff(others_before[first : number + 1]), initial=0))
        enough = max(LEAST_HOURS, int(np.ceil(BEYOND_BASELINE * baseline)))
        last = int(others_before[number]) + enough - 1
        if enough > LONGEST_HOURS or last >= len(others):
            continue
        known = float(others[last]) + HOUR_S
        if known <= min(ended, until):
            longest_s = float(np.max(np.diff(past), initial=0.0))
            yield StuckSpell("quiet", began, known, None if ended == np.inf else ended, longest_s)
