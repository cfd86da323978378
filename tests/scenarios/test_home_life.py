"""The gate for the rules about life at home: recall and false alarms on made-up people must not get worse."""

import json
from pathlib import Path

import pytest

from tests.synthetic.home_life import Score, score
from tests.synthetic.home_person import SCORED

STORED = json.loads(Path(__file__).with_name("scores.json").read_text(encoding="utf-8"))["home_life"]


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    return {one.rule: one for one in score(10)}


@pytest.mark.parametrize("rule", SCORED)
def test_what_happens_at_home_is_found_as_well_as_before(rule: str, scores: dict[str, Score]) -> None:
    found, stored = scores[rule], STORED[rule]
    assert found.events >= 6
    assert found.recall >= max(0.95, stored["recall"])
    assert found.false_30d <= stored["false_30d"] + stored["noise"]
    assert found.delay_min <= stored["delay_min"] * 1.1 + 5
