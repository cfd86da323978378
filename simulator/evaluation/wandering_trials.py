"""Recorded trips, the same trips with somebody losing their way put in, and how well the two are distinguished.

What is put in is made up: 20 to 40 minutes on foot at 0.6 to 1.2 m/s, a fix a minute, 7 m of error, in four ways of walking: laps of 200 to
500 m, to and fro over 60 to 200 m, at random within 60 to 150 m, and along streets within 150 to 250 m.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.domain.geodesy import metres_per_degree
from detectors.features.path_shape import way
from detectors.features.window import Track
from detectors.rules.wandering import ASTRAY_BELOW, wandering_score
from simulator.evaluation.protocol import Floats

KINDS = ("laps", "to_and_fro", "random", "streets")
FLAGGED_FROM = 1 - ASTRAY_BELOW
_TRIP_S, _EVERY_S, _LONGEST_GAP_S = 2400.0, 600.0, 600.0
_LEAST_FIXES = 12
_FIX_S = 60.0
_ERROR_M, _SLOW_FIXES = 7.0, 10.0
_ACCURACY_M = 10.6


@dataclass(frozen=True)
class LoopScore:
    """How well trips with a loop are distinguished from trips without; `auc` is the area under the curve of found against flagged."""

    auc: float
    found: float
    flagged: float
    trips: int
    loops: int


@dataclass(frozen=True)
class TripScores:
    """How much of each trip led nowhere, from 0 to 1: as they were recorded, and with somebody losing the way put in."""

    plain: Floats
    lost: Floats

    def compared(self) -> LoopScore:
        """Say how well the two are distinguished."""
        pairs = np.sign(np.subtract.outer(self.lost, self.plain))
        auc = float(np.sum(pairs > 0) + np.sum(pairs == 0) / 2) / pairs.size
        found, flagged = (float(np.mean(one >= FLAGGED_FROM)) for one in (self.lost, self.plain))
        return LoopScore(auc, found, flagged, len(self.plain), len(self.lost))


def trips(tracks: Sequence[Track]) -> list[Track]:
    """Cut recorded tracks into trips of 40 minutes, one every ten minutes; trips with gaps of ten minutes are left out."""
    found: list[Track] = []
    for track in tracks:
        if len(track.time) == 0:
            continue
        for begins in np.arange(track.time[0], track.time[-1] - _TRIP_S / 2, _EVERY_S):
            inside = (track.time >= begins) & (track.time < begins + _TRIP_S)
            gaps = np.diff(track.time[inside])
            if np.sum(inside) >= _LEAST_FIXES and gaps.max() <= _LONGEST_GAP_S:
                found.append(
                    Track(track.time[inside], track.lat[inside], track.lon[inside], track.accuracy_m[inside])
                )
    return found


def trip_scores(normal: Sequence[Track], seeds: Sequence[int]) -> TripScores:
    """Return the scores of trips, and of the same with each way of losing the way put in once per seed."""
    plain = np.array([_score(trip) for trip in normal], np.float64)
    lost = np.array(
        [
            _score(with_loop(random, trip, kind))
            for seed in seeds
            for random in [np.random.default_rng(seed)]
            for kind in KINDS
            for trip in normal
        ],
        np.float64,
    )
    return TripScores(plain, lost)


def with_loop(random: np.random.Generator, trip: Track, kind: str) -> Track:
    """Return a trip in which somebody, at a random time of it, walks in a way that leads nowhere, and then goes on."""
    time = trip.time - trip.time[0]
    earliest = min(600.0, float(time[-1]) / 4)
    at = int(np.searchsorted(time, random.uniform(earliest, float(time[-1]) * 0.7)))
    at = max(1, min(at, len(time) - 1))
    walked_s = np.arange(0, random.uniform(1200, 2400), _FIX_S)
    east, north = _walk(random, kind, walked_s * random.uniform(0.6, 1.2))
    error = _error(random, len(walked_s))
    lat0, lon0 = float(trip.lat[at - 1]), float(trip.lon[at - 1])
    per_lat, per_lon = metres_per_degree(lat0)
    claims = np.nan if np.all(np.isnan(trip.accuracy_m)) else _ACCURACY_M
    later_s = float(walked_s[-1]) + _FIX_S
    return Track(
        np.concatenate([trip.time[:at], trip.time[at - 1] + _FIX_S + walked_s, trip.time[at:] + later_s]),
        np.concatenate(
            [
                trip.lat[:at],
                lat0 + (north + error[1]) / per_lat,
                trip.lat[at:] + north[-1] / per_lat,
            ]
        ),
        np.concatenate(
            [trip.lon[:at], lon0 + (east + error[0]) / per_lon, trip.lon[at:] + east[-1] / per_lon]
        ),
        np.concatenate([trip.accuracy_m[:at], np.full(len(walked_s), claims), trip.accuracy_m[at:]]),
    )


def _score(trip: Track) -> float:
    return wandering_score(way(trip, float(trip.time[-1])))


def _walk(random: np.random.Generator, kind: str, along_m: Floats) -> tuple[Floats, Floats]:
    turned = random.uniform(0, 2 * np.pi)
    if kind == "laps":
        round_m = random.uniform(200, 500)
        wide = round_m / 2 / np.pi * random.uniform(0.6, 1.3)
        phase = along_m / round_m * 2 * np.pi
        east, north = wide * (1 - np.cos(phase)), (round_m / np.pi - wide) * np.sin(phase)
    elif kind == "to_and_fro":
        far_m = random.uniform(60, 200)
        east, north = far_m - np.abs(along_m % (2 * far_m) - far_m), np.zeros(len(along_m))
    else:
        around_m = random.uniform(60, 150) if kind == "random" else random.uniform(150, 250)
        east, north = _streets(random, along_m, around_m)
    cos, sin = np.cos(turned), np.sin(turned)
    return cos * east - sin * north, sin * east + cos * north


def _streets(random: np.random.Generator, along_m: Floats, around_m: float) -> tuple[Floats, Floats]:
    """Return places along streets that turn at random every 40 to 100 m and lead back at the edge."""
    corners = [(0.0, 0.0)]
    walked = [0.0]
    heading = random.uniform(0, 2 * np.pi)
    while walked[-1] <= along_m[-1]:
        step = random.uniform(40, 100)
        turns = random.permutation([0.0, np.pi / 2, -np.pi / 2, np.pi])
        for turn in (*turns, None):
            way_to = heading + turn if turn is not None else np.arctan2(-corners[-1][1], -corners[-1][0])
            to = (corners[-1][0] + step * np.cos(way_to), corners[-1][1] + step * np.sin(way_to))
            if np.hypot(*to) <= around_m or turn is None:
                heading = float(way_to)
                corners.append((float(to[0]), float(to[1])))
                walked.append(walked[-1] + step)
                break
    east = np.interp(along_m, walked, [one for one, _ in corners]).astype(np.float64)
    return east, np.interp(along_m, walked, [one for _, one in corners]).astype(np.float64)


def _error(random: np.random.Generator, count: int) -> Floats:
    memory = np.exp(-1 / _SLOW_FIXES)
    slow = np.zeros((2, count))
    slow[:, 0] = random.normal(0, 1, 2)
    for fix in range(1, count):
        slow[:, fix] = memory * slow[:, fix - 1] + np.sqrt(1 - memory**2) * random.normal(0, 1, 2)
    return _ERROR_M * np.sqrt(0.5) * (slow + random.normal(0, 1, (2, count)))
