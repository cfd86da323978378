"""Distances to the boundary of a geofence."""

import numpy as np
import pytest
import shapely

from core.domain.geodesy import EARTH_RADIUS_M
from core.domain.geofence import Circle, Polygon
from detectors.features.geofence_distance import Floats, distance_outside_m

# An L around a corner: not convex.
CORNERS = (
    (35.60, 139.80),
    (35.60, 139.82),
    (35.61, 139.82),
    (35.61, 139.81),
    (35.62, 139.81),
    (35.62, 139.80),
)


def metres(lat: Floats, lon: Floats) -> Floats:
    lat0, lon0 = 35.61, CORNERS[0][1]
    x = np.radians(lon - lon0) * EARTH_RADIUS_M * np.cos(np.radians(lat0))
    return np.stack([x, np.radians(lat - lat0) * EARTH_RADIUS_M], axis=1)


def test_a_polygon_agrees_with_an_independent_implementation():
    random = np.random.default_rng(7)
    # More than are looked at in one go.
    lat, lon = random.uniform(35.59, 35.63, 5000), random.uniform(139.79, 139.83, 5000)
    corners = np.array(CORNERS)
    shape = shapely.Polygon(metres(corners[:, 0], corners[:, 1]))
    expected = [
        shape.exterior.distance(point) * (-1 if shape.contains(point) else 1)
        for point in map(shapely.Point, metres(lat, lon))
    ]
    assert distance_outside_m(Polygon(CORNERS), lat, lon) == pytest.approx(expected, abs=1e-6)


def test_the_order_of_corners_makes_no_difference():
    lat, lon = np.array([35.605, 35.615]), np.array([139.815, 139.815])
    there, back = Polygon(CORNERS), Polygon(CORNERS[::-1])
    assert distance_outside_m(there, lat, lon) == pytest.approx(distance_outside_m(back, lat, lon))
    assert (distance_outside_m(there, lat, lon) > 0).tolist() == [False, True]


def test_a_circle_over_the_180th_meridian():
    found = distance_outside_m(
        Circle(0.0, 179.999, 500.0), np.array([0.0, 0.0]), np.array([-179.999, -179.99])
    )
    assert found == pytest.approx([222.4 - 500, 1223.1 - 500], abs=1)


def test_no_positions_give_no_distances():
    empty = np.empty(0)
    assert len(distance_outside_m(Polygon(CORNERS), empty, empty)) == 0
    assert len(distance_outside_m(Circle(0, 0, 50), empty, empty)) == 0
