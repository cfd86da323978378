"""What is learned about where a resident usually is."""

import numpy as np

from core.domain.geodesy import METRES_PER_DEGREE
from detectors.features.significant_places import Places, Visits, cell_of, learn_places

HOME = (35.6, 139.8)
SHOP = (35.61, 139.8)


def visits(rows: list[tuple[tuple[float, float], int, int, int]]) -> Visits:
    """Return visits from rows of place, day, hour and number of fixes."""
    table = np.array([(*cell_of(*place), day, hour, fixes) for place, day, hour, fixes in rows], np.int64)
    return Visits(*table.reshape(-1, 5).T)


def usual_weeks(days: int) -> list[tuple[tuple[float, float], int, int, int]]:
    at_home = [(HOME, day, hour, 12) for day in range(days) for hour in (7, 9, 20)]
    return at_home + [(SHOP, day, 10, 8) for day in range(0, days, 2)]


def test_places_seen_on_three_days_are_usual_and_others_are_forgotten():
    found = learn_places(visits([*usual_weeks(20), ((35.7, 139.9), 3, 11, 50)]))
    assert found.days == 20
    assert found.is_known
    assert set(found.seen) == {cell_of(*HOME), cell_of(*SHOP)}
    assert found.is_stay(*HOME)
    assert found.is_stay(*SHOP)
    assert not found.is_familiar(35.7, 139.9)


def test_near_a_usual_place_is_familiar_as_far_as_is_asked():
    found = learn_places(visits(usual_weeks(20)))
    north = HOME[0] + 250 / METRES_PER_DEGREE
    assert not found.is_familiar(north, HOME[1])
    assert found.is_familiar(north, HOME[1], within_m=300.0)


def test_the_hours_out_are_those_of_one_day_in_ten_and_the_hours_beside_them():
    assert learn_places(visits(usual_weeks(20))).out_hours == {9, 10, 11}
    rarely = [row for row in usual_weeks(40) if row[0] == HOME or row[1] in {2, 4, 6}]
    assert learn_places(visits(rarely)).out_hours == frozenset()


def test_an_error_of_some_fixes_is_no_outing():
    wild = [(SHOP, day, 3, 2) for day in range(20)]
    asleep = [(HOME, day, 3, 10) for day in range(20)]
    assert learn_places(visits([*usual_weeks(20), *wild, *asleep])).out_hours == {9, 10, 11}


def test_too_few_days_are_not_known():
    assert not learn_places(visits(usual_weeks(13))).is_known


def test_nothing_is_learned_from_nothing():
    assert learn_places(visits([])) == Places(0, {}, frozenset())


def test_what_was_learned_is_kept_exactly():
    found = learn_places(visits(usual_weeks(20)))
    assert Places.from_json(found.to_json()) == found
