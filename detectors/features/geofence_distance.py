"""How far a position lies outside a geofence, in metres on the ground."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.geodesy import EARTH_RADIUS_M
from core.domain.geofence import Circle, Polygon

# So many positions with the edges of a shape fit into the cache of a processor.
_AT_ONCE = 2048

Floats = NDArray[np.float64]


def distance_outside_m(shape: Circle | Polygon, lat: Floats, lon: Floats) -> Floats:
    """Return the distance of each position to the boundary, positive outside and negative inside.

    Positions are projected on a plane that touches the earth at the shape, which is right within 0.1 % up to 50 km and on both
    sides of the 180th meridian.

    Parameters
    ----------
    shape : Circle or Polygon
        WGS 84 degrees. A polygon's inside is by the even-odd rule.
    lat, lon : ndarray, shape (n,), float64
        WGS 84 degrees.

    Examples
    --------
    >>> distance_outside_m(Circle(35.0, 139.0, 200.0), np.array([35.0, 35.01]), np.array([139.0, 139.0])).round(0).tolist()
    [-200.0, 912.0]
    """
    if isinstance(shape, Circle):
        x, y = plane_m(lat, lon, shape.lat, shape.lon)
        return np.hypot(x, y) - shape.radius_m
    corners = np.array(shape.corners, np.float64)
    lat0, lon0 = float(corners[:, 0].min() + corners[:, 0].max()) / 2, float(corners[0, 1])
    x, y = plane_m(lat, lon, lat0, lon0)
    corner_x, corner_y = plane_m(corners[:, 0], corners[:, 1], lat0, lon0)
    edges = _Edges(corner_x[:, None], corner_y[:, None])
    distance = np.empty(len(x))
    for first in range(0, len(x), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        distance[part] = _outside_m(edges, x[part], y[part])
    return distance


@dataclass(frozen=True)
class _Edges:
    """A polygon's corners in metres, shape (edges, 1); an edge runs from each to the next."""

    x: Floats
    y: Floats


def plane_m(lat: Floats, lon: Floats, lat0: float, lon0: float) -> tuple[Floats, Floats]:
    """Return metres east and north of a point, on the plane that touches the earth there."""
    east = (lon - lon0 + 540.0) % 360.0 - 180.0
    x = np.radians(east) * EARTH_RADIUS_M * np.cos(np.radians(lat0))
    return x, np.radians(lat - lat0) * EARTH_RADIUS_M


def _outside_m(edges: _Edges, x: Floats, y: Floats) -> Floats:
    """Return how far positions, shape (n,), are from the nearest edge, less than nothing inside: a ray to the east crosses an odd number."""
    dx, dy = np.roll(edges.x, -1) - edges.x, np.roll(edges.y, -1) - edges.y
    length2 = np.maximum(dx * dx + dy * dy, 1e-12)
    east, north = x - edges.x, y - edges.y
    is_south = north < 0
    spans = is_south != np.roll(is_south, -1, axis=0)
    crosses = spans & (east < north * (dx / np.where(dy == 0, 1.0, dy)))
    along = np.clip(east * (dx / length2) + north * (dy / length2), 0.0, 1.0)
    east -= along * dx
    north -= along * dy
    distance: Floats = np.sqrt((east * east + north * north).min(axis=0))
    is_inside = np.asarray(np.logical_xor.reduce(crosses, axis=0), np.bool_)
    return np.where(is_inside, -distance, distance)
