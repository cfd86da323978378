"""How far a position lies outside a geofence, in metres on the ground."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.geofence import Circle, Polygon

EARTH_RADIUS_M = 6_371_008.8

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
    edges = _Edges(*plane_m(corners[:, 0], corners[:, 1], lat0, lon0))
    distance = _to_nearest(edges, x[:, None], y[:, None])
    return np.where(_is_inside(edges, x[:, None], y[:, None]), -distance, distance)


def is_inside(shape: Circle | Polygon, lat: Floats, lon: Floats) -> NDArray[np.bool_]:
    """Tell which of very many positions lie inside; the edge of a circle is inside.

    Only positions in the bounding box are looked at, edge by edge.

    Examples
    --------
    >>> is_inside(Circle(35.0, 139.0, 200.0), np.array([35.0, 35.01]), np.array([139.0, 139.0])).tolist()
    [True, False]
    """
    if isinstance(shape, Circle):
        return distance_outside_m(shape, lat, lon) <= 0
    corners = np.array(shape.corners, np.float64)
    lat0, lon0 = float(corners[:, 0].min() + corners[:, 0].max()) / 2, float(corners[0, 1])
    edges = _Edges(*plane_m(corners[:, 0], corners[:, 1], lat0, lon0))
    x, y = plane_m(lat, lon, lat0, lon0)
    near = np.flatnonzero(
        (y >= edges.y.min()) & (y <= edges.y.max()) & (x >= edges.x.min()) & (x <= edges.x.max())
    )
    x, y = x[near], y[near]
    odd = np.zeros(len(near), np.bool_)
    ends = zip(edges.x, edges.y, np.roll(edges.x, -1), np.roll(edges.y, -1), strict=True)
    for from_x, from_y, to_x, to_y in ends:
        if from_y != to_y:
            crossing = from_x + (y - from_y) * ((to_x - from_x) / (to_y - from_y))
            odd ^= ((from_y > y) != (to_y > y)) & (x < crossing)
    found = np.zeros(len(lat), np.bool_)
    found[near[odd]] = True
    return found


@dataclass(frozen=True)
class _Edges:
    """A polygon's corners in metres; an edge runs from each to the next."""

    x: Floats
    y: Floats


def plane_m(lat: Floats, lon: Floats, lat0: float, lon0: float) -> tuple[Floats, Floats]:
    """Return metres east and north of a point, on the plane that touches the earth there."""
    east = (lon - lon0 + 540.0) % 360.0 - 180.0
    x = np.radians(east) * EARTH_RADIUS_M * np.cos(np.radians(lat0))
    return x, np.radians(lat - lat0) * EARTH_RADIUS_M


def _to_nearest(edges: _Edges, x: Floats, y: Floats) -> Floats:
    dx, dy = np.roll(edges.x, -1) - edges.x, np.roll(edges.y, -1) - edges.y
    length2 = np.maximum(dx * dx + dy * dy, 1e-12)
    along = np.clip(((x - edges.x) * dx + (y - edges.y) * dy) / length2, 0.0, 1.0)
    return np.hypot(x - edges.x - along * dx, y - edges.y - along * dy).min(axis=1)


def _is_inside(edges: _Edges, x: Floats, y: Floats) -> NDArray[np.bool_]:
    next_x, next_y = np.roll(edges.x, -1), np.roll(edges.y, -1)
    spans = (edges.y > y) != (next_y > y)
    rise = np.where(next_y == edges.y, 1.0, next_y - edges.y)
    crosses = spans & (x < edges.x + (y - edges.y) * (next_x - edges.x) / rise)
    return np.logical_xor.reduce(crosses, axis=1)
