"""Coarse places: a cell shows no more than a cell, wherever one stands."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, cast, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from api.access.location_gate import CELL_M, coarse, coarse_geofence, without_places
from core.domain.geodesy import METRES_PER_DEGREE
from core.domain.geofence import ALWAYS, Circle, Geofence, Polygon
from core.domain.reason_card import Confidence, FromPlace, Place, ReasonCard, as_json
from core.domain.rule_spec import RuleSpec
from core.domain.rules import GEOFENCE_EXIT, RULES, WANDERING

# Times of cards have a zone, numbers fit into JSON.
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(timezone(timedelta(hours=9)))))
st.register_type_strategy(float, st.floats(-1e6, 1e6))
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
    # To the metre: what is written is no finer than what is meant.
    assert tuple(round(value, 5) for value in centre) == centre


@given(lat=_LAT, lon=_LON, radius_m=st.floats(30, 50_000))
def test_a_coarse_circle_is_drawn_around_a_cell_and_rounded_up(
    lat: float, lon: float, radius_m: float
) -> None:
    found = coarse_geofence(Geofence(1, 1, "home", Circle(lat, lon, radius_m), ALWAYS)).shape

    assert isinstance(found, Circle)
    assert (found.lat, found.lon) == coarse(lat, lon)
    assert found.radius_m >= radius_m
    assert found.radius_m % CELL_M == 0


def test_a_coarse_polygon_is_a_circle_that_shows_no_corner() -> None:
    corners = ((35.650, 139.790), (35.650, 139.800), (35.660, 139.800))

    found = coarse_geofence(Geofence(1, 1, "park", Polygon(corners), ALWAYS)).shape

    assert isinstance(found, Circle)
    assert all((found.lat, found.lon) != corner for corner in corners)
    # Around the cell of its middle; half its diagonal is 716 m.
    assert (found.lat, found.lon) == coarse(35.655, 139.795)
    assert found.radius_m == 2 * CELL_M


def test_a_reason_without_places_keeps_what_its_rule_declares_and_nothing_else() -> None:
    reason = {
        "rule_version": 2,
        "outside_m": 840,
        "position": {"lat": 35.65, "lon": 139.79, "time": "2026-08-01T00:00:00+00:00"},
        "geofence": {"number": 3, "name": "公園", "centre": [35.65, 139.79]},
        "seen_by": [{"lat": 35.65}],
    }

    found = without_places(GEOFENCE_EXIT.name, reason)

    assert found == {"rule_version": 2, "geofence": {"number": 3, "name": "公園"}}
    assert without_places(GEOFENCE_EXIT.name, found) == found


def test_where_to_search_first_is_shown_without_the_position() -> None:
    reason = {"search": {"position": {"lat": 35.65, "lon": 139.79}, "half_within_m": 1200}}
    assert without_places(WANDERING.name, reason) == {"search": {"half_within_m": 1200}}


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("a_rule_of_tomorrow", {"outside_m": 840}),
        (GEOFENCE_EXIT.name, {"outside_m": {"lat": 35.65, "lon": 139.79}}),
        (GEOFENCE_EXIT.name, {"outside_m": 840, "position": [35.65, 139.79]}),
    ],
)
def test_of_a_card_that_nobody_can_read_nothing_is_shown(rule: str, reason: dict[str, object]) -> None:
    assert without_places(rule, reason) == {}


# What is said of a person in words or numbers; anything else could carry a position past the gate.
_HARMLESS = {str, int, float, bool, datetime, Confidence, type(None)}


def _types(kind: Any) -> Iterator[Any]:
    """Give what a field may hold, down to what holds nothing further; places are left out."""
    inner = get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Struct):
        if not issubclass(kind, Place):
            for one in msgspec.structs.fields(kind):
                yield from _types(one.type)
    elif inner:
        # Of an annotated type only the type counts, of a tuple not the dots.
        for one in inner:
            if one is not ... and not isinstance(one, Meta):
                yield from _types(one)
    else:
        yield kind


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_card_declares_words_numbers_and_times_besides_places(rule: RuleSpec) -> None:
    assert set(_types(rule.reason)) <= _HARMLESS


def _places(value: object) -> Iterator[object]:
    """Give what the gate hides of a card: positions, and distances from something whose place is known."""
    if isinstance(value, Place):
        yield value
    elif isinstance(value, Struct):
        for one in msgspec.structs.fields(value):
            if FromPlace in get_args(one.type):
                yield one.name
            yield from _places(getattr(value, one.name))


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in cast("dict[str, object]", value).items():
            yield name
            yield from _keys(part)
    elif isinstance(value, list):
        for part in cast("list[object]", value):
            yield from _keys(part)


def _with_unknown_keys(value: object) -> object:
    """Put a position under an unknown name into every part of a card."""
    if isinstance(value, dict):
        parts = {name: _with_unknown_keys(part) for name, part in cast("dict[str, object]", value).items()}
        return parts | {"somewhere": [_SECRET, _SECRET]}
    if isinstance(value, list):
        return [_with_unknown_keys(part) for part in cast("list[object]", value)]
    return value


_SECRET = 35.123456789
_CARDS = st.sampled_from(list(RULES.values())).flatmap(
    lambda rule: st.tuples(st.just(rule), st.from_type(rule.reason))
)


@given(_CARDS)
def test_no_place_and_no_unknown_key_of_any_card_passes_the_gate(found: tuple[RuleSpec, ReasonCard]) -> None:
    rule, card = found
    stored = cast("dict[str, object]", _with_unknown_keys(as_json(card)))

    shown = without_places(rule.name, stored)

    assert not {"lat", "lon", "accuracy_m", "outside_m", "somewhere"} & set(_keys(shown))
    assert str(_SECRET) not in str(shown)
    # All else is there, as it is stored.
    assert without_places(rule.name, shown) == shown
    assert (without_places(rule.name, as_json(card)) != as_json(card)) == any(True for _ in _places(card))
    assert {"rule_version", "ruled_out", "confidence"} <= set(shown)
