"""Not returned: a resident who is known to be away stays away longer than usual, or late into the night."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rhythm import Rhythm, Spans
from core.domain.rules import NOT_RETURNED
from detectors.features.daily_rhythm import LEAST_DAYS
from detectors.features.local_time import at_minute, local_date
from detectors.features.observability import is_held, next_look, pause_after, was_observable
from detectors.features.window import Blind, Window, earliest, moment
from detectors.rules.base import Evaluation

NAME, VERSION = NOT_RETURNED.name, NOT_RETURNED.version
# Two hours beyond the longest outing, or an hour beyond ten in the evening for those who are never out at night.
MARGIN_MIN, LATE_MIN = 120.0, 23 * 60.0
# After a planned absence, such as a day service, somebody is expected within this time (our choice).
PLANNED_MIN = 60.0
# With fewer outings known a fixed time counts (our choice).
LEAST_OUTINGS, UNKNOWN_MIN = 5, 720.0
_SHORTEST_LOOK_S = 3600.0


@dataclass(frozen=True)
class _Limit:
    tick: float
    cause: str
    baseline: Spans | None


@dataclass(frozen=True)
class NotReturned:
    """Away: two hours longer than the longest outing on such a day (weekday or weekend), or still out at 23:00.

    It needs a tracker that says that the resident is away; who left by the door without one is evaluated by the inactivity rule's line after
    the door. Who is out by plan is expected an hour after its end. The evening counts only for those who were home by 23:00 on every day of the last four weeks. Where fewer than
    five outings are known, twelve hours count. It ends with the return: two fixes near home, or a life sign at home when the tracker is silent.

    Parameters
    ----------
    rhythm_on : callable
        What was learned for a local day; an outing is evaluated by the day on which it begins.
    has_tracker : bool
        Whether there is one, and the home's place is known; else nobody can tell.
    """

    rhythm_on: Callable[[date], Rhythm]
    has_tracker: bool = True
    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        now = until.timestamp()
        findings: list[Finding] = []
        due: datetime | None = None
        for outing in window.away:
            if outing.known_at > until or outing.began_at < window.watched_from:
                continue
            ended = _ended(outing, until)
            if ended <= since.timestamp():
                continue
            limit = self._limit(window, outing)
            if limit.tick >= ended or not was_observable(window, limit.tick, limit.tick):
                continue
            if limit.tick > now or is_held(window, limit.tick):
                due = earliest(due, moment(limit.tick))
                continue
            cleared = min(pause_after(window, limit.tick), ended)
            if cleared > since.timestamp():
                findings.append(_finding(window, outing, limit, cleared if cleared <= now else None))
        look = next_look(until, _SHORTEST_LOOK_S) if self.has_tracker else None
        return Evaluation(tuple(findings), earliest(due, look), can_tell=self.has_tracker)

    def _limit(self, window: Window, outing: Blind) -> _Limit:
        day = local_date(window.zone, outing.began_at)
        rhythm = self.rhythm_on(day)
        baseline = rhythm.outings.get("weekend" if day.weekday() >= 5 else "weekday")
        is_known = baseline is not None and baseline.count >= LEAST_OUTINGS
        longest = (
            max(baseline.high_min, baseline.longest_min) + MARGIN_MIN
            if baseline and is_known
            else UNKNOWN_MIN
        )
        tick, cause = outing.began_at + timedelta(minutes=longest), "long"
        late = at_minute(window.zone, day, LATE_MIN)
        if rhythm.nights_out == 0 and rhythm.days >= LEAST_DAYS and outing.began_at < late < tick:
            tick, cause = late, "late"
        for pause in window.pauses:
            # Out by plan: they are expected an hour after its end.
            if pause.ended_at is not None and pause.began_at <= tick and pause.ended_at > outing.began_at:
                expected = pause.ended_at + timedelta(minutes=PLANNED_MIN)
                tick, cause = (expected, "planned") if expected > tick else (tick, cause)
        return _Limit(max(tick, outing.known_at).timestamp(), cause, baseline if is_known else None)


def _ended(outing: Blind, until: datetime) -> float:
    """Return when an outing was over, as far as is known by `until`; infinity while it lasts."""
    if outing.ended_at is None or outing.ended_at > until:
        return math.inf
    return outing.ended_at.timestamp()


def _finding(window: Window, outing: Blind, limit: _Limit, cleared: float | None) -> Finding:
    baseline = limit.baseline
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(window.resident),
        severity=Severity.CHECK_SOON,
        began_at=outing.began_at,
        raised_at=moment(limit.tick),
        cleared_at=None if cleared is None else moment(cleared),
        reason=as_json(
            reasons.NotReturnedReason(
                rule_version=VERSION,
                cause=limit.cause,
                left_at=outing.began_at,
                away_min=round((limit.tick - outing.began_at.timestamp()) / 60),
                usual=None
                if baseline is None
                else reasons.UsualOuting(
                    outings=baseline.count,
                    longest_min=round(baseline.longest_min),
                ),
                ruled_out=(
                    RuledOut.PLANNED_ABSENCE,
                    RuledOut.SINGLE_FIX,
                    RuledOut.SEEN_AT_HOME,
                ),
                confidence=Confidence.LOW
                if baseline is None
                else Confidence.HIGH
                if baseline.count >= 2 * LEAST_OUTINGS
                else Confidence.MEDIUM,
            )
        ),
    )
