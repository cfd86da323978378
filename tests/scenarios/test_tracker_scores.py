"""The gate for the rules about trackers, batteries and slow change: what they reach must not get worse by more than its noise (scores.json, docs/evaluation.md)."""

import json
from pathlib import Path

import pytest

from simulator.evaluation.wandering_trials import trip_scores, trips
from tests.support.paths import TEST_DATA
from tests.support.recorded import read_tracks, tihm_homes
from tests.synthetic.batteries import score_batteries
from tests.synthetic.decline import score_decline
from tests.synthetic.drift import flagged
from tests.synthetic.excursions import walks
from tests.synthetic.lost import score_lost
from tests.synthetic.outings import score_left_behind
from tests.synthetic.stuck import score_recorded, score_simulated

STORED = json.loads(Path(__file__).with_name("scores.json").read_text(encoding="utf-8"))


def test_losing_the_way_is_distinguished_from_recorded_trips_as_well_as_before() -> None:
    files = sorted((TEST_DATA / "gps").glob("*.*"))
    normal = trips([track for path in files for track in read_tracks(path).values()])
    found = trip_scores(normal, seeds=(0, 1)).compared()
    stored = STORED["wandering"]
    assert found.trips == stored["trips"]
    assert found.auc >= stored["auc"] - stored["auc_noise"]
    assert found.found >= stored["found"] - stored["found_noise"]
    assert found.flagged <= stored["flagged"]


@pytest.mark.parametrize("fix_s", [5, 15, 60])
def test_telephones_that_lie_and_drift_are_taken_for_lost_as_seldom_as_before(fix_s: int) -> None:
    assert flagged(fix_s, range(3)) <= STORED["drift"][f"{fix_s} s"]


def test_walking_off_at_night_is_raised_as_well_as_before() -> None:
    found = score_lost(walks(3, 60))
    stored = STORED["lost"]
    assert found.found >= stored["found"]
    assert found.p95_s <= stored["p95_s"]
    assert found.false_30d <= stored["false_30d"]


def test_trackers_left_at_home_are_raised_as_well_as_before() -> None:
    found = score_left_behind(6, 40)
    stored = STORED["left_behind"]
    assert found.left >= stored["left"]
    assert found.found >= stored["found"]
    assert found.false_30d <= stored["false_30d"]


def test_batteries_that_run_low_are_raised_as_well_as_before() -> None:
    found = score_batteries(40)
    stored = STORED["battery"]
    assert found.ends >= stored["ends"]
    assert found.found >= stored["found"]
    assert found.false_30d <= stored["false_30d"]


def test_stuck_sensors_are_distinguished_from_lively_ones_as_well_as_before() -> None:
    stored = STORED["stuck"]
    recorded = score_recorded(tihm_homes()[:12])
    assert min(one.found for one in recorded.values()) >= stored["found"]
    assert recorded["none"].false_30d <= stored["false_30d"]
    simulated = score_simulated(3)
    assert min(one.found for one in simulated.values()) >= stored["simulated_found"]
    assert max(one.false_30d for one in simulated.values()) <= stored["simulated_false_30d"]


def test_slow_change_is_raised_as_well_as_before() -> None:
    found = score_decline(60)
    stored = STORED["decline"]
    assert min(found.slow_found, found.step_found) >= stored["found"]
    assert found.left_out <= stored["left_out"]
    assert found.slow_median_days <= stored["slow_median_days"]
    assert found.step_median_days <= stored["step_median_days"]
    assert found.false_30d <= stored["false_30d"]
