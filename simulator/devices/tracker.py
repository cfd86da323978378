"""Where a tracker says it is: walks along streets, and the errors that satellites and walls add."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from simulator.people.persona import Persona
from simulator.people.routine import DAY_CENTRE, DayPlan, Occupation, Span
from simulator.town.streets import BLOCK_EAST_M, FloatArray, Metres, along_route, route_length_m, street_route
from simulator.town.wandering_route import wandering_route

# Error model: our choice, not yet checked against field data. Indoors the error wanders, outdoors it is small; a few
# fixes are far off for a while, and a quarter of those claim to be good.
INDOOR_SIGMA_M, OUTDOOR_SIGMA_M = 18.0, 7.0
_WANDER_S = 600.0
_WANDER_SHARE = 0.8
OUTLIER_INDOOR, OUTLIER_OUTDOOR = 0.012, 0.004
_OUTLIER_MEDIAN_M, _OUTLIER_SPREAD = 180.0, 0.8
_OUTLIER_ENDS = 0.55
_OUTLIER_SURE = 0.25
# Radius of 68 % of a round normal error, in sigmas of one axis.
_RADIUS_68 = 1.515

_ZONE_M = 60.0
_DRIVEN_M_S = {Occupation.DAY_SERVICE: 6.0, Occupation.JOURNEY: 8.0}
STEP_OUT_S, STEP_HOME_S = 60.0, 300.0
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class DayTrack:
    """Fixes of one day, each array of shape (n,): seconds after midnight, degrees' worth of metres, and what is claimed."""

    at_s: FloatArray
    east_m: FloatArray
    north_m: FloatArray
    accuracy_m: FloatArray
    speed_kmh: FloatArray


def day_track(persona: Persona, plan: DayPlan, draw: np.random.Generator) -> DayTrack:
    """Return what the tracker reports from getting up to the next getting up: a fix a minute outside, else one in five."""
    spans = [span for span in plan.absences if span.has_tracker]
    at_s = _moments(plan, spans)
    east, north = np.zeros(at_s.size), np.zeros(at_s.size)
    speed = np.zeros(at_s.size)
    indoor = np.ones(at_s.size, dtype=bool)
    for span in spans:
        during = (at_s >= span.start_s) & (at_s <= span.end_s)
        route = _route(span, persona.pace_m_s, draw)
        walked = _walked_m(span, route, at_s[during], persona.pace_m_s)
        east[during], north[during] = along_route(route, walked)
        moving = (walked > 0.0) & (walked < route_length_m(route))
        speed[during] = np.where(moving, 3.6 * persona.pace_m_s, 0.0)
        # At the day centre one sits inside; on an outing half of the stay is in shops, which counts as outside here, as travelling does.
        indoor[during] = span.occupation is Occupation.DAY_SERVICE
    error_east, error_north, accuracy = errors(at_s, indoor, draw)
    is_received = indoor | ~is_dead_zone(east, north)
    columns = (at_s, east + error_east, north + error_north, accuracy, np.round(speed, 1))
    return DayTrack(*(column[is_received] for column in columns))


def is_dead_zone(east_m: FloatArray, north_m: FloatArray) -> BoolArray:
    """Return for points, shape (n,), whether a tracker outside has no reception there: under roofs, in underpasses.

    The zones lie about each home, since each home has its own ground; some three squares of a hundred, and none near the door.
    """
    column = np.floor(east_m / _ZONE_M).astype(np.int64)
    row = np.floor(north_m / _ZONE_M).astype(np.int64)
    mixed = (column * 73_856_093) ^ (row * 19_349_663)
    return (mixed % 33 == 7) & (np.hypot(east_m, north_m) > 3 * _ZONE_M)


