"""Appliances that a resident uses every day: not used although it is late, and left on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rhythm import Appliance, Habit, Rhythm, Spans
from core.domain.rules import APPLIANCE_LEFT_ON, APPLIANCE_UNUSED
from detectors.features.daily_rhythm import DAY_BEGINS_MIN, LEAST_DAYS
from detectors.features.local_time import DAY_S, at_minute, local_date
from detectors.features.observability import (
    confirmed,
    is_held,
    is_known_away,
    next_look,
    pause_after,
    until_now,
    was_observable,
)
from detectors.features.window import Power, Window, earliest, moment
from detectors.rules.base import Evaluation

UNUSED, LEFT_ON = APPLIANCE_UNUSED.name, APPLIANCE_LEFT_ON.name
# Only what is used on nearly every day says something by not being used.
MOST_DAYS = 0.9
LEAST_LATE_MIN = 60.0
# Somebody is up and about: a life sign this recently, and not by the door last.
_ABOUT_S = 7200.0
# Left on: this much longer than nearly all own uses, and never sooner than the other; known from so many uses (our choice).
MARGIN_MIN, LEAST_MIN, LEAST_RUNS = 20.0, 30.0, 20
# An appliance that was switched on and then fell silent is not known to be on for ever.
_BELIEVED_S = 6 * 3600.0
DAY_MIN = DAY_S / 60


@dataclass(frozen=True)
class _Deadline:
    power: Power
    begins: float
    baseline: float
    tick: float
    ends: float
    habit: Habit


@dataclass(frozen=True)
class ApplianceUnused:
    """An appliance of every day was not used by an hour, or three sigmas, after its usual first use, though somebody is up.

    For the staff: it claims a change of habit, not an emergency. It says nothing of an appliance used on fewer than nine days of ten, when
    no life sign came from home in the last two hours, when the home was out of contact, and in absences.

    Parameters
    ----------
    rhythm_on : callable
        What was learned for a local day.
    """

    rhythm_on: Callable[[date], Rhythm]
    name: str = UNUSED

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        now = until.timestamp()
        today = local_date(window.zone, until)
        findings: list[Finding] = []
        due: datetime | None = at_minute(window.zone, today + timedelta(days=1), DAY_BEGINS_MIN)
        if not window.power:
            return Evaluation((), None, can_tell=False)
        for deadline in self._deadlines(window, since, today):
            used = _first_use(deadline.power, deadline.begins)
            if used <= min(deadline.tick, now):
                continue
            if deadline.tick > now or is_held(window, deadline.tick):
                due = earliest(due, moment(deadline.tick))
                continue
            over = min(used, deadline.ends, pause_after(window, deadline.tick))
            if _is_about(window, deadline):
                findings.append(_unused(window, deadline, over if over <= now else None))
        return Evaluation(_first_of_each(findings, since), due, can_tell=True)

    def _deadlines(self, window: Window, since: datetime, today: date) -> Iterator[_Deadline]:
        day = local_date(window.zone, since)
        floor = window.watched_from.timestamp()
        while day <= today:
            rhythm = self.rhythm_on(day)
            for power in window.power:
                one = rhythm.appliances.get(str(power.device), Appliance(None, 0, None))
                if one.first is None or one.days_used < max(LEAST_DAYS, MOST_DAYS * rhythm.days):
                    continue
                minutes = (DAY_BEGINS_MIN, one.first.at_min, one.first.late_min(LEAST_LATE_MIN), DAY_MIN)
                begins, baseline, tick, ends = (at_minute(window.zone, day, at).timestamp() for at in minutes)
                if begins >= floor:
                    yield _Deadline(power, begins, baseline, tick, ends, one.first)
            day += timedelta(days=1)


def _first_use(power: Power, begins: float) -> float:
    """Return when an appliance was first used after a moment; one that ran then counts as used."""
    began, ended = power.runs()
    later = began[ended > begins]
    return max(float(later[0]), begins) if len(later) else np.inf


def _is_about(window: Window, deadline: _Deadline) -> bool:
    if not was_observable(window, deadline.begins, deadline.tick):
        return False
    if bool(is_known_away(window, np.array([deadline.tick]))[0]):
        return False
    signs = until_now(window.life_signs, deadline.tick)
    sure = signs.time[confirmed(signs)]
    return len(sure) > 0 and deadline.tick - float(sure[-1]) <= _ABOUT_S


def _unused(window: Window, deadline: _Deadline, cleared: float | None) -> Finding:
    usual = reasons.UsualUse(
        days=deadline.habit.days,
        first_at_min=round(deadline.habit.at_min),
        late_after_min=round(deadline.habit.late_min(LEAST_LATE_MIN)),
    )
    return Finding(
        rule=UNUSED,
        subject=Subject.of_resident(window.resident),
        severity=Severity.KEEP_AN_EYE,
        began_at=moment(deadline.baseline),
        raised_at=moment(deadline.tick),
        cleared_at=None if cleared is None else moment(cleared),
        reason=as_json(
            reasons.ApplianceUnusedReason(
                rule_version=APPLIANCE_UNUSED.version,
                place=deadline.power.place,
                usual=usual,
                ruled_out=(
                    RuledOut.PLANNED_ABSENCE,
                    RuledOut.HOME_SILENT,
                    RuledOut.NOBODY_ABOUT,
                ),
                confidence=Confidence.MEDIUM,
            )
        ),
    )


@dataclass(frozen=True)
class ApplianceLeftOn:
    """An appliance runs 20 minutes longer than nearly all of its own uses, and half an hour at least: a kettle or an iron left on.

    It cannot tell before 20 uses are known, and believes a silent plug for six hours. It ends when the power does.

    Parameters
    ----------
    rhythm_on : callable
        What was learned for a local day.
    """

    rhythm_on: Callable[[date], Rhythm]
    name: str = LEFT_ON

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        now = until.timestamp()
        findings: list[Finding] = []
        due: datetime | None = None
        can_tell = False
        for one in window.power:
            baseline = self._usual(window, one, until)
            if baseline is None:
                continue
            can_tell = True
            due = earliest(due, next_look(until, 60 * _limit_min(baseline)))
            began_at, ended_at = one.runs()
            for began, ended in zip(began_at.tolist(), ended_at.tolist(), strict=True):
                own = self._usual(window, one, moment(began)) or baseline
                tick = began + 60 * _limit_min(own)
                if ended <= tick or began < window.watched_from.timestamp():
                    continue
                if tick > now:
                    due = earliest(due, moment(tick))
                    continue
                last = float(one.time[int(np.searchsorted(one.time, now, side="right")) - 1])
                over = min(ended, last + _BELIEVED_S)
                if over > tick and was_observable(window, tick, tick):
                    findings.append(
                        _left_on(window, one.place, (began, tick, over if over <= now else None), own)
                    )
        return Evaluation(_first_of_each(findings, since), due, can_tell=can_tell)

    def _usual(self, window: Window, power: Power, at: datetime) -> Spans | None:
        found = self.rhythm_on(local_date(window.zone, at)).appliances.get(str(power.device))
        return found.runs if found and found.runs and found.runs.count >= LEAST_RUNS else None


def _first_of_each(findings: list[Finding], since: datetime) -> tuple[Finding, ...]:
    """Return one finding at a time, as far as they hold after `since`: of appliances missed or left on together the first."""
    kept: list[Finding] = []
    for one in sorted(findings, key=lambda finding: (finding.raised_at, finding.began_at)):
        if not kept or (kept[-1].cleared_at is not None and kept[-1].cleared_at <= one.raised_at):
            kept.append(one)
    return tuple(one for one in kept if one.cleared_at is None or one.cleared_at > since)


def _limit_min(baseline: Spans) -> float:
    return max(LEAST_MIN, baseline.high_min + MARGIN_MIN)


def _left_on(window: Window, place: str, span: tuple[float, float, float | None], baseline: Spans) -> Finding:
    began, tick, over = span
    return Finding(
        rule=LEFT_ON,
        subject=Subject.of_resident(window.resident),
        severity=Severity.CHECK_SOON,
        began_at=moment(began),
        raised_at=moment(tick),
        cleared_at=None if over is None else moment(over),
        reason=as_json(
            reasons.ApplianceLeftOnReason(
                rule_version=APPLIANCE_LEFT_ON.version,
                place=place,
                on_min=round((tick - began) / 60),
                usual=reasons.UsualRun(
                    uses=baseline.count,
                    high_min=round(baseline.high_min),
                ),
                ruled_out=(RuledOut.SHORT_USE,),
                confidence=Confidence.HIGH if baseline.count >= 3 * LEAST_RUNS else Confidence.MEDIUM,
            )
        ),
    )
