"""How many positions are checked against a geofence in a second."""

from time import perf_counter

import numpy as np

from core.domain.geofence import Polygon
from detectors.features.geofence_distance import distance_outside_m
from tests.bench.ingest import Effort, Say
from tests.bench.result import Results, median

_POSITIONS, _CORNERS = 200_000, 32


def measure(effort: Effort, say: Say) -> Results:
    """Measure positions all over the polygon's bounding box."""
    random = np.random.default_rng(0)
    polygon = _polygon(random, 35.63, 139.73)
    lat = random.uniform(35.627, 35.633, _POSITIONS)
    lon = random.uniform(139.727, 139.733, _POSITIONS)
    rates = list[float]()
    for run in range(effort.runs):
        say(f"fences: run {run + 1} of {effort.runs}")
        began = perf_counter()
        distance_outside_m(polygon, lat, lon)
        rates.append(_POSITIONS / (perf_counter() - began))
    return {
        "fence_checks_per_s": median(
            rates,
            "checks/s",
            f"how far positions lie outside a polygon of {_CORNERS} corners, as the live rule asks; target 1,000,000",
        ),
    }


def _polygon(random: np.random.Generator, lat: float, lon: float) -> Polygon:
    angles = np.sort(random.uniform(0, 2 * np.pi, _CORNERS))
    ring = [(lat + 0.003 * np.sin(one), lon + 0.003 * np.cos(one)) for one in angles]
    return Polygon(tuple((float(north), float(east)) for north, east in ring))
