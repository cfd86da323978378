"""The gate for the rules about life at home on recorded homes: they must not speak up more often, nor raise a collapse later.

The homes are every second one, those on which the limits of the rules were not chosen (docs/evaluation.md).
"""

import json
from pathlib import Path

from core.domain.device import DeviceKind
from detectors.features.window import life_signs
from simulator.evaluation.homes import EvaluatedRecording
from simulator.evaluation.outages import TIHM_OUTAGES
from simulator.evaluation.presence_trial import score_presence
from simulator.evaluation.recorded_life import score_life
from simulator.evaluation.report import bathroom_lines, life_table, presence_lines
from tests.support.recorded import tihm_homes
from tests.synthetic.radars import stillness_per_30_days

STORED = json.loads(Path(__file__).with_name("scores.json").read_text(encoding="utf-8"))["recorded_life"]


def test_recorded_homes_raise_no_more_than_before_and_a_collapse_in_the_bathroom_is_raised_as_soon() -> None:
    most = STORED["alerts_30d"]
    found = score_life(tihm_homes()[1::2], TIHM_OUTAGES, rules=sorted(most), collapses_per_home=5)
    too_many = [one for one in found.rules if max(one.per_30_days, one.per_30_days_later) > most[one.rule]]
    assert too_many == []
    raised, stored = found.bathroom, STORED["bathroom"]
    assert raised is not None
    assert raised.raised_first_by_stay >= stored["told_first"]
    assert raised.both_h[1] <= stored["mean_h"]
    assert raised.both_h[1] < raised.silence_alone_h[1]
    assert [row[0] for row in life_table(found)] == sorted(most)
    first, second = bathroom_lines(found)
    assert "collapses in the bathroom" in first
    assert second.count("/") == 6


def test_presence_is_known_as_often_as_before_and_what_followed_agrees_with_it_as_often() -> None:
    stored = STORED["presence"]
    found = score_presence(tihm_homes()[1::4], TIHM_OUTAGES)
    assert found is not None
    assert found.out_agrees >= stored["out_agrees"]
    assert found.out_found >= stored["out_found"]
    assert found.in_differs <= stored["in_differs"]
    assert found.share["cannot_tell"] <= stored["cannot_tell"]
    said, checked = presence_lines(found)
    assert "cannot tell" in said
    assert "ended at the door" in checked


def test_without_a_door_there_is_nothing_to_say_about_presence() -> None:
    signs = life_signs([(3600.0 * hour, DeviceKind.MOTION, "kitchen") for hour in range(40 * 24)])
    assert presence_lines(score_presence([EvaluatedRecording("plain", signs)])) == []


def test_radars_in_place_of_the_sensors_of_recorded_homes_raise_no_more_than_before() -> None:
    in_all, later = stillness_per_30_days(tihm_homes()[1::9])
    assert max(in_all, later) <= STORED["stillness_30d"]


def test_a_home_without_a_bathroom_has_no_collapses_in_it() -> None:
    signs = life_signs([(3600.0 * hour, DeviceKind.MOTION, "kitchen") for hour in range(40 * 24)])
    found = score_life([EvaluatedRecording("plain", signs)], rules=["restless_night"])
    assert (found.bathroom, bathroom_lines(found)) == (None, [])
