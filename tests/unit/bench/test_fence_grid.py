"""Very many geofences: the same answer as asking each of them."""

import numpy as np
import pytest

from core.domain.geofence import Circle, Polygon
from detectors.features.geofence_distance import distance_outside_m
from tests.bench.fence_grid import FenceGrid


def shapes(random: np.random.Generator, count: int, lat0: float, lon0: float) -> list[Circle | Polygon]:
    found: list[Circle | Polygon] = []
    for number in range(count):
        lat, lon = lat0 + random.uniform(-0.03, 0.03), lon0 + random.uniform(-0.03, 0.03)
        if number % 2:
            found.append(Circle(lat, lon, float(random.uniform(50, 3000))))
            continue
        angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 9)))
        ring = [(lat + 0.01 * np.sin(one), lon + 0.01 * np.cos(one)) for one in angles]
        found.append(Polygon(tuple((float(north), float(east)) for north, east in ring)))
    return found


@pytest.mark.parametrize(("lat0", "lon0"), [(35.6, 139.8), (-0.001, 0.001), (60.0, -20.0)])
def test_the_grid_finds_what_asking_each_shape_finds(lat0: float, lon0: float):
    random = np.random.default_rng(5)
    given = shapes(random, 60, lat0, lon0)
    grid = FenceGrid(given)
    for _ in range(100):
        lat, lon = lat0 + random.uniform(-0.04, 0.04), lon0 + random.uniform(-0.04, 0.04)
        here = np.array([lat]), np.array([lon])
        clear = [abs(float(distance_outside_m(one, *here)[0])) > 1 for one in given]
        inside = [number for number, one in enumerate(given) if distance_outside_m(one, *here)[0] <= 0]
        # Within a metre of an edge both answers are right.
        assert [one for one in grid.holding(lat, lon) if clear[one]] == [one for one in inside if clear[one]]


def test_nothing_is_found_where_no_fence_is():
    assert FenceGrid([]).holding(35.0, 139.0) == []
    assert FenceGrid([Circle(35.0, 139.0, 100.0)]).holding(36.0, 139.0) == []
