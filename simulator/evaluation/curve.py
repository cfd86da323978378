"""The trade-off of a detector: hours to alarm at equal rates of false alarms, and how sure the figures are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from simulator.evaluation.protocol import CollapseTrial, EvaluatedHome, Floats, Numbers

RATES = (10.0, 5.0, 2.7, 1.0)
# A rate of zero has no logarithm; less than one alarm in a hundred years need not be distinguished.
_LEAST_RATE = 1e-3
_RESAMPLES = 200
# Five-minute steps; no alarm comes later than two days after the last event.
_HISTOGRAM = 600


@dataclass(frozen=True)
class Point:
    """One setting of a detector; hours are from collapse to alarm."""

    setting: float
    false_alarms: int
    false_alarms_30d: float
    median_h: float
    mean_h: float
    p95_h: float
    within_4h: float
    within_8h: float
    dropped: float
    worst_tenth_30d: float


@dataclass(frozen=True)
class Reading:
    """Hours to alarm at a given rate of false alarms, and their 95 % intervals over homes."""

    rate: float
    median_h: float
    mean_h: float
    p95_h: float
    median_between_h: tuple[float, float] | None = None
    mean_between_h: tuple[float, float] | None = None

    def to_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Curve:
    """All settings of one detector, and what they give at the rates of interest."""

    detector: str
    points: tuple[Point, ...]
    readings: tuple[Reading, ...]

    def at(self, rate: float) -> Reading | None:
        """Return the reading at a rate, None if the settings tried do not reach it."""
        return next((one for one in self.readings if one.rate == rate), None)


def curve(
    detector: str,
    settings: Sequence[float],
    trials: Sequence[Sequence[CollapseTrial]],
    homes: Sequence[EvaluatedHome],
    *,
    resamples: int = _RESAMPLES,
) -> Curve:
    """Return the trade-off curve from the trials of each setting in each home (8)."""
    days: Floats = np.array([home.test_days for home in homes])
    points = [_point(setting, row, days) for setting, row in zip(settings, trials, strict=True)]
    readings = [found for rate in RATES if (found := read_off(points, rate)) is not None]
    if resamples:
        readings = _with_intervals(readings, settings, trials, days, resamples)
    return Curve(detector, tuple(points), tuple(readings))


def read_off(points: Sequence[Point], rate: float) -> Reading | None:
    """Interpolate linearly over the logarithm of the rate; None outside the settings tried."""
    ordered = sorted(points, key=lambda one: (one.false_alarms_30d, -one.median_h))
    rates = np.log([max(one.false_alarms_30d, _LEAST_RATE) for one in ordered])
    wanted = float(np.log(rate))
    if not rates[0] <= wanted <= rates[-1]:
        return None
    hours = [[one.median_h, one.mean_h, one.p95_h] for one in ordered]
    median, mean, p95 = (float(np.interp(wanted, rates, column)) for column in zip(*hours, strict=True))
    return Reading(rate, median, mean, p95)


def _point(setting: float, row: Sequence[CollapseTrial], days: Floats) -> Point:
    false: Floats = np.array([one.false_alarms for one in row], np.float64)
    every: Floats = np.concatenate([one.to_alarm_min for one in row]) / 60
    hours = every[~np.isnan(every)]
    median, p95 = (float(np.quantile(hours, one)) for one in (0.5, 0.95))
    return Point(
        setting=setting,
        false_alarms=int(false.sum()),
        false_alarms_30d=float(30 * false.sum() / days.sum()),
        median_h=median,
        mean_h=float(hours.mean()),
        p95_h=p95,
        within_4h=float((hours <= 4).mean()),
        within_8h=float((hours <= 8).mean()),
        dropped=float(np.isnan(every).mean()),
        worst_tenth_30d=float(np.quantile(30 * false / days, 0.9)),
    )


def _with_intervals(
    readings: Sequence[Reading],
    settings: Sequence[float],
    trials: Sequence[Sequence[CollapseTrial]],
    days: Floats,
    resamples: int,
) -> list[Reading]:
    """Draw homes with replacement again and again; the same draws for every detector."""
    random = np.random.default_rng(1)
    # Hours to 5 minutes are enough here, and make drawing homes a sum of counts.
    counts: Numbers = np.array([[_counted(one) for one in row] for row in trials])
    false: Numbers = np.array([[one.false_alarms for one in row] for row in trials])
    drawn: dict[float, list[tuple[float, float]]] = {one.rate: [] for one in readings}
    middle: Floats = (np.arange(_HISTOGRAM) + 0.5) / 12
    for _ in range(resamples):
        chosen = random.integers(0, len(days), len(days))
        total: Numbers = counts[:, chosen].sum(axis=1)
        rates: Floats = 30 * false[:, chosen].sum(axis=1) / days[chosen].sum()
        points = [
            _drawn_point(setting, float(rate), middle, row)
            for setting, rate, row in zip(settings, rates, total, strict=True)
        ]
        for rate, delays in drawn.items():
            found = read_off(points, rate)
            if found is not None:
                delays.append((found.median_h, found.mean_h))
    return [_interval(one, drawn[one.rate]) for one in readings]


def _drawn_point(setting: float, rate: float, middle: Floats, count: Numbers) -> Point:
    until: Numbers = np.cumsum(count)
    everything = int(until[-1])
    median = float(middle[int(np.searchsorted(until, everything / 2))])
    mean = float((count * middle).sum()) / everything
    return Point(setting, 0, rate, median, mean, 0, 0, 0, 0, 0)


def _counted(trial: CollapseTrial) -> Numbers:
    minutes = trial.to_alarm_min[~np.isnan(trial.to_alarm_min)]
    return np.bincount(np.minimum(minutes // 5, _HISTOGRAM - 1).astype(np.int64), minlength=_HISTOGRAM)


def _interval(reading: Reading, drawn: Sequence[tuple[float, float]]) -> Reading:
    if not drawn:
        return reading
    found: Floats = np.array(drawn)
    low, high = np.quantile(found, 0.025, axis=0), np.quantile(found, 0.975, axis=0)
    return Reading(
        reading.rate,
        reading.median_h,
        reading.mean_h,
        reading.p95_h,
        (float(low[0]), float(high[0])),
        (float(low[1]), float(high[1])),
    )
