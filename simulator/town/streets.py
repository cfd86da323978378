"""The made-up town: a street grid on reclaimed land in Tokyo Bay where nobody lives, and metres on the ground."""

from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, radians, sin

import numpy as np
from numpy.typing import NDArray

from core.domain.geodesy import metres_per_degree

# The inner breakwater landfill: roads and grass, no dwellings. A real address would point at somebody.
CENTRE_LAT, CENTRE_LON = 35.6035, 139.8120
BLOCK_EAST_M, BLOCK_NORTH_M = 90.0, 65.0
_STREET_ANGLE = radians(18.0)

Metres = tuple[float, float]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """A flat piece of ground: metres east and north of a point, good to some kilometres."""

    lat: float
    lon: float

    def degrees(self, east: FloatArray, north: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return latitude and longitude, both shape (n,), of points given in metres."""
        per_lat, per_lon = metres_per_degree(self.lat)
        return self.lat + north / per_lat, self.lon + east / per_lon

    def point(self, place: Metres) -> tuple[float, float]:
        """Return latitude and longitude of one point, rounded to about a decimetre."""
        lat, lon = self.degrees(np.array([place[0]]), np.array([place[1]]))
        return round(float(lat[0]), 6), round(float(lon[0]), 6)


TOWN = Ground(CENTRE_LAT, CENTRE_LON)


def crossing(blocks_east: float, blocks_north: float) -> Metres:
    """Return a point of the street grid in metres; whole numbers are crossings."""
    along, across = blocks_east * BLOCK_EAST_M, blocks_north * BLOCK_NORTH_M
    return (
        along * cos(_STREET_ANGLE) - across * sin(_STREET_ANGLE),
        along * sin(_STREET_ANGLE) + across * cos(_STREET_ANGLE),
    )


def street_route(to_east: int, to_north: int, turn_at: int) -> tuple[Metres, ...]:
    """Return corner points of a way along the streets from (0, 0) to a crossing, in metres.

    `turn_at` is how many blocks east are walked before going north, so that two ways to one place can differ.
    """
    turn = max(min(turn_at, max(to_east, 0)), min(to_east, 0))
    corners = (crossing(0, 0), crossing(turn, 0), crossing(turn, to_north), crossing(to_east, to_north))
    route = [corners[0]]
    for corner in corners[1:]:
        if hypot(corner[0] - route[-1][0], corner[1] - route[-1][1]) > 1.0:
            route.append(corner)
    return tuple(route)


def route_length_m(route: tuple[Metres, ...]) -> float:
    """Return the length of a way in metres."""
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(route))


def along_route(route: tuple[Metres, ...], walked_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return east and north metres, both shape (n,), after walking `walked_m` metres along a way; it ends at its last point."""
    east = np.array([point[0] for point in route])
    north = np.array([point[1] for point in route])
    passed = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(east), np.diff(north)))))
    return np.interp(walked_m, passed, east), np.interp(walked_m, passed, north)
