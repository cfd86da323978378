"""The measure of the rule as it runs live, held against the rule itself."""

from datetime import date, timedelta
from functools import cache

import numpy as np

from core.domain.device import DeviceKind
from core.domain.sensitivity import Sensitivity
from detectors.features.local_time import DAY_S
from detectors.features.silence_profile import certain
from detectors.features.silence_threshold import BUDGET_30D, BUFFER_MIN, SilenceBaseline
from detectors.features.window import LIFE_KINDS, LifeSigns, Window, moment, no_track
from detectors.rules.inactivity import Inactivity
from simulator.evaluation.current_rule import WALL_CLOCK, Margins, OurRule
from simulator.evaluation.live_rule import certainty, run_live_with
from simulator.evaluation.noise import Noise, noise_after
from simulator.evaluation.protocol import Collapses, CollapseTrial, EvaluatedHome, collapses, prepare
from simulator.evaluation.synthetic import syn40

STANDARD = BUFFER_MIN[Sensitivity.STANDARD]
COLLAPSES = 40


@cache
def home(number: int = 4) -> EvaluatedHome:
    """A made-up home; number 4 has some nine single life signs a day, 3 is restless."""
    return prepare(syn40(5, 60))[number]


@cache
def rule(number: int, margins: Margins) -> Inactivity:
    """The rule, learning anew when the measure does."""

    # Not rounded to minutes, as what is stored is.
    learned = OurRule(margins=margins).learn_live(home(number)).usual

    def baseline_on(day: date) -> SilenceBaseline:
        began = (day - date(1970, 1, 1)).days * DAY_S
        return learned[int(np.searchsorted(home(number).learned_at, began, side="right")) - 1]

    return Inactivity(baseline_on)


def evaluated(
    signs: LifeSigns, since: float, until: float, number: int = 4, margins: Margins = Margins.FIXED
) -> list[tuple[float, float | None]]:
    """Return when the rule raises and clears alarms."""
    window = Window(1, WALL_CLOCK, moment(since), signs, no_track(), (), (), (), ())
    found = rule(number, margins).evaluate(window, moment(since), moment(until)).findings
    return [
        (one.raised_at.timestamp(), one.cleared_at and one.cleared_at.timestamp())
        for one in found
        if one.began_at >= moment(since)
    ]


def with_noise(fell: float, noise: Noise, number: int) -> LifeSigns:
    """Return the life signs until somebody fell, and the false ones after that."""
    signs = home().signs
    kept = int(np.searchsorted(signs.time, fell, side="right"))
    motion = LIFE_KINDS.index(DeviceKind.MOTION)
    false = noise.time.shape[1]
    return LifeSigns(
        np.append(signs.time[:kept], noise.time[number]),
        np.append(signs.kind[:kept], np.full(false, motion, np.int8)),
        np.append(signs.place[:kept], noise.place[number].astype(np.int16)),
        signs.places,
    )


def trial_of(injected: Collapses, noise_per_hour: float = 0.0) -> CollapseTrial:
    """Return the trial of the home by the rule with its standard setting."""
    (((trial,),),) = run_live_with(OurRule((STANDARD,)), [home()], [injected], (noise_per_hour,))
    return trial


def test_some_life_signs_of_the_home_are_uncertain() -> None:
    uncertain = certainty(home()).since < np.arange(len(home().began))
    single = ~certain(home().signs)[:-1]
    # Until its partner comes also the first of two is uncertain.
    assert 0.1 < np.mean(single) < np.mean(uncertain) < 0.4
    assert np.mean(uncertain[single]) > 0.99


def test_false_alarms_are_those_that_the_rule_raises() -> None:
    none = Collapses(np.zeros(0, np.int64), np.zeros(0))
    trial = trial_of(none)
    since, until = float(home().learned_at[0]), float(home().signs.time[-1])
    # The recording ends in a silence that protocol P does not know.
    raised = [one for one, _ in evaluated(home().signs, since, until)]
    assert trial.false_alarms == len(raised) > 0


def test_where_a_home_has_wider_margins_false_alarms_are_those_that_the_rule_raises_too() -> None:
    restless, none = home(3), Collapses(np.zeros(0, np.int64), np.zeros(0))
    as_shipped = OurRule((BUDGET_30D[Sensitivity.STANDARD],), margins=Margins.SHIPPED)
    margins_min = {one.margin_min(Sensitivity.STANDARD) for one in as_shipped.learn_live(restless).usual}
    assert max(margins_min) > STANDARD <= min(margins_min)
    (((trial,),),) = run_live_with(as_shipped, [restless], [none], (0.0,))
    since, until = float(restless.learned_at[0]), float(restless.signs.time[-1])
    raised = evaluated(restless.signs, since, until, 3, Margins.SHIPPED)
    assert trial.false_alarms == len(raised) > 0
    assert len(raised) <= len(evaluated(restless.signs, since, until, 3))


def test_alarms_after_a_collapse_are_those_that_the_rule_raises_also_among_false_events() -> None:
    (every,) = collapses([home()])
    chosen = np.random.default_rng(5).choice(len(every.silence), COLLAPSES, replace=False)
    some = Collapses(every.silence[chosen], every.after_min[chosen])
    per_hour = 0.5
    trial = trial_of(some, per_hour)
    noise = noise_after(home(), some, per_hour, np.random.default_rng(0))
    since = float(home().learned_at[0]) + DAY_S
    checked = 0
    for number in range(COLLAPSES):
        fell = float(home().began[some.silence[number]] + 60 * some.after_min[number])
        if np.isnan(trial.to_alarm_min[number]) or fell < since:
            continue
        signs = with_noise(fell, noise, number)
        until = min(float(noise.time[number, -1]), fell + timedelta(days=3).total_seconds())
        first = min((one for one, cleared in evaluated(signs, since, until) if (cleared or np.inf) > fell))
        assert abs(first - fell - 60 * trial.to_alarm_min[number]) <= 1e-3
        checked += 1
    assert checked > COLLAPSES / 2


def test_false_events_delay_an_alarm_but_do_not_prevent_it() -> None:
    (every,) = collapses([home()])
    quiet, noisy = trial_of(every), trial_of(every, 1 / 6)
    assert quiet.false_alarms == noisy.false_alarms
    put_off_min = noisy.to_alarm_min - quiet.to_alarm_min
    # By chance a false event looks sure, and may begin a shorter silence than the one it ends.
    assert np.nanquantile(put_off_min, 0.01) >= 0
    assert 0 < np.nanmean(put_off_min) < 60
