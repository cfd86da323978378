"""How far the fixes of a track are trusted."""

import numpy as np

from core.domain.geodesy import METRES_PER_DEGREE
from detectors.features.outliers import outlier_scores
from detectors.windows.series import track


def doubted(north_m: list[float], *, step_s: float = 60.0, accuracy_m: float = 15.0) -> list[float]:
    """Return the doubt about fixes so many metres to the north, one after another."""
    rows = [
        (step_s * number, 35.0 + north / METRES_PER_DEGREE, 139.0, accuracy_m)
        for number, north in enumerate(north_m)
    ]
    return outlier_scores(track(rows), np.full(len(rows), accuracy_m / 1.515)).round(2).tolist()


def test_who_stays_or_walks_is_believed():
    assert doubted([0, 10, 5, 0]) == [0, 0, 0, 0]
    assert doubted([0, 80, 160, 240]) == [0, 0, 0, 0]


def test_a_jump_is_doubted_less_and_less():
    found = doubted([0, 400, 400, 400, 400])
    assert found[:2] == [0, 1]
    assert found[1:] == sorted(found[1:], reverse=True)
    assert found[-1] > 0.5


def test_a_jump_back_ends_the_doubt():
    assert doubted([0, 400, 400, 20, 30])[3:] == [0, 0]


def test_a_second_jump_to_elsewhere_goes_on_with_the_doubt():
    assert doubted([0, 400, -400, 420])[1:] == [1, 1, 1]


def test_a_vehicle_is_believed_at_its_second_step():
    assert doubted([0, 500, 1000, 1500, 1500]) == [0, 1, 0, 0, 0]


def test_a_long_way_over_a_long_gap_is_no_jump():
    assert doubted([0, 1500], step_s=1800.0) == [0, 0]


def test_two_fixes_of_the_same_time_are_no_fault():
    assert doubted([0, 5], step_s=0.0) == [0, 0]


def test_the_doubt_is_the_same_whatever_comes_after():
    way = [0.0, 400, 410, 390, 20, 25, 600, 1100, 1100]
    whole = doubted(way)
    assert [doubted(way[: count + 1])[-1] for count in range(len(way))] == whole


def test_an_empty_track_has_no_doubts():
    assert doubted([]) == []
