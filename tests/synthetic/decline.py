"""Made-up people who decline slowly, or from one day to the next, and how soon that is raised.

Daily counts: quarters of an hour with signs of life (about 45), uses of the door (about 4) and quarters at night (about 3), with a weekly rhythm,
days that are alike (half of the spread is a slow one over a week), and sick days. After 90 days the signs of life and the outings
fall, by 30 percent over 28 days or by 40 percent at once, and waking at night rises; a third of the people stay as they are.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from detectors.features.activity_counts import DailyCounts
from detectors.rules.decline import evaluate_days
from simulator.evaluation.protocol import Floats

_FIRST_DAY = date(2024, 1, 1).toordinal()
_DAYS, _BEGINS = 150, 90
_SLOW_DAYS = 28
KINDS = ("as_before", "slow", "step")


@dataclass(frozen=True)
class DeclineScore:
    """How declines were raised; `slow_days` and `step_days` are from the beginning to the note, at the 95th percentile.

    Declines that begin while a false note holds are counted in `left_out` alone: that note is one of the false ones.
    """

    slow_found: float
    slow_median_days: float
    slow_days: float
    step_found: float
    step_median_days: float
    step_days: float
    false_30d: float
    left_out: int


def score_decline(people: int = 150) -> DeclineScore:
    """Run the rule that runs live over the people; each is a seed of its own."""
    waits: dict[str, list[float]] = {kind: [] for kind in KINDS}
    counts = dict.fromkeys(KINDS, 0)
    false, quiet_days, left_out = 0, 0, 0
    for seed in range(people):
        kind = KINDS[seed % len(KINDS)]
        begin = datetime.combine(date.fromordinal(_FIRST_DAY), datetime.min.time(), UTC)
        span = (begin, begin + timedelta(days=_DAYS + 1))
        days = _days(np.random.default_rng(seed), kind)
        found = evaluate_days(days, 1 + seed, ZoneInfo("UTC"), span, raised_from=begin).findings
        raised = [one.raised_at.toordinal() - _FIRST_DAY for one in found]
        quiet = _DAYS if kind == "as_before" else _BEGINS
        false += sum(one <= quiet for one in raised)
        quiet_days += quiet
        ends = [_DAYS if one.cleared_at is None else one.cleared_at.toordinal() - _FIRST_DAY for one in found]
        if any(one <= _BEGINS < over for one, over in zip(raised, ends, strict=True)):
            # A false note still holds: nobody is notified anew, and it is counted as false already.
            left_out += kind != "as_before"
            continue
        counts[kind] += 1
        after = [one for one in raised if one > _BEGINS]
        waits[kind] += [after[0] - _BEGINS] if after and kind != "as_before" else []
    slow, step = waits["slow"], waits["step"]
    return DeclineScore(
        len(slow) / counts["slow"],
        float(np.median(slow)),
        float(np.quantile(slow, 0.95)),
        len(step) / counts["step"],
        float(np.median(step)),
        float(np.quantile(step, 0.95)),
        30 * false / quiet_days,
        left_out,
    )


def _days(random: np.random.Generator, kind: str) -> DailyCounts:
    day = np.arange(_DAYS)
    gone = day - _BEGINS
    if kind == "slow":
        lost: Floats = 0.3 * np.clip(gone / _SLOW_DAYS, 0, 1)
    else:
        lost = np.where((gone >= 0) & (kind == "step"), 0.4, 0.0)
    sick = random.random(_DAYS) < 1 / 60
    weekly = 1 + 0.1 * np.isin(day % 7, random.choice(7, 2, replace=False))
    active = 45 * (1 - lost) * weekly * (1 + 0.1 * _alike(random)) * np.where(sick, 0.6, 1.0)
    doors = random.poisson(4 * (1 - lost) * np.where(sick, 0.2, 1.0))
    nights = random.poisson(3 * (1 + lost) * np.where(sick, 2.0, 1.0))
    return DailyCounts(
        (_FIRST_DAY + day).astype(np.int64),
        {
            "active_quarters": np.round(np.maximum(active, 0.0)).astype(np.float64),
            "door_uses": doors.astype(np.float64),
            "night_quarters": nights.astype(np.float64),
        },
    )


def _alike(random: np.random.Generator) -> Floats:
    keeps = np.exp(-1 / 7)
    slow = np.zeros(_DAYS)
    for number in range(1, _DAYS):
        slow[number] = keeps * slow[number - 1] + np.sqrt(1 - keeps**2) * random.normal()
    return np.sqrt(0.5) * (slow + random.normal(0, 1, _DAYS))
