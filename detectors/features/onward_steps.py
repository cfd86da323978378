"""Who moves steadily onward, by the two last steps of a track: what a wild fix never looks like."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.features.geofence_distance import plane_m
from detectors.features.window import Track

# A step is from one fix to the first that lies so much later, and not later than this (our choice; docs/evaluation.md).
STEP_S = 45.0
LONGEST_STEP_S = 330.0
# It counts if it is longer than this, and than this many standard deviations of its two fixes.
LEAST_STEP_M = 15.0
STEP_SIGMAS = 2.5
# Two steps lead the same way if they turn by no more than 45 degrees.
SAME_WAY = 0.7
# Who walks, rides or drives on is no more than so much faster, or slower, from one step to the next; a wild fix is faster, and what
# comes after an error that stays is slower.
FASTER = 1.6
SLOWER = 0.5
# And drives no faster than this in the streets round home; most wild fixes lie further off.
FASTEST_M_S = 20.0

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class OnwardSteps:
    """The two last steps to each fix, every array of shape (n,).

    Attributes
    ----------
    before, first : ndarray, intp
        The fixes at which the last step and the one before it began; the fix itself where there are no two steps.
    leads_on : ndarray, bool
        Whether both steps are longer than the errors of their fixes, and lead the same way.
    is_steady : ndarray, bool
        Whether the last step is, besides, not much faster than the one before it.
    """

    before: NDArray[np.intp]
    first: NDArray[np.intp]
    leads_on: Flags
    is_steady: Flags


def onward_steps(track: Track, sigma_m: Floats) -> OnwardSteps:
    """Return for each fix whether somebody moved steadily onward to it. Looks back only.

    Parameters
    ----------
    track : Track
        In order of time.
    sigma_m : ndarray, shape (n,), float64
        The standard deviation on one axis that each fix claims, metres.

    Examples
    --------
    >>> from core.domain.geodesy import METRES_PER_DEGREE
    >>> time, east = np.arange(5) * 60.0, np.array([0.0, 60.0, 120.0, 180.0, 900.0]) / METRES_PER_DEGREE
    >>> found = onward_steps(Track(time, np.zeros(5), east, np.full(5, 10.0)), np.full(5, 6.6))
    >>> found.leads_on.tolist(), found.is_steady.tolist()
    ([False, False, True, True, True], [False, False, True, True, False])
    """
    count = len(track.time)
    fixes = np.arange(count)
    if count == 0:
        nothing = np.zeros(0, np.bool_)
        return OnwardSteps(fixes, fixes, nothing, nothing)
    middle = np.searchsorted(track.time, track.time - STEP_S, side="right") - 1
    first = np.where(middle >= 0, middle[np.maximum(middle, 0)], -1)
    has_two = first >= 0
    middle, first = np.where(has_two, middle, fixes), np.where(has_two, first, fixes)
    east, north = plane_m(track.lat, track.lon, float(track.lat[0]), float(track.lon[0]))
    last = _Steps(track.time, east, north, sigma_m, middle, fixes)
    early = _Steps(track.time, east, north, sigma_m, first, middle)
    same_way = last.east * early.east + last.north * early.north >= SAME_WAY * last.length * early.length
    pace, before = last.length * early.took, early.length * last.took
    leads_on = has_two & last.counts & early.counts & same_way & (pace >= SLOWER * before)
    is_steady = leads_on & (pace <= FASTER * before)
    return OnwardSteps(middle, first, leads_on, is_steady)


class _Steps:
    """Steps between pairs of fixes."""

    def __init__(
        self,
        time: Floats,
        east: Floats,
        north: Floats,
        sigma_m: Floats,
        begin: NDArray[np.intp],
        end: NDArray[np.intp],
    ) -> None:
        self.east = east[end] - east[begin]
        self.north = north[end] - north[begin]
        self.length = np.hypot(self.east, self.north)
        self.took = time[end] - time[begin]
        error_m = STEP_SIGMAS * np.hypot(sigma_m[end], sigma_m[begin])
        self.counts = (
            (self.length >= np.maximum(LEAST_STEP_M, error_m))
            & (self.length <= FASTEST_M_S * self.took)
            & (self.took <= LONGEST_STEP_S)
        )
