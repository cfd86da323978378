"""What our rule is compared with: the fixed timer of commercial services, the line of Cuddihy and others (2007), and our first rule."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.evaluation.protocol import BINS, DAY_S, DOOR_S, EvaluatedHome, EventTimes, Flags, Floats
from simulator.evaluation.threshold_crossing import first_passing_min

_LINE_DAYS = 60
_QUANTILE = 0.97
_BIN_MIN = 30
_TWO_STATE_DAYS = 90
_TWO_STATE_SIGMA_BINS = 6.0


@dataclass(frozen=True)
class FixedTimer:
    """An alarm after the same time whatever the hour and wherever the person is; settings are minutes."""

    settings: Sequence[float] = tuple(np.geomspace(120, 900, 25).round(1).tolist())
    name: str = "fixed timer"

    def learn(self, home: EvaluatedHome) -> "FixedTimer":  # noqa: ARG002 - nothing is learned
        """Return itself."""
        return self

    def threshold_min(self, setting: float, moments: EventTimes) -> Floats:
        """Return the setting."""
        return np.full(len(moments.bin), setting)


@dataclass(frozen=True)
class AlertLine:
    """The alert line of Cuddihy and others: blind to outings, one line by the clock.

    In each 30-minute bin the longest silence reached on each of the last 60 days; the line is their 97th percentile, larger by 30 %
    and by a further part of it, the setting (0.4 in the paper). Formula after the published re-implementation by Wilhelm and Wahl (2024).
    """

    settings: Sequence[float] = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.7, 0.9, 1.2, 1.6, 2.2, 3.0)
    name: str = "alert line (Cuddihy 2007)"

    def learn(self, home: EvaluatedHome) -> "_LearnedLine":
        """Learn the line at each midnight."""
        return _LearnedLine(np.array([_alert_line(home, until) for until in home.learned_at]))


@dataclass(frozen=True)
class _LearnedLine:
    line: Floats

    def threshold_min(self, setting: float, moments: EventTimes) -> Floats:
        """Return when the age passes the line."""
        return first_passing_min(np.repeat(self.line * (1.3 + setting), 6, axis=1))[moments.week, moments.bin]


def longest_by_day(
    home: EvaluatedHome, until: float, days: int, bin_min: float, only: Flags | None = None
) -> Floats:
    """Return the largest age in minutes that silences which had ended reached on each day in each bin of the clock."""
    per_day = round(DAY_S / 60 / bin_min)
    known = (home.ended <= until) & ~home.is_long & ~home.is_blind
    count = min(days, round((until - home.first_midnight) / DAY_S))
    start = until - count * DAY_S
    known &= home.ended > start
    if only is not None:
        known &= only
    began, ended = (home.began[known] - start) / 60, (home.ended[known] - start) / 60
    first = np.floor(began / bin_min).astype(np.int64)
    spans = np.floor(ended / bin_min).astype(np.int64) - first + 1
    which = np.repeat(np.arange(len(spans)), spans)
    where = first[which] + np.arange(len(which)) - np.repeat(np.cumsum(spans) - spans, spans)
    age = np.minimum((where + 1) * bin_min, ended[which]) - began[which]
    inside = (where >= 0) & (where < count * per_day)
    longest: Floats = np.zeros(count * per_day)
    np.maximum.at(longest, where[inside], age[inside])
    return longest.reshape(count, per_day)


def _alert_line(home: EvaluatedHome, until: float) -> Floats:
    return np.quantile(longest_by_day(home, until, _LINE_DAYS, _BIN_MIN), _QUANTILE, axis=0)


@dataclass(frozen=True)
class TwoStateLine:
    """The two-state line, our first rule: one line at home and one after the door, each raised by the same margin; settings are that margin in minutes.

    It is kept to compare with, and because published figures of it show that the protocol is followed.
    """

    settings: Sequence[float] = (10, 20, 30, 45, 60, 75, 90, 105, 120, 150, 180, 240, 300, 400, 480)
    name: str = "two-state line"

    def learn(self, home: EvaluatedHome) -> "_LearnedTwoStates":
        """Learn both lines at each midnight."""
        after_door = home.at.after_door_s <= DOOR_S
        lines = [
            [
                _two_state_line(longest_by_day(home, until, _TWO_STATE_DAYS, 5, only))
                for only in (~after_door, after_door)
            ]
            for until in home.learned_at
        ]
        return _LearnedTwoStates(np.array(lines))


@dataclass(frozen=True)
class _LearnedTwoStates:
    lines: Floats

    def threshold_min(self, setting: float, moments: EventTimes) -> Floats:
        """Return when the age passes the line of its beginning."""
        at_home = self.lines[:, 0] + setting
        after_door = np.maximum(at_home, self.lines[:, 1] + 2 * setting)
        tables = first_passing_min(np.stack([at_home, after_door], axis=1))
        return tables[moments.week, (moments.after_door_s <= DOOR_S).astype(np.int64), moments.bin]


def _two_state_line(longest: Floats) -> Floats:
    raw = 0.5 * np.quantile(longest, 0.95, axis=0) + 0.5 * longest.max(axis=0)
    distance = np.minimum(np.arange(BINS), BINS - np.arange(BINS))
    weight = np.exp(-0.5 * (distance / _TWO_STATE_SIGMA_BINS) ** 2)
    return np.fft.irfft(np.fft.rfft(raw) * np.fft.rfft(weight / weight.sum()), BINS)
