"""Late morning: nobody has got up although it is later than usual for this resident."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rhythm import Habit, Rhythm
from core.domain.rules import LATE_MORNING
from detectors.features.daily_rhythm import DAY_BEGINS_MIN, UP_WITHIN_S, is_by_hand, rises
from detectors.features.local_time import DAY_S, at_minute, local_date
from detectors.features.observability import (
    after_partner,
    confirmed,
    is_held,
    pause_after,
    until_now,
    was_observable,
)
from detectors.features.silence_profile import DOOR, PARTNER_S
from detectors.features.window import LifeSigns, Window, earliest, moment
from detectors.rules.base import Evaluation, Rule
from detectors.rules.suppression import is_suppressed

NAME, VERSION = LATE_MORNING.name, LATE_MORNING.version
# Never sooner than this after the usual time.
LEAST_LATE_MIN = 60.0
# Who closed the door this recently before the silence is out, not in bed.
_DOOR_S = 120.0
DAY_MIN = DAY_S / 60
# Beyond this many days the usual is well known.
_WELL_KNOWN_DAYS = 21


@dataclass(frozen=True)
class _Morning:
    """A morning that may be late: when the day begins, the usual time, the tick and the end of the day, in Unix seconds."""

    begins: float
    baseline: float
    tick: float
    ends: float
    habit: Habit


@dataclass(frozen=True)
class LateMorning:
    """Morning: nobody is up between four o'clock and the usual time of getting up, and an hour or three sigmas beyond.

    Who is up is seen again within five quarters of an hour, or uses something by hand (a door, the fridge); a single visit to the toilet does
    not count unless it was just now.

    It claims that the morning is late, nothing more, and informs the staff; the alarm is the inactivity rule's. It cannot tell while
    fewer than 14 mornings are known, when the home was out of contact since four, during a planned absence, and when the last life
    sign before was the entrance door. It is not raised beside an open alarm about the same silence. It ends with the first confirmed life sign, with the day, or when an absence begins.

    Parameters
    ----------
    rhythm_on : callable
        What was learned for a local day.
    alarm : Rule or None
        The rule whose open alarm is about the same silence.
    """

    rhythm_on: Callable[[date], Rhythm]
    alarm: Rule | None = None
    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        now = until.timestamp()
        signs = until_now(window.life_signs, now)
        sure = confirmed(signs)
        findings: list[Finding] = []
        today = local_date(window.zone, until)
        # Tomorrow's usual is known only tomorrow.
        due: datetime | None = at_minute(window.zone, today + timedelta(days=1), DAY_BEGINS_MIN)
        for morning in self._mornings(window, since, today):
            tick = after_partner(signs, sure, morning.tick)
            if _has_risen(signs, sure, morning.begins, tick) or not _could_tell(window, signs, morning, tick):
                continue
            if tick > now or is_held(window, tick):
                due = earliest(due, moment(tick))
                continue
            over = _over(window, signs.time[sure], morning, tick)
            # The movement that ended it may have got its partner in this span.
            if over > since.timestamp() - PARTNER_S and not is_suppressed(self.alarm, window, tick, until):
                findings.append(_finding(window, morning, tick, over if over <= now else None))
        return Evaluation(tuple(findings), due, can_tell=self.rhythm_on(today).up is not None)

    def _mornings(self, window: Window, since: datetime, today: date) -> Iterator[_Morning]:
        day = local_date(window.zone, since)
        while day <= today:
            habit = self.rhythm_on(day).up
            if habit is not None:
                minutes = (DAY_BEGINS_MIN, habit.at_min, habit.late_min(LEAST_LATE_MIN), DAY_MIN)
                begins, baseline, tick, ends = (
                    at_minute(window.zone, day, one).timestamp() for one in minutes
                )
                yield _Morning(begins, baseline, tick, ends, habit)
            day += timedelta(days=1)


def _has_risen(signs: LifeSigns, sure: NDArray[np.bool_], begins: float, tick: float) -> bool:
    """Return whether somebody was up by then, or may just have got up."""
    first, last = np.searchsorted(signs.time, [begins, tick], side="right")
    counting = np.flatnonzero(sure[first:last]) + first
    if not len(counting):
        return False
    seen = signs.time[counting]
    return bool(seen[-1] > tick - UP_WITHIN_S or rises(seen).any() or is_by_hand(signs.kind[counting]).any())


def _could_tell(window: Window, signs: LifeSigns, morning: _Morning, tick: float) -> bool:
    if window.watched_from.timestamp() > morning.begins or not was_observable(window, morning.begins, tick):
        return False
    before = int(np.searchsorted(signs.time, morning.begins, side="right"))
    if not before:
        return False
    recent = signs.time[:before] >= signs.time[before - 1] - _DOOR_S
    return not bool(np.any(signs.kind[:before][recent] == DOOR))


def _over(window: Window, sure: NDArray[np.float64], morning: _Morning, tick: float) -> float:
    after = int(np.searchsorted(sure, tick, side="right"))
    first = float(sure[after]) if after < len(sure) else np.inf
    return min(first, morning.ends, pause_after(window, tick))


def _finding(window: Window, morning: _Morning, tick: float, over: float | None) -> Finding:
    habit = morning.habit
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(window.resident),
        severity=Severity.KEEP_AN_EYE,
        began_at=moment(morning.baseline),
        raised_at=moment(tick),
        cleared_at=None if over is None else moment(over),
        reason=as_json(
            reasons.LateMorningReason(
                rule_version=VERSION,
                nothing_since=moment(morning.begins),
                usual=reasons.UsualMorning(
                    days=habit.days,
                    up_at_min=round(habit.at_min),
                    up_by_min=round(habit.by_min),
                    late_after_min=round(habit.late_min(LEAST_LATE_MIN)),
                ),
                ruled_out=(
                    RuledOut.PLANNED_ABSENCE,
                    RuledOut.HOME_SILENT,
                    RuledOut.WARD_SILENT,
                    RuledOut.LEFT_BY_DOOR,
                ),
                confidence=Confidence.HIGH if habit.days >= _WELL_KNOWN_DAYS else Confidence.MEDIUM,
            )
        ),
    )
