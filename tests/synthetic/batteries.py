"""Made-up batteries that run down, and how long before the end that is raised.

Lives of 60 to 500 days; half go down evenly, half slowly first and fast at the end; some wear out within ten days. What they report is
rounded to 1, 5 or 10 percent, errs by up to 2, and dips in cold weeks; on a day in ten nothing comes. One in four
is charged every evening.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.device import DeviceKind
from detectors.rules.battery import BatterySeries, evaluate_batteries
from simulator.evaluation.protocol import Floats

_FIRST_DAY = date(2024, 1, 1).toordinal()
_DAYS = 240
# Raised this long before the end is in time for a visit; raised longer before it is a visit too early.
IN_TIME_DAYS = 3
TOO_EARLY_DAYS = 60


@dataclass(frozen=True)
class BatteryScore:
    """How the ends of batteries were raised: the share in time, the days before the end, and what was raised without need."""

    found: float
    median_days: float
    false_30d: float
    ends: int
    days: float


def score_batteries(devices: int = 200) -> BatteryScore:
    """Run the rule that runs live over the devices; each is a seed of its own, and is given a new battery a week after the end."""
    ahead, ends, false, days = list[float](), 0, 0, 0
    for seed in range(devices):
        random = np.random.default_rng(seed)
        series, empty = _device(random, seed)
        begin = datetime.combine(date.fromordinal(_FIRST_DAY), datetime.min.time(), UTC)
        end = begin + timedelta(days=_DAYS)
        evaluated = evaluate_batteries(
            [series], ZoneInfo("UTC"), begin, end, watched_from=begin, raised_from=begin
        )
        raised = np.array([one.raised_at.toordinal() - _FIRST_DAY for one in evaluated.findings], np.int64)
        needed = np.zeros(len(raised), np.bool_)
        for gone in empty:
            near = (raised > gone - TOO_EARLY_DAYS) & (raised <= gone + 7)
            needed |= near
            in_time = raised[near & (raised <= gone - IN_TIME_DAYS)]
            ends += 1
            ahead += [float(gone - in_time[0])] if len(in_time) else []
        false += int(np.sum(~needed))
        days += _DAYS
    return BatteryScore(len(ahead) / ends, float(np.median(ahead)), 30 * false / days, ends, float(days))


def _device(random: np.random.Generator, number: int) -> tuple[BatterySeries, list[int]]:
    day = np.arange(_DAYS, dtype=np.float64)
    empty: list[int] = []
    if number % 4 == 0:
        level: Floats = random.uniform(40, 70) + random.normal(0, 8, _DAYS)
    else:
        level = np.empty(_DAYS)
        begins = -random.uniform(0, 150)
        while begins < _DAYS:
            life = random.uniform(60, 500)
            left = _left(random, (day - begins) / life, life)
            level[day >= begins] = left[day >= begins]
            empty += [round(begins + life)] if 20 < begins + life < _DAYS - 10 else []
            begins += life + 7
    step = float(random.choice([1.0, 5.0, 10.0]))
    cold = 4 * np.sin(day / 40 + random.uniform(0, 6)) if number % 3 == 0 else 0.0
    raised: Floats = np.clip(np.round((level + cold + random.uniform(-2, 2, _DAYS)) / step) * step, 0, 100)
    received = (random.random(_DAYS) > 0.1) & (level > 0)
    series = BatterySeries(
        number,
        DeviceKind.MOTION,
        "",
        (_FIRST_DAY + day[received]).astype(np.int64),
        raised[received],
        np.where(number % 4 == 0, random.uniform(20, 60, int(np.sum(received))), 1.0),
        np.zeros(int(np.sum(received)), np.bool_),
    )
    return series, empty


def _left(random: np.random.Generator, used: Floats, life: float) -> Floats:
    kind = random.integers(5)
    if kind == 0:
        # Worn out: as good as new, then empty within ten days.
        return np.clip((1 - used) * life / 10, 0, 1) * 100
    if kind <= 2:
        return np.clip(1 - used, 0, 1) * 100
    return np.clip(1 - 0.75 * used - 0.25 * np.clip(used, 0, 1) ** 8, 0, 1) * 100 * (used < 1)
