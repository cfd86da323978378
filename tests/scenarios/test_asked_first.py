"""Residents who are asked before anybody else is notified: who answers, who never does, who has collapsed; and what the recorded homes say.

Figures of recorded homes are kept in scores.json (docs/evaluation.md, "The resident is asked first").
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from core.domain.sensitivity import Sensitivity
from detectors.features.local_time import DAY_S
from detectors.features.prompt_time import LEAD, ask_at
from detectors.features.silence_profile import PARTNER_S
from detectors.features.silence_threshold import BUFFER_MIN, SilenceBaseline
from detectors.features.window import LifeSigns, SaidSafe, Window, moment, no_track
from detectors.rules.inactivity import Inactivity
from simulator.evaluation.current_rule import WALL_CLOCK, OurRule
from simulator.evaluation.outages import TIHM_OUTAGES
from simulator.evaluation.prompt_trial import score_prompts
from simulator.evaluation.protocol import EvaluatedHome, collapses, prepare
from simulator.evaluation.synthetic import syn40
from tests.support.recorded import tihm_homes

STORED = json.loads(Path(__file__).with_name("scores.json").read_text(encoding="utf-8"))["asked_first"]
STANDARD = BUFFER_MIN[Sensitivity.STANDARD]
_STEP = timedelta(minutes=5)
_BACK_S = 3 * DAY_S
# Days of the made-up life in which there are long silences by day.
DAYS = 12


@cache
def home() -> EvaluatedHome:
    return prepare(syn40(2, 70))[1]


@cache
def rule() -> Inactivity:
    learned = OurRule().learn_live(home()).usual

    def baseline_on(day: date) -> SilenceBaseline:
        began = (day - date(1970, 1, 1)).days * DAY_S
        return learned[int(np.searchsorted(home().learned_at, began, side="right")) - 1]

    return Inactivity(baseline_on, Sensitivity.FAMILY)


@dataclass
class Life:
    """What became of some days of somebody: when the family was notified, when the resident was asked and answered."""

    alarms: list[datetime]
    asked: list[datetime]
    answered: list[SaidSafe]


def live(*, until: float, is_asked: bool, answers: bool, collapsed: float = np.inf) -> Life:
    """Go through the days as the runner does; who has collapsed gives no sign, and no answer."""
    signs, since = home().signs, until - DAYS * DAY_S
    found = Life([], [], [])
    about: dict[datetime, datetime] = {}
    now = moment(since)
    while now < moment(until):
        now += _STEP
        window = _window(signs, min(now.timestamp(), collapsed), now, found.answered)
        evaluated = rule().evaluate(window, now - _STEP, now)
        found.alarms += [one.raised_at for one in evaluated.findings if now - _STEP < one.raised_at <= now]
        coming = evaluated.coming
        if coming is None or not is_asked:
            continue
        at = ask_at(coming.alarm_at, WALL_CLOCK)
        if coming.began_at not in about and at is not None and at <= now < coming.alarm_at:
            about[coming.began_at] = now
            found.asked.append(now)
        asked = about.get(coming.began_at)
        if answers and asked is not None and now == asked + _STEP and now.timestamp() < collapsed:
            found.answered.append(SaidSafe(coming.began_at, now, by_resident=True))
    return found


def _window(signs: LifeSigns, until: float, now: datetime, answered: list[SaidSafe]) -> Window:
    first, last = np.searchsorted(signs.time, [now.timestamp() - _BACK_S, until], side="right").tolist()
    seen = LifeSigns(signs.time[first:last], signs.kind[first:last], signs.place[first:last], signs.places)
    return Window(
        1,
        WALL_CLOCK,
        moment(float(signs.time[0])),
        seen,
        no_track(),
        (),
        (),
        (),
        (),
        said_safe=tuple(answered),
    )


@cache
def _end() -> float:
    """Return the end of the days with the most silences that would be raised by day."""
    return float(home().signs.time[-1])


def test_whoever_answers_is_not_raised_and_whoever_does_not_as_if_nobody_had_asked() -> None:
    unasked = live(until=_end(), is_asked=False, answers=False)
    silent = live(until=_end(), is_asked=True, answers=False)
    awake = live(until=_end(), is_asked=True, answers=True)
    assert silent.alarms == unasked.alarms
    assert len(silent.asked) > 0
    by_day = [one for one in unasked.alarms if ask_at(one, WALL_CLOCK) is not None]
    assert by_day, "these days hold no silence by day"
    assert len(awake.alarms) < len(unasked.alarms)
    # What is left came by night, or began with an answer and went on for as long as is usual.
    later = {one.said_at for one in awake.answered}
    assert all(ask_at(one, WALL_CLOCK) is None or any(said < one for said in later) for one in awake.alarms)


@pytest.mark.parametrize("hours_before_the_end", [30, 75, 121, 166])
def test_a_collapse_is_raised_at_the_moment_at_which_it_is_without_a_question(
    hours_before_the_end: float,
) -> None:
    # A sign that was sure when it came: what confirms it afterwards is not there any more.
    time = home().signs.time
    sure = time[1:][np.diff(time) <= PARTNER_S]
    fell = float(sure[int(np.searchsorted(sure, _end() - hours_before_the_end * 3600.0))]) + 60.0
    unasked = live(until=_end(), is_asked=False, answers=False, collapsed=fell)
    awake = live(until=_end(), is_asked=True, answers=True, collapsed=fell)
    after = [next(one for one in life.alarms if one > moment(fell)) for life in (unasked, awake)]
    assert after[0] == after[1]
    assert all(one.said_at < moment(fell) for one in awake.answered)


def test_recorded_homes_are_asked_within_the_budget_and_answers_spare_as_many_alarms_as_before() -> None:
    homes = prepare(tihm_homes(), TIHM_OUTAGES)
    (found,) = score_prompts(OurRule((STANDARD,)), STANDARD, homes, collapses(homes), leads=[LEAD])
    assert found.asked_a_week <= STORED["asked_a_week"]
    assert found.busiest_home <= STORED["busiest_home"]
    assert found.false_answered_30d <= STORED["false_answered_30d"]
    assert found.later_share <= STORED["later_share"]
