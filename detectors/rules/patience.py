"""How long a silence may last: what was learned about a resident, the margin of the chosen sensitivity, and the warm-up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from detectors.rules.judgement import LifeSigns
from detectors.rules.silences import Line, certain, learn_line, silences
from detectors.rules.wall_clock import BINS, STEP_S, bins

# After this age an alarm is due whatever is usual (D1 d).
CAP_STEPS = BINS
# Warm-up (D1 f, not measured): a fixed timer in the first week, then a wide margin that narrows until the fourth.
FIXED_DAYS = 7
LEARNED_DAYS = 28
FIXED_AWAKE_MIN = 480.0
FIXED_ANY_MIN = 720.0
AWAKE_BINS = (7 * 12, 22 * 12)


class Sensitivity(StrEnum):
    """How long beyond the usual a silence may last, in words a family can choose from (D1 e)."""

    FAMILY = "family"
    STANDARD = "standard"
    QUIET = "quiet"


BUFFER_MIN: Mapping[Sensitivity, float] = {
    Sensitivity.FAMILY: 60.0,
    Sensitivity.STANDARD: 105.0,
    Sensitivity.QUIET: 240.0,
}


@dataclass(frozen=True)
class Usual:
    """What was learned about a resident's silences, and from how many days."""

    days: int
    line: Line

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "days": self.days,
            "at_home_min": self.line.at_home.tolist(),
            "after_door_min": self.line.after_door.tolist(),
        }

    @staticmethod
    def from_json(body: Mapping[str, Any]) -> "Usual":
        """Return what `to_json` was made from."""
        line = Line(np.array(body["at_home_min"], np.float64), np.array(body["after_door_min"], np.float64))
        return Usual(int(body["days"]), line)


def learn(
    signs: LifeSigns,
    zone: ZoneInfo,
    masked: Sequence[tuple[float, float]],
    until: datetime,
    *,
    confirmed_only: bool = True,
) -> Usual:
    """Learn a resident's usual from life signs up to `until`; `masked` time (Unix seconds) teaches nothing."""
    gaps = silences(signs, certain(signs, confirmed_only=confirmed_only))
    line, days = learn_line(gaps, zone, masked, until.timestamp())
    return Usual(days, Line(line.at_home.round(1), line.after_door.round(1)))


def alarm_steps(line: Line, buffer_min: float) -> NDArray[np.int64]:
    """Return after how many 5-minute steps a silence raises an alarm, shape (2, 288): at home or after the door, by bin of its beginning.

    Examples
    --------
    >>> flat = Line(np.full(288, 60.0), np.full(288, 60.0))
    >>> alarm_steps(flat, 105.0)[:, 0].tolist()  # 60 + 105 min, and 60 + 2 * 105 min after the door
    [34, 55]
    """
    at_home = line.at_home + buffer_min
    allowed = np.stack([at_home, np.maximum(at_home, line.after_door + 2 * buffer_min)])
    steps = np.arange(1, CAP_STEPS + 1)
    later = (np.arange(BINS)[:, None] + steps) % BINS
    passed = steps * (STEP_S / 60) > allowed[:, later]
    return np.where(passed.any(axis=2), passed.argmax(axis=2) + 1, CAP_STEPS)


@dataclass(frozen=True)
class Patience:
    """At which 5-minute steps after its base a silence is too long; arrays of shape (288,), the last step always is.

    `longest_min` is the longest usual silence at each step, None while too little is known.
    """

    days: int
    age_min: NDArray[np.float64]
    longest_min: NDArray[np.float64] | None
    passed: NDArray[np.bool_]


def patience(
    usual: Usual, sensitivity: Sensitivity, zone: ZoneInfo, base: float, *, after_door: bool
) -> Patience:
    """Return how long a silence that is counted from `base` (Unix seconds) may last."""
    age_min: NDArray[np.float64] = _STEPS * (STEP_S / 60)
    clock = bins(zone, base + _STEPS * STEP_S)
    if usual.days < FIXED_DAYS:
        awake_min = np.cumsum((clock >= AWAKE_BINS[0]) & (clock < AWAKE_BINS[1])) * (STEP_S / 60)
        passed = (awake_min > FIXED_AWAKE_MIN) | (age_min > FIXED_ANY_MIN)
        return Patience(usual.days, age_min, None, passed | (_STEPS == CAP_STEPS))
    buffer_min = BUFFER_MIN[sensitivity]
    if usual.days < LEARNED_DAYS:
        buffer_min *= 2 - usual.days / LEARNED_DAYS
    longest_min = usual.line.at_home[clock]
    limit_min = longest_min + buffer_min
    if after_door:
        longest_out_min = usual.line.after_door[clock]
        limit_min = np.maximum(limit_min, longest_out_min + 2 * buffer_min)
        longest_min = np.maximum(longest_min, longest_out_min)
    return Patience(usual.days, age_min, longest_min, (age_min > limit_min) | (_STEPS == CAP_STEPS))


_STEPS: NDArray[np.float64] = np.arange(1, CAP_STEPS + 1, dtype=np.float64)
