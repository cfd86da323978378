"""How people walk who have lost their aim: there and back, round a block, here and there, or farther and farther off."""

from enum import StrEnum
from math import cos, hypot, pi, sin

import numpy as np

from simulator.town.streets import BLOCK_EAST_M, Metres, crossing, route_length_m, street_route


class Pattern(StrEnum):
    """The four patterns of wandering."""

    PACING = "pacing"
    """There and back between two places."""
    LAPPING = "lapping"
    """Round and round."""
    RANDOM = "random"
    """Many turns without an aim."""
    LOST = "lost"
    """Away through streets never walked before."""


_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))


def wandering_route(
    pattern: str, distance_m: float, walked_m: float, draw: np.random.Generator
) -> tuple[Metres, ...]:
    """Return the corner points of a way of about `walked_m` metres that begins and ends at (0, 0).

    Parameters
    ----------
    pattern : str
        A `Pattern`.
    distance_m : float
        How far from home it is done.
    """
    if pattern == Pattern.LOST:
        return _lost(walked_m, draw)
    blocks = max(1, round(distance_m / BLOCK_EAST_M))
    out = street_route(blocks, 0, blocks)
    left_m = max(walked_m - 2 * route_length_m(out), 200.0)
    here = (blocks, 0)
    if pattern == Pattern.PACING:
        # Half a block to a block and a half, as between two corners.
        reach = float(draw.uniform(0.5, 1.5))
        turns = max(2, 2 * round(left_m / (2 * reach * BLOCK_EAST_M)))
        middle = [crossing(blocks + reach * (turn % 2), 0) for turn in range(1, turns + 1)]
        return (*out, *middle, *reversed(out))
    corners = _lap(here, left_m) if pattern == Pattern.LAPPING else _aimless(here, left_m, draw)
    back = _grid_way_home(corners[-1])
    return (*out, *(crossing(east, north) for east, north in corners), *back)


def _lap(start: tuple[int, int], left_m: float) -> list[tuple[int, int]]:
    around = [(start[0] + east, start[1] + north) for east, north in _CORNERS]
    length = route_length_m(tuple(crossing(*corner) for corner in (*around, around[0])))
    laps = max(2, round(left_m / length))
    return [corner for _ in range(laps) for corner in (*around[1:], around[0])]


def _aimless(start: tuple[int, int], left_m: float, draw: np.random.Generator) -> list[tuple[int, int]]:
    """Return crossings walked from corner to corner, turning at most of them, and never far from where it began."""
    here, heading, walked = start, (1, 0), 0.0
    corners = [start]
    while walked < left_m:
        sides = [(heading[1], heading[0]), (-heading[1], -heading[0])]
        choices = [*sides, *sides, heading, (-heading[0], -heading[1])]
        heading = choices[int(draw.integers(len(choices)))]
        if abs(here[0] + heading[0] - start[0]) > 2 or abs(here[1] + heading[1] - start[1]) > 2:
            heading = (-heading[0], -heading[1])
        last = here
        here = (here[0] + heading[0], here[1] + heading[1])
        corners.append(here)
        walked += route_length_m((crossing(*last), crossing(*here)))
    return corners


def _lost(walked_m: float, draw: np.random.Generator) -> tuple[Metres, ...]:
    """Return a way that leads off, with wrong turns, and is driven back in one line, as by somebody who was found."""
    bearing = float(draw.uniform(0, 2 * pi))
    points: list[Metres] = [(0.0, 0.0)]
    left_m = 0.6 * walked_m
    while left_m > 0:
        leg_m = float(draw.uniform(120.0, 320.0))
        bearing += float(draw.normal(0.0, 0.7))
        east, north = points[-1]
        points.append((east + leg_m * cos(bearing), north + leg_m * sin(bearing)))
        left_m -= leg_m
        # Turned back to the way off, so that it leads away and not round.
        away = np.arctan2(points[-1][1], points[-1][0])
        if hypot(*points[-1]) < 400.0:
            bearing = float(away)
    return (*points, (0.0, 0.0))


def _grid_way_home(corner: tuple[int, int]) -> tuple[Metres, ...]:
    east, north = corner
    return tuple(reversed(street_route(east, north, east)))
