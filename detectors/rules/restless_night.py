"""Restless nights: more visits to the bathroom, or exits from bed, than this resident's nights have, twice in three nights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import erfc, sqrt

import numpy as np

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rhythm import Rhythm
from core.domain.rules import RESTLESS_NIGHT
from detectors.features.daily_rhythm import NIGHT_BEGINS_S, NIGHT_S, visit_begins
from detectors.features.local_time import at_minute, local_date
from detectors.features.observability import until_now, was_observable
from detectors.features.window import Window, earliest, moment
from detectors.rules.base import Evaluation

NAME, VERSION = RESTLESS_NIGHT.name, RESTLESS_NIGHT.version
# This rare, in two of three nights.
RARE = 0.01
LEAST_NIGHTS = 14
# Few nights say little about how nights vary: so many count as if they varied by chance, and never less than by one visit (our choice).
CHANCE_NIGHTS, LEAST_SPREAD = 7.0, 1.0
_ENDS_MIN = ((NIGHT_BEGINS_S + NIGHT_S) / 60) % 1440
_BEGINS_MIN = NIGHT_BEGINS_S / 60


def chance(visits: int, baseline: Rhythm) -> float:
    """Return how likely so many visits or more are in one night, if nights vary as this resident's do.

    Poisson counts vary as chance would have it. Those of recorded homes vary less, so that even twice the usual did not count;
    those of others vary more. So the own spread counts, drawn towards chance by the weight of a week.

    Examples
    --------
    >>> steady, wild = (Rhythm(night_visits=84, nights=28, night_spread=spread) for spread in (0.7, 3.0))
    >>> [(round(chance(visits, steady), 3), round(chance(visits, wild), 3)) for visits in (3, 6, 9)]
    [(0.5, 0.5), (0.002, 0.145), (0.0, 0.017)]
    """
    mean = baseline.night_visits / baseline.nights
    own = baseline.nights - 1
    variance = (own * baseline.night_spread**2 + CHANCE_NIGHTS * mean) / (own + CHANCE_NIGHTS)
    spread = max(sqrt(variance), LEAST_SPREAD) * sqrt(1 + 1 / baseline.nights)
    return 0.5 * erfc((visits - mean) / spread / sqrt(2))


def rare_count(baseline: Rhythm) -> int:
    """Return from how many visits on a night is rare."""
    return next(count for count in range(2, 1000) if chance(count, baseline) < RARE)


@dataclass(frozen=True)
class RestlessNight:
    """Night: raised at six in the morning for the staff, and over when the next night begins.

    It claims that two of the last three nights had more visits to the bathroom (without a sensor there: movements in and out of bed)
    between 22:00 and 6:00 than one night in a hundred has, as this resident's nights vary, this one among them. It does not say why. Restless nights that go on are raised once.
    It cannot tell with fewer than 14 nights known, or when the home was not in contact throughout this night.

    Parameters
    ----------
    rhythm_on : callable
        What was learned for a local day: the nights before, and the visits in the last four.
    """

    rhythm_on: Callable[[date], Rhythm]
    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        findings: list[Finding] = []
        today = local_date(window.zone, until)
        can_tell = False
        day = local_date(window.zone, since)
        while day <= today:
            raised = at_minute(window.zone, day, _ENDS_MIN)
            over = at_minute(window.zone, day, _BEGINS_MIN)
            if raised <= until and over > since:
                found, can_tell = self._night(window, day, raised, over if over <= until else None)
                findings += found
            day += timedelta(days=1)
        ends = (at_minute(window.zone, one, _ENDS_MIN) for one in (today, today + timedelta(days=1)))
        return Evaluation(tuple(findings), earliest(*(one for one in ends if one > until)), can_tell=can_tell)

    def _night(
        self, window: Window, day: date, raised: datetime, over: datetime | None
    ) -> tuple[list[Finding], bool]:
        rhythm = self.rhythm_on(day)
        began = at_minute(window.zone, day - timedelta(days=1), _BEGINS_MIN)
        if rhythm.nights < LEAST_NIGHTS or window.watched_from > began:
            return [], False
        if not was_observable(window, began.timestamp(), raised.timestamp()):
            return [], False
        rare_from = rare_count(rhythm)
        if not _is_second(rhythm.last_nights, rare_from):
            return [], True
        visits = visit_begins(until_now(window.life_signs, raised.timestamp()))
        count = int(np.sum(visits > began.timestamp()))
        if count < rare_from:
            return [], True
        finding = Finding(
            rule=NAME,
            subject=Subject.of_resident(window.resident),
            severity=Severity.KEEP_AN_EYE,
            began_at=began,
            raised_at=moment(raised.timestamp()),
            cleared_at=over,
            reason=as_json(
                reasons.RestlessNightReason(
                    rule_version=VERSION,
                    visits=count,
                    nights_before=tuple(rhythm.last_nights[-2:]),
                    chance=round(chance(count, rhythm), 4),
                    usual=reasons.UsualNight(
                        days=rhythm.nights, visits=round(rhythm.night_visits / rhythm.nights, 1)
                    ),
                    ruled_out=(RuledOut.PLANNED_ABSENCE, RuledOut.HOME_SILENT, RuledOut.SINGLE_NIGHT),
                    confidence=Confidence.HIGH
                    if rhythm.nights >= 2 * LEAST_NIGHTS - 7
                    else Confidence.MEDIUM,
                )
            ),
        )
        return [finding], True


def _is_second(nights: Sequence[int | None], rare_from: int) -> bool:
    """Return whether a restless night after these is the second of three, and the first such.

    Examples
    --------
    >>> [_is_second(nights, 6) for nights in ((1, 1, 1, 1), (1, 1, 9, 1), (1, 1, None, 9), (1, 9, 9, 1), (9, 1, 9, 1))]
    [False, True, True, False, False]
    """
    rare = [one is not None and one >= rare_from for one in nights]
    rare = [False] * (4 - len(rare)) + rare
    was_raised = (rare[3] and (rare[2] or rare[1])) or (rare[2] and (rare[1] or rare[0]))
    return (rare[3] or rare[2]) and not was_raised