def _moments(plan: DayPlan, spans: Sequence[Span]) -> FloatArray:
    pieces: list[FloatArray] = []
    at_s = plan.wake_s
    for span in spans:
        # Who is away for days may have left before the day began, and return after it.
        leaves_s, returns_s = max(span.start_s, plan.wake_s), min(span.end_s, plan.end_s)
        pieces.append(np.arange(at_s, leaves_s, STEP_HOME_S))
        step = STEP_HOME_S if span.occupation is Occupation.DAY_SERVICE else STEP_OUT_S
        pieces.append(np.arange(leaves_s, returns_s, step))
        at_s = returns_s
    pieces.append(np.arange(at_s, plan.end_s, STEP_HOME_S))
    return np.round(np.concatenate(pieces))


def _route(span: Span, pace_m_s: float, draw: np.random.Generator) -> tuple[Metres, ...]:
    if span.pattern:
        walked_m = pace_m_s * (span.end_s - span.start_s)
        return wandering_route(span.pattern, abs(span.place[0]) * BLOCK_EAST_M, walked_m, draw)
    east, north = span.place
    low, high = sorted((0, east))
    return street_route(east, north, int(draw.integers(low, high + 1)))


def _walked_m(span: Span, route: tuple[Metres, ...], at_s: FloatArray, pace_m_s: float) -> FloatArray:
    """Return how far along the way somebody is: out, a stay at the end, and back in time; who wanders never stays."""
    if span.pattern:
        # The whole way in the whole time: a way that came out a little longer is walked a little faster.
        return route_length_m(route) * (at_s - span.start_s) / (span.end_s - span.start_s)
    place = DAY_CENTRE if span.occupation is Occupation.DAY_SERVICE else span.place
    length = route_length_m(street_route(*place, turn_at=place[0]))
    pace = _DRIVEN_M_S.get(span.occupation, pace_m_s)
    out, back = (at_s - span.start_s) * pace, (span.end_s - at_s) * pace
    return np.clip(np.minimum(out, back), 0.0, length)


def errors(
    at_s: FloatArray, indoor: BoolArray, draw: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return errors east and north in metres and the accuracy claimed for each fix, all shape (n,).

    Parameters
    ----------
    at_s : array of float, shape (n,)
        Times in seconds, rising.
    indoor : array of bool, shape (n,)
        Whether the tracker is inside a building.
    """
    count = at_s.size
    sigma = np.where(indoor, INDOOR_SIGMA_M, OUTDOOR_SIGMA_M)
    east = sigma * _wandering(at_s, draw)
    north = sigma * _wandering(at_s, draw)
    accuracy = _RADIUS_68 * sigma * draw.lognormal(0.0, 0.25, size=count)
    starts = np.flatnonzero(draw.random(count) < np.where(indoor, OUTLIER_INDOOR, OUTLIER_OUTDOOR))
    for start in starts:
        run = slice(start, start + int(draw.geometric(_OUTLIER_ENDS)))
        distance = draw.lognormal(log(_OUTLIER_MEDIAN_M), _OUTLIER_SPREAD)
        angle = draw.uniform(0.0, 2 * np.pi)
        east[run] += distance * np.cos(angle)
        north[run] += distance * np.sin(angle)
        is_sure = draw.random() < _OUTLIER_SURE
        accuracy[run] = 20.0 if is_sure else max(distance * draw.uniform(0.6, 1.3), 25.0)
    return east, north, np.round(accuracy, 1)


def _wandering(at_s: FloatArray, draw: np.random.Generator) -> FloatArray:
    """Return an error of standard deviation 1, shape (n,): most of it drifts over ten minutes, the rest jumps."""
    kicks = draw.normal(size=at_s.size)
    keep = np.exp(-np.diff(at_s, prepend=at_s[:1]) / _WANDER_S)
    drift = np.empty(at_s.size)
    now = 0.0
    for number, (kept, kick) in enumerate(zip(keep.tolist(), kicks.tolist(), strict=True)):
        now = kick if number == 0 else kept * now + np.sqrt(1.0 - kept * kept) * kick
        drift[number] = now
    jumps = draw.normal(size=at_s.size)
    return np.sqrt(_WANDER_SHARE) * drift + np.sqrt(1.0 - _WANDER_SHARE) * jumps
