"""The challenger of the live rule: chances of the next life sign, and the alarm that costs least."""

from functools import cache

import numpy as np

from simulator.evaluation.baselines import FixedTimer
from simulator.evaluation.current_rule import OurRule
from simulator.evaluation.curve import curve
from simulator.evaluation.live_rule import run_live_with
from simulator.evaluation.protocol import BINS, EvaluatedHome, collapses, prepare, run
from simulator.evaluation.survival import Between, SurvivalPlan, planned_min
from simulator.evaluation.synthetic import syn40

MARGINS = (30.0, 165.0, 400.0)
_AGES = 24


@cache
def homes() -> tuple[EvaluatedHome, ...]:
    return tuple(prepare(syn40(3, 58)))


def test_the_dearer_a_false_alarm_the_later_it_is_planned() -> None:
    chances = np.random.default_rng(0).uniform(0.01, 0.3, (3, BINS, _AGES))
    plan = planned_min(chances, MARGINS)
    assert plan.shape == (3, 3, BINS)
    assert np.all(np.diff(plan, axis=0) >= 0)
    assert plan.min() >= 5
    assert plan.max() <= 1440


def test_an_alarm_waits_for_the_hour_at_which_the_next_sign_is_likely() -> None:
    # At night nothing comes; from seven on the next sign comes at once.
    chances = np.full((1, BINS, _AGES), 0.002)
    chances[:, 7 * 12 : 7 * 12 + 6] = 0.7
    plan = planned_min(chances, (1000.0,))[0, 0]
    assert 7 * 60 < plan[0] <= 8 * 60
    assert 2 * 60 < plan[5 * 12] <= 3 * 60


def test_it_learns_from_the_home_and_is_better_than_a_timer() -> None:
    injected = collapses(homes())
    plan = SurvivalPlan(homes())
    (trials,) = run_live_with(plan, homes(), injected, (0.0,))
    found = curve(plan.name, plan.settings, trials, homes(), resamples=0).at(2.7)
    timer = FixedTimer()
    other = curve("", timer.settings, run(timer, homes(), injected), homes(), resamples=0).at(2.7)
    assert found is not None
    assert other is not None
    assert found.mean_h < other.mean_h - 2


def test_the_mean_of_two_detectors_lies_between_them() -> None:
    home = homes()[0]
    plan = SurvivalPlan(homes(), MARGINS)
    mean = Between(OurRule(), plan, MARGINS, "mean").learn_live(home)
    for setting in MARGINS:
        one, other, both = (
            each.threshold_min(setting, home.at)
            for each in (OurRule().learn_live(home), plan.learn_live(home), mean)
        )
        assert np.all((np.minimum(one, other) <= both) & (both <= np.maximum(one, other)))
        assert np.all(both % 5 == 0)
        assert np.any(both > np.minimum(one, other))
    assert mean.is_trusted(home.at).all()
