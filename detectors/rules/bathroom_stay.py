"""A long stay in the bathroom or toilet: who went in was not seen anywhere else since (the fall proxy)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

import numpy as np

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rhythm import Rhythm, Spans
from core.domain.rules import BATHROOM_STAY
from detectors.features.daily_rhythm import is_night, stays
from detectors.features.local_time import local_date, local_seconds
from detectors.features.observability import (
    confirmed,
    is_held,
    next_look,
    pause_after,
    until_now,
    was_observable,
)
from detectors.features.window import LifeSigns, Window, earliest, moment
from detectors.rules.base import Evaluation, Rule
from detectors.rules.suppression import is_suppressed

NAME, VERSION = BATHROOM_STAY.name, BATHROOM_STAY.version
# Twice the longest own stay and a little more, and never less than the other. A limit 20 minutes beyond the 99th percentile on recorded
# homes was wrong twice a month; these were chosen on half of them (docs/evaluation.md).
TIMES_LONGEST, MARGIN_MIN, LEAST_LIMIT_MIN = 2.0, 10.0, 30.0
# With fewer visits or days nothing is known, and a limit beyond the last means that the sensors do not see people leave.
LEAST_VISITS, LEAST_DAYS, LONGEST_LIMIT_MIN = 30, 21, 120.0


def visits_of(baseline: Rhythm, part: str) -> Spans | None:
    """Return the own visits by `day` or at `night`; of who rarely goes then, all of them."""
    visits = baseline.stays.get(part)
    if visits is not None and visits.count >= LEAST_VISITS:
        return visits
    every = baseline.stays.values()
    if sum(one.count for one in every) < LEAST_VISITS:
        return None
    return Spans(
        sum(one.count for one in every),
        max(one.high_min for one in every),
        max(one.longest_min for one in every),
    )


def limit_min(baseline: Rhythm, part: str) -> float | None:
    """Return how long a stay by `day` or at `night` may last; None where nobody can tell.

    Examples
    --------
    >>> baseline = Rhythm(stays={"day": Spans(200, 15.0, 25.0), "night": Spans(60, 12.0, 380.0)}, stay_days=28)
    >>> limit_min(baseline, "day"), limit_min(baseline, "night")
    (60.0, None)
    """
    visits = visits_of(baseline, part)
    if visits is None or baseline.stay_days < LEAST_DAYS:
        return None
    limit = max(LEAST_LIMIT_MIN, TIMES_LONGEST * visits.longest_min + MARGIN_MIN)
    return limit if limit <= LONGEST_LIMIT_MIN else None


@dataclass(frozen=True)
class BathroomStay:
    """Fall proxy: more than twice as long as the resident's longest stay of the last four weeks at this time (day or night;
    of all, where those are few).

    A stay begins with a confirmed life sign in a bathroom or toilet and lasts until the next life sign anywhere else, whichever it is.
    It claims that nobody was seen to come out, not that somebody fell. It cannot tell while fewer than 30 stays on 21 days are known, where one
    of them lasted so long (55 minutes) that leaving must be unseen, while the home is out of contact, and in a planned absence. It is not raised
    beside an alarm about the same silence, or where a radar said sooner that somebody lies there.

    Parameters
    ----------
    rhythm_on : callable
        What was learned for a local day; a stay is evaluated by the day on which it begins.
    alarm, stillness : Rule or None
        The rules whose open alarms are about the same silence, and about who is seen to be still.
    """

    rhythm_on: Callable[[date], Rhythm]
    alarm: Rule | None = None
    stillness: Rule | None = None
    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        now = until.timestamp()
        baseline = self.rhythm_on(local_date(window.zone, until))
        limits = _limits(baseline)
        due = next_look(until, 60 * min(limits)) if limits else None
        signs = until_now(window.life_signs, now)
        begins, ends = stays(signs)
        findings: list[Finding] = []
        sure = confirmed(signs)
        floor = window.watched_from.timestamp()
        for began, ended in cast("list[tuple[float, float]]", np.stack([begins, ends], axis=1).tolist()):
            if ended <= since.timestamp() or ended - began <= 60 * LEAST_LIMIT_MIN or began < floor:
                continue
            found = self._stay(window, began)
            if found is None or not sure[int(np.searchsorted(signs.time, began))]:
                continue
            tick = began + 60 * found[0]
            if tick >= ended or not was_observable(window, began, tick):
                continue
            if tick > now or is_held(window, tick):
                due = earliest(due, moment(tick))
                continue
            over = min(ended, pause_after(window, tick))
            if over > since.timestamp() and not any(
                is_suppressed(one, window, tick, until) for one in (self.alarm, self.stillness)
            ):
                span = began, tick, over if over <= now else None
                findings.append(_finding(window, signs, span, found))
        return Evaluation(tuple(findings), due, can_tell=bool(limits))

    def _stay(self, window: Window, began: float) -> tuple[float, Spans] | None:
        baseline = self.rhythm_on(local_date(window.zone, moment(began)))
        part = "night" if is_night(local_seconds(window.zone, np.array([began])))[0] else "day"
        limit, visits = limit_min(baseline, part), visits_of(baseline, part)
        return None if limit is None or visits is None else (limit, visits)


def _limits(baseline: Rhythm) -> list[float]:
    """Return how long stays by day and at night may last, in minutes, as far as that is known."""
    return [found for part in ("day", "night") if (found := limit_min(baseline, part)) is not None]


def _finding(
    window: Window,
    signs: LifeSigns,
    span: tuple[float, float, float | None],
    found: tuple[float, Spans],
) -> Finding:
    began, tick, over = span
    limit, visits = found
    place = signs.places[int(signs.place[int(np.searchsorted(signs.time, began))])]
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(window.resident),
        severity=Severity.CHECK_SOON,
        began_at=moment(began),
        raised_at=moment(tick),
        cleared_at=None if over is None else moment(over),
        reason=as_json(
            reasons.BathroomStayReason(
                rule_version=VERSION,
                place=place,
                stay_min=round((tick - began) / 60),
                usual=reasons.UsualStay(
                    visits=visits.count, longest_min=round(visits.longest_min), limit_min=round(limit)
                ),
                ruled_out=(RuledOut.PLANNED_ABSENCE, RuledOut.HOME_SILENT, RuledOut.SEEN_ELSEWHERE),
                confidence=Confidence.HIGH if visits.count >= 3 * LEAST_VISITS else Confidence.MEDIUM,
            )
        ),
    )
