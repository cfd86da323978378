"""Asking a resident first: how often, what an answer spares, and what it costs."""

from datetime import timedelta
from functools import cache

import numpy as np

from core.domain.sensitivity import Sensitivity
from detectors.features.silence_threshold import BUFFER_MIN
from simulator.evaluation.current_rule import OurRule
from simulator.evaluation.live_rule import run_live_with
from simulator.evaluation.prompt_trial import PromptReport, score_prompts
from simulator.evaluation.protocol import Collapses, EvaluatedHome, collapses, prepare
from simulator.evaluation.synthetic import syn40

STANDARD = BUFFER_MIN[Sensitivity.STANDARD]


@cache
def homes() -> list[EvaluatedHome]:
    return prepare(syn40(4, 70))


def asked(
    lead_min: int = 30, most_in_a_week: int = 7, injected: list[Collapses] | None = None
) -> PromptReport:
    (report,) = score_prompts(
        OurRule((STANDARD,)),
        STANDARD,
        homes(),
        injected or collapses(homes()),
        leads=[timedelta(minutes=lead_min)],
        most_in_a_week=most_in_a_week,
    )
    return report


def test_whoever_never_answers_has_the_false_alarms_that_there_are_unasked() -> None:
    (((*trials,),),) = run_live_with(OurRule((STANDARD,)), homes(), collapses(homes()), (0.0,))
    days = sum(home.test_days for home in homes())
    assert asked().false_30d == 30 * sum(one.false_alarms for one in trials) / days > 0


def test_answers_spare_false_alarms_and_an_earlier_question_asks_more_often() -> None:
    late, early = asked(15), asked(90)
    assert late.asked_a_week < early.asked_a_week
    assert late.asked_for_nothing < early.asked_for_nothing
    assert late.false_answered_30d < late.false_30d


def test_a_week_holds_no_more_questions_than_were_agreed() -> None:
    one, many = asked(90, most_in_a_week=1), asked(90, most_in_a_week=7)
    assert one.busiest_home <= 1.2 < many.busiest_home
    assert one.not_asked >= many.not_asked


def test_a_collapse_before_the_question_is_raised_as_without_it() -> None:
    """Put collapses right behind the last sign: nobody answers after them."""
    injected = [Collapses(one.silence, np.zeros(len(one.silence))) for one in collapses(homes())]
    assert asked(injected=injected).later_share == 0.0
