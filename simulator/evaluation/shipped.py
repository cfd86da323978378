"""What the settings that are shipped give on a set of homes, and what a margin gives on homes that it was not chosen on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.domain.sensitivity import Sensitivity
from detectors.features.silence_threshold import BUDGET_30D, BUFFER_MIN
from simulator.evaluation.curve import Point
from simulator.evaluation.curve import curve as curve_of
from simulator.evaluation.protocol import CollapseTrial, EvaluatedHome, Floats

NIGHT_ENDS_H = 6.0
_RESAMPLES, _HALVES = 400, 20
_LEAST_HOMES = 4
_WARD = 40
_DAY_H = 24
# A rate of zero has no logarithm.
_LEAST_RATE = 1e-3


@dataclass(frozen=True)
class ShippedSetting:
    """One setting as it is shipped: rates in 30 home-days, hours from collapse to alarm.

    Attributes
    ----------
    margin_min : float or None
        The margin of all homes; None where it is not one.
    between_30d : tuple of float
        The 95 % interval of the rate over homes.
    worst_30d, over_twice : float, int
        The highest rate of a home, and how many homes have more than twice the budget.
    at_night : float
        The share of false alarms that ring between 0:00 and 6:00.
    night_of_40 : float
        How many of them a ward of 40 homes has in one night.
    by_hour : tuple of int
        How many false alarms ring in each of the 24 hours of the homes' clock.
    """

    setting: str
    margin_min: float | None
    budget_30d: float
    false_alarms: int
    false_alarms_30d: float
    between_30d: tuple[float, float]
    worst_30d: float
    over_twice: int
    at_night: float
    night_of_40: float
    median_h: float
    mean_h: float
    p95_h: float
    by_hour: tuple[int, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class OtherHalf:
    """A margin chosen on one half of the homes for a rate, and what it gives on the other half: means over halves, and 95 % of them."""

    rate: float
    got_30d: float
    between_30d: tuple[float, float]
    median_h: float
    mean_h: float
    p95_h: float


Trials = Sequence[Sequence[CollapseTrial]]


def one_margin(
    settings: Sequence[float], trials: Trials, homes: Sequence[EvaluatedHome]
) -> tuple[ShippedSetting, ...]:
    """Return what the settings would give with one margin for all homes; `settings` must hold these margins."""
    return tuple(
        _shipped(
            f"{one.value}, {margin:g} min for all",
            one,
            margin,
            list(trials[list(settings).index(margin)]),
            homes,
        )
        for one, margin in BUFFER_MIN.items()
    )


def by_budget(
    budgets: Sequence[float], trials: Trials, homes: Sequence[EvaluatedHome], kind: str
) -> tuple[ShippedSetting, ...]:
    """Return what the settings give where each home has a margin by their budget; `budgets` must hold those of the settings."""
    return tuple(
        _shipped(f"{one.value}, {kind}", one, None, list(trials[list(budgets).index(budget)]), homes)
        for one, budget in BUDGET_30D.items()
    )


def _shipped(
    label: str,
    sensitivity: Sensitivity,
    margin_min: float | None,
    row: Sequence[CollapseTrial],
    homes: Sequence[EvaluatedHome],
) -> ShippedSetting:
    days: Floats = np.array([home.test_days for home in homes])
    false = np.array([one.false_alarms for one in row])
    every: Floats = np.concatenate([one.to_alarm_min for one in row]) / 60
    hours = every[~np.isnan(every)]
    rings = [hour for one in row for hour in one.false_hours]
    by_hour = np.bincount([int(hour) for hour in rings], minlength=_DAY_H)
    at_night = sum(hour < NIGHT_ENDS_H for hour in rings)
    drawn = np.random.default_rng(2).integers(0, len(days), (_RESAMPLES, len(days)))
    rates = 30 * false[drawn].sum(axis=1) / days[drawn].sum(axis=1)
    low, high = np.quantile(rates, (0.025, 0.975)).tolist()
    median, p95 = np.quantile(hours, (0.5, 0.95)).tolist()
    budget, everything = BUDGET_30D[sensitivity], int(false.sum())
    return ShippedSetting(
        setting=sensitivity.value,
        margin_min=margin_min,
        budget_30d=budget,
        false_alarms=everything,
        false_alarms_30d=float(30 * everything / days.sum()),
        between_30d=(low, high),
        worst_30d=float((30 * false / days).max()),
        over_twice=int(np.sum(30 * false / days > 2 * budget)),
        at_night=at_night / everything if everything else 0.0,
        night_of_40=float(_WARD * at_night / days.sum()),
        median_h=median,
        mean_h=float(hours.mean()),
        p95_h=p95,
        by_hour=tuple(by_hour.tolist()),
        label=label,
    )


def other_half(
    settings: Sequence[float], trials: Trials, homes: Sequence[EvaluatedHome], rates: Sequence[float]
) -> tuple[OtherHalf, ...]:
    """Choose the margin for each rate on half of the homes and read it on the others, twenty times, both ways; nothing of fewer than four homes."""
    if len(homes) < _LEAST_HOMES:
        return ()
    random = np.random.default_rng(3)
    read: dict[float, list[tuple[float, float, float, float]]] = {rate: [] for rate in rates}
    for _ in range(_HALVES):
        order = random.permutation(len(homes))
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        for chosen_on, others in (halves, halves[::-1]):
            _read_halves(settings, trials, homes, (chosen_on.tolist(), others.tolist()), read)
    return tuple(_mean(rate, found) for rate, found in read.items() if found)


def _read_halves(
    settings: Sequence[float],
    trials: Trials,
    homes: Sequence[EvaluatedHome],
    halves: tuple[list[int], list[int]],
    read: dict[float, list[tuple[float, float, float, float]]],
) -> None:
    one, other = (
        curve_of(
            "",
            settings,
            [[row[number] for number in half] for row in trials],
            [homes[n] for n in half],
            resamples=0,
        )
        for half in halves
    )
    margins = [point.setting for point in other.points]
    for rate, found in read.items():
        margin = margin_for(one.points, rate)
        if margin is None:
            continue
        columns = [
            [getattr(point, name) for point in other.points]
            for name in ("false_alarms_30d", "median_h", "mean_h", "p95_h")
        ]
        got, median, mean, p95 = (float(np.interp(margin, margins, column)) for column in columns)
        found.append((got, median, mean, p95))


def margin_for(points: Sequence[Point], rate: float) -> float | None:
    """Return which margin gives a rate, over the logarithm of the rate; None outside of the settings tried."""
    ordered = sorted((max(one.false_alarms_30d, _LEAST_RATE), -one.setting) for one in points)
    rates: Floats = np.log(np.array([one for one, _ in ordered]))
    wanted = float(np.log(rate))
    if not rates[0] <= wanted <= rates[-1]:
        return None
    return -float(np.interp(wanted, rates, [margin for _, margin in ordered]))


def _mean(rate: float, found: Sequence[tuple[float, float, float, float]]) -> OtherHalf:
    table: Floats = np.array(found)
    got, median, mean, p95 = table.mean(axis=0).tolist()
    low, high = np.quantile(table[:, 0], (0.025, 0.975)).tolist()
    return OtherHalf(rate, got, (low, high), median, mean, p95)
