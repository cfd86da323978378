"""Coarse places: a cell tells no more than a cell, wherever one stands."""

import math

from hypothesis import given
from hypothesis import strategies as st

from api.access.location_gate import CELL_M, coarse, coarse_geofence, holds_place, without_places
from core.domain.geodesy import METRES_PER_DEGREE
from core.domain.geofence import ALWAYS, Circle, Geofence, Polygon

_LAT = st.floats(-80, 80)
_LON = st.floats(-179, 179)


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    north = (a[0] - b[0]) * METRES_PER_DEGREE
    east = (a[1] - b[1]) * METRES_PER_DEGREE * math.cos(math.radians(a[0]))
    return math.hypot(north, east)


@given(lat=_LAT, lon=_LON)
def test_the_cells_centre_is_near_the_point_and_the_same_for_the_whole_cell(lat: float, lon: float) -> None:
    centre = coarse(lat, lon)

    assert _metres((lat, lon), centre) <= CELL_M * math.sqrt(0.5) + 2
    assert coarse(*centre) == centre


@given(lat=_LAT, lon=_LON, radius_m=st.floats(30, 50_000))
def test_a_coarse_circle_is_drawn_around_a_cell_and_rounded_up(
    lat: float, lon: float, radius_m: float
) -> None:
    found = coarse_geofence(Geofence(1, 1, "home", Circle(lat, lon, radius_m), ALWAYS)).shape

    assert isinstance(found, Circle)
    assert (found.lat, found.lon) == coarse(lat, lon)
    assert found.radius_m >= radius_m
    assert found.radius_m % CELL_M == 0


def test_a_coarse_polygon_is_a_circle_that_tells_no_corner() -> None:
    corners = ((35.650, 139.790), (35.650, 139.800), (35.660, 139.800))

    found = coarse_geofence(Geofence(1, 1, "park", Polygon(corners), ALWAYS)).shape

    assert isinstance(found, Circle)
    assert all((found.lat, found.lon) != corner for corner in corners)


def test_a_reason_without_places_keeps_everything_else() -> None:
    reason = {
        "rule_version": 2,
        "outside_m": 840,
        "position": {"lat": 35.65, "lon": 139.79, "time": "2026-08-01T00:00:00+00:00"},
        "steps": [{"fixes": [[35.65, 139.79]], "kept": True}, {"lat": 35.65}],
        "place": "hall",
    }

    found = without_places(reason)

    assert found == {"rule_version": 2, "outside_m": 840, "steps": [{"kept": True}, {}], "place": "hall"}
    assert holds_place(reason)
    assert not holds_place(found)
