"""Whether a resident is away from home, as far as a tracker says so."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.domain.geodesy import metres_per_degree
from detectors.features.observability import confirmed
from detectors.features.window import Blind, LifeSigns, Track, moment

# Beyond the error of the fix: far is out of the house and the garden, near is at home (our choice).
FAR_M, NEAR_M = 150.0, 100.0
WORST_ACCURACY_M, UNKNOWN_ACCURACY_M = 300.0, 100.0
# So many fixes in a row, over this time, make it sure; one wild fix never does.
FIXES_AWAY, AWAY_OVER_S, FIXES_BACK = 3, 120.0, 2
# A tracker that is silent for so long may lie somewhere else than its wearer is.
STALE_S = 1800.0


def away(track: Track, home: tuple[float, float], signs: LifeSigns) -> list[Blind]:
    """Return when the wearer was away: from the first far fix, known with the third, to the second near one.

    A confirmed life sign at home also ends it if the tracker has been silent for half an hour: then it says nothing about now. Everything is
    decided from what came before, so that the answer about a moment never changes afterwards.

    Examples
    --------
    >>> from core.domain.device import DeviceKind
    >>> from detectors.features.window import life_signs
    >>> minutes = np.arange(40.0) * 60
    >>> lat = np.where((minutes >= 600) & (minutes < 1800), 35.01, 35.0)
    >>> walk = Track(minutes, lat, np.full(40, 139.0), np.full(40, 15.0))
    >>> [(one.began_at.minute, one.known_at.minute, one.ended_at.minute) for one in away(walk, (35.0, 139.0), life_signs([]))]
    [(10, 12, 31)]
    """
    accuracy = np.where(np.isnan(track.accuracy_m), UNKNOWN_ACCURACY_M, track.accuracy_m)
    usable = accuracy <= WORST_ACCURACY_M
    time = track.time[usable]
    if len(time) < FIXES_AWAY:
        return []
    distance = _distance_m(track, home)[usable]
    far = distance - accuracy[usable] > FAR_M
    near = distance - accuracy[usable] < NEAR_M
    if not far.any():
        return []
    decisive = far | near
    fixes, is_far = time[decisive], far[decisive]
    edges = (np.flatnonzero(np.diff(is_far)) + 1).tolist()
    runs = [(bool(is_far[begin]), fixes[begin:end]) for begin, end in pairwise([0, *edges, len(fixes)])]
    backs = _backs(runs)
    home_signs = signs.time[confirmed(signs)]
    # A life sign while the tracker is silent ends an absence.
    latest = np.searchsorted(time, home_signs, side="right") - 1
    stale = home_signs[(latest >= 0) & (home_signs - time[np.maximum(latest, 0)] > STALE_S)]
    found: list[Blind] = []
    for is_away, run in runs:
        rest = run if is_away else run[:0]
        while len(rest):
            back = min((one for one in backs if one > rest[0]), default=np.inf)
            if found and found[-1].ended_at is None:
                known, began = found[-1].known_at, found.pop().began_at
            elif (sure := _sure(rest)) is not None:
                known, began = moment(sure), moment(float(rest[0]))
            else:
                break
            signs_after = stale[(stale > known.timestamp()) & (stale < back)]
            ended = min(back, float(signs_after[0]) if signs_after.size else np.inf)
            found.append(Blind(began, None if np.isinf(ended) else moment(ended), known))
            rest = rest[rest > ended]
    return found


def _backs(runs: Sequence[tuple[bool, NDArray[np.float64]]]) -> list[float]:
    """Return when it was sure that somebody was at home: with the second near fix in a row."""
    return [float(run[FIXES_BACK - 1]) for is_away, run in runs if not is_away and len(run) >= FIXES_BACK]


def begins_away(track: Track, home: tuple[float, float]) -> bool:
    """Return whether a track begins far from home, so that the outing began before it."""
    accuracy = np.where(np.isnan(track.accuracy_m), UNKNOWN_ACCURACY_M, track.accuracy_m)
    usable = accuracy <= WORST_ACCURACY_M
    if not usable.any():
        return False
    first = int(np.argmax(usable))
    return float(_distance_m(track, home)[first] - accuracy[first]) > NEAR_M


def _sure(run: NDArray[np.float64]) -> float | None:
    """Return with which fix of a run of far ones it is sure, None if it never is."""
    late = np.flatnonzero(run - run[0] >= AWAY_OVER_S)
    number = max(FIXES_AWAY - 1, int(late[0])) if late.size else len(run)
    return float(run[number]) if number < len(run) else None


def _distance_m(track: Track, home: tuple[float, float]) -> NDArray[np.float64]:
    per_lat, per_lon = metres_per_degree(home[0])
    return np.hypot((track.lat - home[0]) * per_lat, (track.lon - home[1]) * per_lon)
