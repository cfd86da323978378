"""How many positions are checked against geofences in a second, and what one position costs against very many."""

from time import perf_counter

import numpy as np

from core.domain.geofence import Circle, Polygon
from detectors.features.geofence_distance import distance_outside_m
from tests.bench.fence_grid import FenceGrid
from tests.bench.ingest import Effort, Say
from tests.bench.result import Results, median

_POSITIONS, _CORNERS, _FENCES, _FIXES = 200_000, 32, 10_000, 2_000
# A ward of about 6 km.
_SOUTH, _WEST, _WIDE_DEG = 35.60, 139.70, 0.06


def measure(effort: Effort, say: Say) -> Results:
    """Measure positions all over the polygon's bounding box, and fixes all over a ward full of fences."""
    random = np.random.default_rng(0)
    polygon = _polygon(random, 35.63, 139.73)
    lat = random.uniform(35.627, 35.633, _POSITIONS)
    lon = random.uniform(139.727, 139.733, _POSITIONS)
    grid = FenceGrid([_shape(random, number) for number in range(_FENCES)])
    fixes = random.uniform(0, _WIDE_DEG, (_FIXES, 2))
    rows = [(_SOUTH + float(one[0]), _WEST + float(one[1])) for one in fixes]
    rates, costs = list[float](), list[float]()
    for run in range(effort.runs):
        say(f"fences: run {run + 1} of {effort.runs}")
        began = perf_counter()
        distance_outside_m(polygon, lat, lon)
        rates.append(_POSITIONS / (perf_counter() - began))
        began = perf_counter()
        for row in rows:
            grid.holding(*row)
        costs.append((perf_counter() - began) / _FIXES * 1000)
    return {
        "fence_checks_per_s": median(
            rates,
            "checks/s",
            f"how far positions lie outside a polygon of {_CORNERS} corners, as the live rule asks; target 1,000,000",
        ),
        "fix_against_10000_fences_ms": median(
            costs, "ms", "one fix, half circles of 200 m and half polygons in 6 km; target below 1"
        ),
    }


def _polygon(random: np.random.Generator, lat: float, lon: float) -> Polygon:
    angles = np.sort(random.uniform(0, 2 * np.pi, _CORNERS))
    ring = [(lat + 0.003 * np.sin(one), lon + 0.003 * np.cos(one)) for one in angles]
    return Polygon(tuple((float(north), float(east)) for north, east in ring))


def _shape(random: np.random.Generator, number: int) -> Circle | Polygon:
    lat = _SOUTH + random.uniform(0, _WIDE_DEG)
    lon = _WEST + random.uniform(0, _WIDE_DEG)
    return Circle(lat, lon, 200.0) if number % 2 else _polygon(random, lat, lon)
