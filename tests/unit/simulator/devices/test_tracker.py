"""The error model of trackers keeps to its parameters, and walks keep to the streets."""

import numpy as np

from simulator.devices import tracker
from simulator.randomness import generator
from simulator.town.streets import along_route, crossing, route_length_m, street_route

COUNT = 60_000


def drawn(*, indoor: bool):
    at_s = 60.0 * np.arange(COUNT, dtype=np.float64)
    return tracker.errors(at_s, np.full(COUNT, indoor), generator(1, "test", str(indoor)))


def middle_sigma(values: np.ndarray) -> float:
    # From the middle half, which outliers hardly touch.
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) / 1.349


def test_errors_are_18_m_indoors_and_7_m_outdoors_in_each_axis():
    for indoor, sigma in ((True, 18.0), (False, 7.0)):
        east, north, _ = drawn(indoor=indoor)
        assert abs(middle_sigma(east) / sigma - 1) < 0.06
        assert abs(middle_sigma(north) / sigma - 1) < 0.06


def test_the_indoor_error_wanders_over_ten_minutes():
    east, _, _ = drawn(indoor=True)
    clipped = np.clip(east, -60, 60)

    def correlation(steps: int) -> float:
        return float(np.corrcoef(clipped[:-steps], clipped[steps:])[0, 1])

    assert 0.62 < correlation(1) < 0.85
    assert 0.2 < correlation(10) < 0.4
    assert abs(correlation(100)) < 0.05


def test_gross_outliers_are_rare_large_and_sometimes_claim_to_be_good():
    east, north, accuracy = drawn(indoor=True)
    distance = np.hypot(east, north)
    far = distance > 120
    # 1.2 % begin a run of 1.8 fixes in the mean; three quarters of them are farther than 120 m.
    assert 0.008 < far.mean() < 0.025
    assert 0.12 < (accuracy[far] <= 30).mean() < 0.40
    assert 120 < np.median(distance[distance > 90]) < 260


def test_the_accuracy_claimed_covers_68_percent_of_ordinary_fixes():
    east, north, accuracy = drawn(indoor=False)
    covered = np.hypot(east, north) <= accuracy
    assert 0.62 < covered.mean() < 0.74


def test_a_way_runs_along_the_streets_and_ends_at_its_place():
    route = street_route(3, -4, 1)
    assert route[0] == (0.0, 0.0)
    assert np.allclose(route[-1], crossing(3, -4))
    assert abs(route_length_m(route) - (3 * 90 + 4 * 65)) < 1e-6
    east, north = along_route(route, np.array([0.0, 90.0, 10_000.0]))
    assert np.allclose((east[1], north[1]), crossing(1, 0))
    assert np.allclose((east[2], north[2]), crossing(3, -4))
