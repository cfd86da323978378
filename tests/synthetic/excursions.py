"""Made-up tracks of people who go out, and how well a geofence rule distinguishes excursions from bad fixes.

The error model is ours: fixes every minute, indoors 18 m of error (half of it slow, over ten minutes) and outdoors 7 m; bursts of gross
errors begin at 1.2 % of the fixes indoors and 0.4 % outdoors, with a median of 180 m, and a quarter of them claim to be good. Everybody
goes out twice a day, 60, 150, 400 or 1,500 m far.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import exp, log
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.geodesy import METRES_PER_DEGREE
from core.domain.geofence import ALWAYS, Circle, Geofence
from detectors.features.window import LifeSigns, Track, Window, moment
from detectors.rules.geofence_exit import GeofenceExit
from simulator.evaluation.protocol import DAY_S, Flags, Floats

HOME = (35.7, 139.7)
FIX_S = 60.0
_DISTANCES_M = (60.0, 150.0, 400.0, 1500.0)
_WALK_M_S = 1.0
_INDOOR_M, _OUTDOOR_M = 18.0, 7.0
_SLOW_S = 600.0
_GROSS_INDOORS, _GROSS_OUTDOORS = 0.012, 0.004
_GROSS_MEDIAN_M, _GROSS_SPREAD, _GROSS_STOPS = 180.0, 0.8, 0.55
_GROSS_BOLD, _BOLD_ACCURACY_M = 0.25, 20.0
# The radius that holds 68 % of a round normal error, over its standard deviation.
_ACCURACY = 1.515
_RADIO_M, _RADIO_SHARE = 30.0, 0.9
_FIRST_DAY = float(np.datetime64("2024-01-01", "s").astype(np.int64))


@dataclass(frozen=True)
class Walk:
    """A track with its truth.

    Attributes
    ----------
    track : Track
        What the tracker said.
    time, distance_m : ndarray, float64
        How far from home the person was at which moments, of the same shape (n,).
    near_home : ndarray, float64
        When the home's gateway received the tracker, if it can.
    """

    track: Track
    time: Floats
    distance_m: Floats
    near_home: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class FenceScore:
    """How a geofence rule did; seconds are from crossing the boundary to the alarm."""

    radius_m: float
    false_exits_30d: float
    found: float
    median_s: float
    p95_s: float
    excursions: int
    days: float


def walks(devices: int = 20, days: int = 60, fix_s: float = FIX_S) -> list[Walk]:
    """Return the tracks; each device is a seed of its own. Errors that stay do so for as long with a fix more often than each minute."""
    return [_walk(np.random.default_rng(seed), days, fix_s) for seed in range(devices)]


def departures(count: int, pace_m_s: tuple[float, float], far_m: float, fix_s: float = FIX_S) -> list[Walk]:
    """Return people who leave once, at a pace between two, and stay away: the truth by the second, fixes at any phase of it, all of them outdoors."""
    return [
        _departure(
            np.random.default_rng(seed), float(np.random.default_rng(seed).uniform(*pace_m_s)), far_m, fix_s
        )
        for seed in range(3000, 3000 + count)
    ]


def thinned(walk: Walk, every: int, *, accuracy: bool = True) -> Walk:
    """Return the walk of a tracker that says only every so manieth fix, or does not say how accurate they are."""
    track = walk.track
    claims = track.accuracy_m if accuracy else np.full(len(track.time), np.nan)
    kept = slice(None, None, every)
    return replace(walk, track=Track(track.time[kept], track.lat[kept], track.lon[kept], claims[kept]))


def received_at_home(walk: Walk, seed: int) -> Walk:
    """Return the walk with a gateway that receives nine in ten of what the tracker says within 30 m of it, once a minute."""
    received = (walk.distance_m <= _RADIO_M) & (
        np.random.default_rng(seed).random(len(walk.distance_m)) < _RADIO_SHARE
    )
    return replace(walk, near_home=walk.time[received])


def score_fence(tracks: Sequence[Walk], radius_m: float) -> FenceScore:
    """Run the rule that runs live over the tracks, with a round fence about the home.

    An excursion is found if it is raised between the true crossing and the true return. What is raised while the person is inside is
    false.
    """
    fence = Geofence(1, 1, "home", Circle(*HOME, radius_m), ALWAYS)
    false, found, excursions, waits = 0, 0, 0, list[float]()
    days = 0.0
    for walk in tracks:
        time = walk.time
        days += float(time[-1] - time[0]) / DAY_S
        raised = np.array([one.timestamp() for one in _alarms(walk, fence)])
        outside = walk.distance_m > radius_m
        changes = np.flatnonzero(np.diff(outside.astype(np.int8)))
        begins, ends = time[changes[::2] + 1], time[changes[1::2] + 1]
        excursions += len(begins)
        is_true = np.zeros(len(raised), np.bool_)
        for began, ended in zip(begins, ends, strict=True):
            within = (raised >= began) & (raised < ended)
            is_true |= within
            if within.any():
                found += 1
                waits.append(float(raised[within][0] - began))
        false += int(np.sum(~is_true))
    median, p95 = (float(np.quantile(waits, one)) for one in (0.5, 0.95))
    return FenceScore(radius_m, 30 * false / days, found / excursions, median, p95, excursions, days)


def _alarms(walk: Walk, fence: Geofence) -> list[datetime]:
    track = walk.track
    nothing = LifeSigns(np.zeros(0), np.zeros(0, np.int8), np.zeros(0, np.int16), ())
    begin, end = moment(float(track.time[0])), moment(float(track.time[-1]))
    window = Window(
        1, ZoneInfo("UTC"), begin, nothing, track, (), (), (), (fence,), home=HOME, near_home=walk.near_home
    )
    return [finding.raised_at for finding in GeofenceExit().evaluate(window, begin, end).findings]


def _walk(random: np.random.Generator, days: int, fix_s: float) -> Walk:
    count = round(days * DAY_S / fix_s)
    time: Floats = _FIRST_DAY + np.arange(count, dtype=np.float64) * fix_s
    distance = np.zeros(count)
    bearing = np.zeros(count)
    for day in range(days):
        # One trip in the morning and one in the afternoon, so that they never meet.
        for earliest_h in (8.0, 14.0):
            far = _DISTANCES_M[random.integers(len(_DISTANCES_M))]
            leaves = day * DAY_S + random.uniform(earliest_h, earliest_h + 3) * 3600
            stays = 300 + random.exponential(1200.0)
            elapsed = time - _FIRST_DAY - leaves
            away = np.minimum(elapsed, 2 * far / _WALK_M_S + stays - elapsed) * _WALK_M_S
            here = away > 0
            distance[here] = np.minimum(away[here], far)
            bearing[here] = random.uniform(0, 2 * np.pi)
    is_out = distance > 0
    error, accuracy = _errors(random, is_out, fix_s)
    east = distance * np.sin(bearing) + error[0]
    north = distance * np.cos(bearing) + error[1]
    lat = HOME[0] + north / METRES_PER_DEGREE
    lon = HOME[1] + east / (METRES_PER_DEGREE * np.cos(np.radians(HOME[0])))
    return Walk(Track(time, lat, lon, accuracy), time, distance)


def _departure(random: np.random.Generator, pace_m_s: float, far_m: float, fix_s: float) -> Walk:
    leaves = 1800 + random.uniform(0, 600)
    every_s = np.arange(0, 5400.0)
    returns = 5100.0
    distance = np.where(every_s < returns, np.clip((every_s - leaves) * pace_m_s, 0, far_m), 0.0)
    time: Floats = np.arange(random.uniform(0, fix_s), 5400.0, fix_s)
    bearing = random.uniform(0, 2 * np.pi)
    at = np.interp(time, every_s, distance)
    error, accuracy = _errors(random, np.ones(len(time), np.bool_), fix_s)
    lat = HOME[0] + (at * np.cos(bearing) + error[1]) / METRES_PER_DEGREE
    lon = HOME[1] + (at * np.sin(bearing) + error[0]) / (METRES_PER_DEGREE * np.cos(np.radians(HOME[0])))
    return Walk(Track(_FIRST_DAY + time, lat, lon, accuracy), _FIRST_DAY + every_s, distance)


def _errors(random: np.random.Generator, is_out: Flags, fix_s: float) -> tuple[Floats, Floats]:
    """Return errors in metres, shape (2, n), and the accuracy that is claimed."""
    count = len(is_out)
    sigma = np.where(is_out, _OUTDOOR_M, _INDOOR_M)
    keeps = float(np.exp(-fix_s / _SLOW_S))
    slow = np.zeros((2, count))
    steps = random.normal(0, np.sqrt(1 - keeps**2), (2, count))
    steps[:, 0] = random.normal(0, 1, 2)
    for fix in range(1, count):
        slow[:, fix] = keeps * slow[:, fix - 1] + steps[:, fix]
    error = sigma * np.sqrt(0.5) * (slow + random.normal(0, 1, (2, count)))
    accuracy: Floats = _ACCURACY * sigma * np.exp(random.normal(0, 0.2, count))
    often = np.where(is_out, _GROSS_OUTDOORS, _GROSS_INDOORS) * (fix_s / FIX_S)
    begins = np.flatnonzero(random.random(count) < often)
    for first in begins.tolist():
        last = min(first + round(random.geometric(_GROSS_STOPS) * FIX_S / fix_s), count)
        size = exp(float(random.normal(log(_GROSS_MEDIAN_M), _GROSS_SPREAD)))
        way = random.uniform(0, 2 * np.pi)
        error[:, first:last] += size * np.array([[np.sin(way)], [np.cos(way)]])
        accuracy[first:last] = _BOLD_ACCURACY_M if random.random() < _GROSS_BOLD else _ACCURACY * size
    return error, accuracy
