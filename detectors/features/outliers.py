"""How far the fixes of a track can be trusted: a sudden jump is doubted until it is borne out."""

import numpy as np
from numpy.typing import NDArray

from detectors.features.geofence_distance import plane_m
from detectors.features.window import Track

# Our choice, made on made-up tracks of other seeds than those that are reported (docs/evaluation.md).
# Up to this speed beyond the error of the fixes nothing is doubted; at twice the speed a fix is doubted wholly.
WALKING_M_S = 1.5
# A fix that claims to be good may still be off by this much in its ordinary error, and no more is excused.
MOST_SIGMA_M = 25.0
# Doubt fades: after this time a third of it is left.
OUTLIER_S = 400.0
# Two jumps in a row that lead this much further than the longer of them are a vehicle, not an error.
ONWARD = 1.3
# A jump back to where one could have walked from the last trusted fix ends the doubt.
BACK_M = 60.0
_MOST_OF_TRUSTED = 0.2

Floats = NDArray[np.float64]


def outlier_scores(track: Track, sigma_m: Floats) -> Floats:
    """Return how much each fix is doubted, from 0 to 1, shape (n,).

    What it claims: errors of satellites and of telephone masts come as jumps that stay for some minutes and jump back, while
    people walk, and vehicles move on. A fix that is further from the one before than somebody walks is doubted, and so are those after it,
    less and less; unless the next jump leads further away (a vehicle) or back to where the person may have walked (the error is over).
    A jump over a long gap is none. Looks back only.

    Parameters
    ----------
    track : Track
        In order of time.
    sigma_m : ndarray, shape (n,), float64
        The standard deviation on one axis that each fix claims.

    Examples
    --------
    >>> time, east = np.arange(5) * 60.0, np.array([0.0, 0.0, 0.01, 0.01, 0.0])
    >>> track = Track(time, np.zeros(5), east, np.full(5, 15.0))
    >>> outlier_scores(track, np.full(5, 10.0)).round(1).tolist()
    [0.0, 0.0, 1.0, 0.9, 0.0]
    """
    if len(track.time) == 0:
        return np.empty(0)
    east, north = plane_m(track.lat, track.lon, float(track.lat[0]), float(track.lon[0]))
    step_m = np.hypot(np.diff(east, prepend=east[:1]), np.diff(north, prepend=north[:1]))
    sudden = _sudden(track.time, step_m, np.minimum(sigma_m, MOST_SIGMA_M))
    level, began, trusted = 0.0, float(track.time[0]), 0
    levels, since = np.zeros(len(sudden)), np.full(len(sudden), began)
    for fix in np.flatnonzero(sudden > 0).tolist():
        now = float(track.time[fix])
        if level * np.exp((began - float(track.time[fix - 1])) / OUTLIER_S) <= _MOST_OF_TRUSTED:
            trusted = fix - 1
        left = level * float(np.exp((began - now) / OUTLIER_S))
        walked_m = WALKING_M_S * (now - float(track.time[trusted])) + BACK_M
        is_back = left > _MOST_OF_TRUSTED and _apart_m(east, north, fix, trusted) <= walked_m
        level = 0.0 if is_back or _leads_on(east, north, sudden, fix) else max(left, float(sudden[fix]))
        began = now
        levels[fix:], since[fix:] = level, began
    return levels * np.exp((since - track.time) / OUTLIER_S)


def _sudden(time: Floats, step_m: Floats, sigma_m: Floats) -> Floats:
    """Return by how much each step is faster than somebody walks, from 0 to 1."""
    error_m = np.hypot(sigma_m, np.concatenate([sigma_m[:1], sigma_m[:-1]]))
    elapsed = np.maximum(np.diff(time, prepend=time[:1]), 1.0)
    return np.clip(np.maximum(step_m - error_m, 0.0) / elapsed / WALKING_M_S - 1.0, 0.0, 1.0)


def _leads_on(east: Floats, north: Floats, sudden: Floats, fix: int) -> bool:
    if fix < 2 or sudden[fix - 1] == 0:
        return False
    longer = max(_apart_m(east, north, fix, fix - 1), _apart_m(east, north, fix - 1, fix - 2))
    return _apart_m(east, north, fix, fix - 2) > ONWARD * longer


def _apart_m(east: Floats, north: Floats, one: int, other: int) -> float:
    return float(np.hypot(east[one] - east[other], north[one] - north[other]))
