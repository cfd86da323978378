"""One evaluation: every detector on one set of homes, alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.domain.sensitivity import Sensitivity
from detectors.features.silence_threshold import BUDGET_30D, BUFFER_MIN
from simulator.evaluation.baselines import AlertLine, FixedTimer, TwoStateLine
from simulator.evaluation.current_rule import Margins, OurRule
from simulator.evaluation.curve import Curve, curve
from simulator.evaluation.error_list import ErrorList, errors_of
from simulator.evaluation.homes import EvaluatedRecording
from simulator.evaluation.live_rule import LiveDetector, run_live_with
from simulator.evaluation.presence_trial import PresenceReport, score_presence
from simulator.evaluation.prompt_trial import PromptReport, score_prompts
from simulator.evaluation.protocol import Detector, EvaluatedHome, Spans, collapses, prepare, run
from simulator.evaluation.recorded_life import LifeReport, score_life
from simulator.evaluation.report import SetReport
from simulator.evaluation.shipped import (
    OtherHalf,
    ShippedSetting,
    by_budget,
    margin_for,
    one_margin,
    other_half,
)
from simulator.evaluation.survival import Between, SurvivalPlan

NOISE_PER_HOUR = 1 / 6
# The rates at which errors are listed one by one.
_ERROR_RATES = (2.7, 1.0)
# False alarms in 30 days that the homes' own margins are asked for; those of the settings among them.
_BUDGETS_TRIED = tuple(
    sorted({0.25, 0.4, 0.6, 0.8, 1.3, 1.7, 2.2, 3.5, 7.0, 10.0, 14.0, *BUDGET_30D.values()})
)


@dataclass(frozen=True)
class PeopleReport:
    """What a set of recorded homes says beside protocol P: how often the other rules speak up, and who is at home."""

    life: LifeReport
    at_home: PresenceReport | None


def evaluate_people(
    recordings: Sequence[EvaluatedRecording], outages: Spans, on_progress: Callable[[str], None]
) -> PeopleReport:
    """Run the rules about life at home, and presence, over recorded homes."""
    return PeopleReport(
        score_life(recordings, outages, on_progress=on_progress),
        score_presence(recordings, outages, on_progress=on_progress),
    )


def evaluate(
    name: str,
    recordings: Sequence[EvaluatedRecording],
    outages: Spans = (),
    *,
    baselines: bool = True,
    live: bool = True,
    noise_per_hour: float = NOISE_PER_HOUR,
    resamples: int = 200,
    on_progress: Callable[[str], None] = lambda _: None,
) -> SetReport:
    """Run our rule and the baselines by protocol P.

    Parameters
    ----------
    name : str
        What the set is called.
    recordings, outages
        The homes, and when none of them was in contact.
    baselines : bool
        Whether to run what our rule is compared with.
    live : bool
        Whether to run the rule also as it runs live, where a single event only puts an alarm off, without and with noise after the
        collapse.
    noise_per_hour : float
        How many events that are nobody's come after a collapse.
    resamples : int
        How often homes are drawn for the intervals; 0 for none.
    on_progress : callable
        Called with what is run next.
    """
    homes = prepare(recordings, outages)
    injected = collapses(homes)
    curves: list[Curve] = []
    ours = OurRule()
    live_rule = OurRule(sorted({*ours.settings, *BUFFER_MIN.values()}))
    shipped: tuple[ShippedSetting, ...] = ()
    halves: tuple[OtherHalf, ...] = ()
    errors: tuple[ErrorList, ...] = ()
    prompts: tuple[PromptReport, ...] = ()
    detectors: list[Detector] = [ours, TwoStateLine(), AlertLine(), FixedTimer()] if baselines else [ours]
    for detector in detectors:
        on_progress(f"{name}: {detector.name}")
        trials = run(detector, homes, injected)
        label = f"{ours.name}, every event" if detector is ours else detector.name
        curves.append(curve(label, detector.settings, trials, homes, resamples=resamples))
    if live:
        on_progress(f"{name}: {ours.name} as it runs live")
        both = run_live_with(live_rule, homes, injected, (0.0, noise_per_hour))
        for number, (label, trials) in enumerate(zip(("live", "live, noise"), both, strict=True)):
            found = curve(f"{ours.name}, {label}", live_rule.settings, trials, homes, resamples=resamples)
            curves.insert(number, found)
        as_shipped = OurRule(tuple(BUDGET_30D.values()), margins=Margins.SHIPPED)
        (trials,) = run_live_with(as_shipped, homes, injected, (0.0,))
        shipped = by_budget(as_shipped.settings, trials, homes, "as shipped")
        shipped += one_margin(live_rule.settings, both[0], homes)
        prompts = score_prompts(live_rule, BUFFER_MIN[Sensitivity.STANDARD], homes, injected)
        halves = other_half(live_rule.settings, both[0], homes, tuple(BUDGET_30D.values()))
        on_progress(f"{name}: errors one by one")
        margins = {rate: margin_for(curves[0].points, rate) for rate in _ERROR_RATES}
        known = {rate: margin for rate, margin in margins.items() if margin is not None}
        errors = errors_of(live_rule, homes, injected, known)
    if live and baselines:
        for detector in _shadows(homes):
            on_progress(f"{name}: {detector.name}")
            (trials,) = run_live_with(detector, homes, injected, (0.0,))
            found = curve(detector.name, detector.settings, trials, homes, resamples=resamples)
            curves.insert(2, found)
            if isinstance(detector, OurRule):
                shipped += by_budget(detector.settings, trials, homes, "own margins (shadow)")
    days = sum(home.test_days for home in homes)
    long = np.concatenate([home.length_min[home.is_long_in_test] for home in homes]) / 1440
    count = sum(len(one.silence) for one in injected)
    report = SetReport(name, len(homes), days, count, tuple(curves), len(long), float(long.sum()))
    return replace(report, shipped=shipped, other_half=halves, errors=errors, prompts=prompts)


def _shadows(homes: Sequence[EvaluatedHome]) -> Sequence[LiveDetector]:
    """Return what does not run live, but might: it is treated as the live rule is."""
    challenger = SurvivalPlan(homes)
    return (
        challenger,
        Between(OurRule(), challenger, challenger.settings, "live and survival model, mean (shadow)"),
        OurRule(_BUDGETS_TRIED, "Mimamori, own margins (shadow)", margins=Margins.OWN),
    )
