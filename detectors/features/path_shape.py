"""The way somebody walked, distinguished from the jitter of fixes, and how much of it led nowhere."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.features.geofence_distance import plane_m
from detectors.features.outliers import outlier_scores
from detectors.features.window import Track

# Our choices, made on recorded tracks and on made-up ones of people at home (docs/evaluation.md).
WORST_ACCURACY_M = 100.0
UNKNOWN_ACCURACY_M = 20.0
_SIGMAS_IN_ACCURACY = 1.515
_LEAST_SIGMA_M = 10.0
# A step counts if it is longer than this, and than this many standard deviations of the fix.
LEAST_STEP_M = 30.0
STEP_SIGMAS = 3.0
MOST_OUTLIER_SCORE = 0.2
# A position that comes back to the last digit after so few others was looked up (by radio masts), not measured.
_LOOKED_UP_FIXES = 2
# The way is taken up anew every five minutes of the clock, so that it is the same however far back it is read.
_ANEW_S = 300.0
# Somebody who is driven does not lose the way on foot.
FASTEST_M_S = 2.0
# Who walks takes steps of a like speed, also between rests; fixes that drift take steps of every speed. What the speeds of a stretch vary
# beyond this (standard deviation over mean), so many times, counts as getting somewhere (our choice, made on made-up drift).
EVEN_BELOW = 0.35
UNEVEN_WEIGHT = 2.0
_ANGLES = np.radians(np.arange(0.0, 180.0, 22.5))

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Way:
    """The corners of a way; every array has shape (n,).

    Attributes
    ----------
    time : ndarray, float64
        Unix seconds, rising.
    lat, lon : ndarray, float64
        WGS 84 degrees.
    east_m, north_m : ndarray, float64
        Metres from the first corner.
    walked_m : ndarray, float64
        Metres along the way.
    accuracy_m : ndarray, float64
        The accuracy of the fix at each corner.
    """

    time: Floats
    lat: Floats
    lon: Floats
    east_m: Floats
    north_m: Floats
    walked_m: Floats
    accuracy_m: Floats


@dataclass(frozen=True)
class WalkScale:
    """A stretch of way that is looked at: its length, and the longest time that it may have taken."""

    length_m: float
    within_s: float


def way(track: Track, until: float) -> Way:
    """Return the way up to `until`: without fixes that are coarse, doubted or looked up, and without the jitter of standing still.

    Examples
    --------
    >>> from core.domain.geodesy import METRES_PER_DEGREE
    >>> minutes = np.arange(6) * 60.0
    >>> north = 35.0 + np.array([0, 10, 0, 60, 120, 180]) / METRES_PER_DEGREE
    >>> way(Track(minutes, north, np.full(6, 139.0), np.full(6, 15.0)), 400.0).walked_m.round().tolist()
    [0.0, 60.0, 120.0, 180.0]
    """
    accuracy = np.where(np.isnan(track.accuracy_m), UNKNOWN_ACCURACY_M, track.accuracy_m)
    good = (track.time <= until) & (accuracy <= WORST_ACCURACY_M) & ~_looked_up(track)
    kept = Track(track.time[good], track.lat[good], track.lon[good], accuracy[good])
    sigma = np.maximum(kept.accuracy_m / _SIGMAS_IN_ACCURACY, _LEAST_SIGMA_M)
    sure = np.flatnonzero(outlier_scores(kept, sigma) <= MOST_OUTLIER_SCORE)
    if len(sure) == 0:
        nothing = np.empty(0)
        return Way(*[nothing] * 7)
    east, north = plane_m(kept.lat, kept.lon, float(kept.lat[sure[0]]), float(kept.lon[sure[0]]))
    found, is_step = _corners(kept.time[sure], east[sure], north[sure], sigma[sure])
    corners = sure[found]
    east, north = east[corners], north[corners]
    steps = np.hypot(np.diff(east, prepend=east[:1]), np.diff(north, prepend=north[:1])) * is_step
    place = (kept.time[corners], kept.lat[corners], kept.lon[corners])
    return Way(*place, east, north, np.cumsum(steps), kept.accuracy_m[corners])


def _looked_up(track: Track) -> NDArray[np.bool_]:
    """Return which fixes are at the very place of an earlier one although others were between them."""
    found = np.zeros(len(track.time), np.bool_)
    last: dict[tuple[float, float], int] = {}
    for number, place in enumerate(zip(track.lat.tolist(), track.lon.tolist(), strict=True)):
        before = last.get(place, -_LOOKED_UP_FIXES - 1)
        if before == number - 1:
            found[number] = found[number - 1]
        else:
            found[number] = number - before <= _LOOKED_UP_FIXES
        last[place] = number
    return found


def _corners(time: Floats, east: Floats, north: Floats, sigma: Floats) -> tuple[list[int], list[bool]]:
    """Return the numbers of the fixes that lie a step away from the corner before; and of the first of every five minutes."""
    slots = (time // _ANEW_S).tolist()
    x, y = east.tolist(), north.tolist()
    enough = np.maximum(LEAST_STEP_M, STEP_SIGMAS * sigma).tolist()
    found, is_step = [0], [False]
    for fix in range(1, len(slots)):
        last = found[-1]
        far = (x[fix] - x[last]) ** 2 + (y[fix] - y[last]) ** 2 > enough[fix] ** 2
        if far or slots[fix] != slots[fix - 1]:
            found.append(fix)
            is_step.append(far)
    return found, is_step


@dataclass(frozen=True)
class Stretches:
    """The last stretch before each corner; every array has shape (n,).

    Attributes
    ----------
    straight : ndarray, float64
        How far apart its places lie, over its length: 1 is a straight way, 0.5 out and back, 0.32 once round, less than 0.3 to and fro
        or round and round. NaN where the stretch is not yet as long, took longer, or was driven.
    aimless : ndarray, float64
        The same, and higher where the speed of the steps varies more than people's does: a telephone that lies somewhere drifts to and fro
        and leads nowhere, but nobody walks.
    begins : ndarray, intp
        The corner where it begins.
    """

    straight: Floats
    aimless: Floats
    begins: NDArray[np.intp]


def stretches(walked: Way, scale: WalkScale) -> Stretches:
    """Return how straight the last stretch of a way was, at each corner."""
    count = len(walked.time)
    begins = np.searchsorted(walked.walked_m, walked.walked_m - scale.length_m, side="right") - 1
    straight, uneven = np.full(count, np.nan), np.zeros(count)
    across = np.outer(np.cos(_ANGLES), walked.east_m) + np.outer(np.sin(_ANGLES), walked.north_m)
    sums = _speed_sums(walked)
    for corner in np.flatnonzero(begins >= 0).tolist():
        begin = int(begins[corner])
        took_s = float(walked.time[corner] - walked.time[begin])
        length_m = float(walked.walked_m[corner] - walked.walked_m[begin])
        if took_s <= scale.within_s and length_m <= FASTEST_M_S * took_s:
            spans = across[:, begin : corner + 1]
            span_m = float((spans.max(axis=1) - spans.min(axis=1)).max())
            straight[corner] = span_m / length_m
            uneven[corner] = _unevenness(sums[:, corner] - sums[:, begin])
    return Stretches(straight, straight + uneven, begins)


def _speed_sums(walked: Way) -> Floats:
    """Return how many steps there were up to each corner, and the sums of their speeds and of the squares of these, shape (3, n)."""
    steps_m = np.diff(walked.walked_m, prepend=walked.walked_m[:1])
    speed = steps_m / np.maximum(np.diff(walked.time, prepend=walked.time[:1]), 1.0)
    return np.cumsum(np.stack([np.sign(steps_m), speed, speed**2]), axis=1)


def _unevenness(sums: Floats) -> float:
    steps, total, squares = sums.tolist()
    mean = total / steps
    spread = math.sqrt(max(0.0, squares / steps - mean**2)) / mean
    return UNEVEN_WEIGHT * max(0.0, spread - EVEN_BELOW)
