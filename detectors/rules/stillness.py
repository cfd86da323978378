"""Stillness: a sensor sees somebody where they never stay still for so long, and nobody in the home has acted since."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rhythm import Rhythm, Stillness
from core.domain.rules import STILLNESS
from detectors.features.local_time import local_date
from detectors.features.observability import (
    confirmed,
    is_held,
    next_look,
    pause_after,
    until_now,
    was_observable,
)
from detectors.features.silence_profile import PARTNER_S
from detectors.features.stillness import stretches
from detectors.features.window import LifeSigns, Window, earliest, moment
from detectors.rules.base import Evaluation, Rule
from detectors.rules.suppression import is_suppressed

NAME, VERSION = STILLNESS.name, STILLNESS.version
# Nearer to the own longest than a stay in the bathroom that nobody was seen to leave: here somebody is seen to be there (our choice).
TIMES_LONGEST, MARGIN_MIN, LEAST_LIMIT_MIN = 1.5, 10.0, 20.0
# With fewer days nothing is known, and where somebody rests for long, a longer rest is no sign of anything.
LEAST_DAYS, SURE_DAYS, LONGEST_LIMIT_MIN = 14, 21, 120.0


def limit_min(usual: Stillness | None) -> float | None:
    """Return how long somebody may be still in a place; None where nobody can tell, or where they rest.

    Examples
    --------
    >>> limit_min(Stillness(28, 90, 25.0)), limit_min(Stillness(28, 60, 540.0)), limit_min(Stillness(5, 20, 4.0))
    (47.5, None, None)
    """
    if usual is None or usual.days < LEAST_DAYS:
        return None
    limit = max(LEAST_LIMIT_MIN, TIMES_LONGEST * usual.longest_min + MARGIN_MIN)
    return limit if limit < LONGEST_LIMIT_MIN else None


@dataclass(frozen=True)
class _Still:
    """Somebody is still in a place for longer than the limit: since when, from which moment on, and what is usual."""

    place: str
    began: float
    tick: float
    limit_min: float
    usual: Stillness


@dataclass(frozen=True)
class UnusualStillness:
    """Fall proxy where a radar or a mat sees who lies there: still for half as long again as ever before in that place.

    It claims that somebody is seen in a place where they usually move on, and that nobody in the home has acted since; not that somebody fell,
    nor that it is the resident. What the sensor says again, however often, changes nothing: only its edges and life signs count.
    It cannot tell while it knows fewer than 14 days of a place, while the home is out of contact, and in a planned absence; in a bed or a favourite
    chair, where people are still for long, it says nothing. It is not raised beside an alarm about the same silence, and puts none off.

    Parameters
    ----------
    rhythm_on : callable
        What was learned for a local day; a stretch is evaluated by the day on which it begins.
    alarm : Rule or None
        The rule whose open alarm is about the same silence.
    """

    rhythm_on: Callable[[date], Rhythm]
    alarm: Rule | None = None
    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        if not window.occupancies:
            return Evaluation((), None, can_tell=False)
        now = until.timestamp()
        signs = until_now(window.life_signs, now)
        usual = self.rhythm_on(local_date(window.zone, until)).still_times
        limits = [limit for one in usual.values() if (limit := limit_min(one)) is not None]
        due = next_look(until, 60 * min(limits)) if limits else None
        # Whether a life sign counts may be known only when its partner came.
        undecided_s = since.timestamp() - PARTNER_S
        findings: list[Finding] = []
        for still in self._unusual(window, signs):
            if still.tick > now or is_held(window, still.tick):
                due = earliest(due, moment(still.tick))
                continue
            over = _over(window, signs, still.tick)
            lasts = over > now
            if (lasts or over > undecided_s) and not is_suppressed(self.alarm, window, still.tick, until):
                findings.append(_finding(window, still, None if lasts else over))
        return Evaluation(_one_at_a_time(findings), due, can_tell=bool(limits))

    def _unusual(self, window: Window, signs: LifeSigns) -> Iterator[_Still]:
        """Yield where somebody was still for longer than is usual, or will be if nothing changes."""
        floor = window.watched_from.timestamp()
        for one in window.occupancies:
            begins, ends = stretches(one, signs)
            long = (begins >= floor) & (ends - begins > 60 * LEAST_LIMIT_MIN)
            for began, ended in zip(begins[long].tolist(), ends[long].tolist(), strict=True):
                usual = self.rhythm_on(local_date(window.zone, moment(began))).still_times.get(one.part)
                limit = limit_min(usual)
                if usual is None or limit is None:
                    continue
                tick = began + 60 * limit
                if tick < ended and was_observable(window, began, tick):
                    yield _Still(one.place, began, tick, limit, usual)


def _over(window: Window, signs: LifeSigns, tick: float) -> float:
    """Return when it is over: with the next confirmed life sign, or when a planned absence begins; infinity if neither is known."""
    sure = np.append(signs.time[confirmed(signs)], np.inf)
    return min(float(sure[np.searchsorted(sure, tick, side="right")]), pause_after(window, tick))


def _one_at_a_time(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return findings in order of time, without those that were raised while an earlier one lasted: two zones may see the same person."""
    found: list[Finding] = []
    for one in sorted(findings, key=lambda one: (one.raised_at, one.began_at)):
        if not found or (found[-1].cleared_at is not None and one.raised_at > found[-1].cleared_at):
            found.append(one)
    return tuple(found)


def _finding(window: Window, still: _Still, over: float | None) -> Finding:
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(window.resident),
        severity=Severity.CHECK_SOON,
        began_at=moment(still.began),
        raised_at=moment(still.tick),
        cleared_at=None if over is None else moment(over),
        reason=as_json(
            reasons.StillnessReason(
                rule_version=VERSION,
                place=still.place,
                still_min=round((still.tick - still.began) / 60),
                usual=reasons.UsualStillness(
                    days=still.usual.days,
                    longest_min=round(still.usual.longest_min),
                    limit_min=round(still.limit_min),
                ),
                ruled_out=(RuledOut.PLANNED_ABSENCE, RuledOut.HOME_SILENT, RuledOut.SEEN_ELSEWHERE),
                confidence=Confidence.HIGH if still.usual.days >= SURE_DAYS else Confidence.MEDIUM,
            )
        ),
    )
