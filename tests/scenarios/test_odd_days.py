"""The gate for days that are not like others: how many false inactivity alerts they give must not get more (docs/evaluation.md)."""

import json
from pathlib import Path

import pytest

from tests.synthetic.odd_days import OddDays, score_new_homes, score_odd_days

STORED = json.loads(Path(__file__).with_name("scores.json").read_text(encoding="utf-8"))["odd_days"]
HOMES = 4
UNPLANNED = "travels for five days, unplanned"


@pytest.fixture(scope="module")
def found() -> dict[str, OddDays]:
    return score_odd_days(HOMES)


@pytest.mark.parametrize("kind", STORED["more"])
def test_a_day_that_is_not_like_others_alarms_no_more_than_before(
    kind: str, found: dict[str, OddDays]
) -> None:
    assert found[kind].trials >= STORED["trials"]
    assert found[kind].more <= STORED["more"][kind] + STORED["noise"]


def test_who_travels_without_a_word_is_asked_for_once(found: dict[str, OddDays]) -> None:
    assert found[UNPLANNED].alerts >= STORED[UNPLANNED]["alerts"]
    assert found[UNPLANNED].more <= STORED[UNPLANNED]["more"]


def test_a_new_home_is_not_alarmed_about_more_than_before() -> None:
    for weeks, score in score_new_homes(HOMES).items():
        if weeks in STORED["new_homes_30d"]:
            assert 30 * score.alerts / score.days <= STORED["new_homes_30d"][weeks], weeks
