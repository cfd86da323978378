"""Slow decline: days that have fewer signs of life, fewer outings or more waking at night than those of the two months before."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from math import sqrt
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rules import DECLINE
from detectors.features.activity_counts import DailyCounts
from detectors.rules.base import Evaluation

NAME, VERSION = DECLINE.name, DECLINE.version
# What is compared with, how fast the mean follows; the limit is our choice (docs/evaluation.md).
BASELINE_DAYS, BASELINE_GAP_DAYS = 56, 7
LEAST_DAYS = 28
FOLLOWS = 0.2
LIMIT = 1.1
_MOST_Z = 4.0
# It ends when the mean is back within this share of the limit: as before, or the new usual.
_OVER = 0.4
CHECKED_AT = time(10)
# Who lives very regularly still varies by this share, and by this count; what is counted one by one by its root, as chance would have it.
_LEAST_SPREAD_SHARE, _LEAST_SPREAD = 0.06, 1.0
_COUNTED = frozenset({"door_uses", "night_quarters"})
# Which way each count goes when somebody declines.
WORSE: Mapping[str, int] = {"active_quarters": -1, "door_uses": -1, "night_quarters": 1}

Floats = NDArray[np.float64]


def drift(days: DailyCounts, name: str) -> Floats:
    """Return how far one count has drifted at the end of each day, in spreads of the two months before; worse is positive.

    Each day is compared by median and median deviation with the 56 days that ended a week before it; the drift is their mean that forgets
    (a fifth comes from the newest day). Days without a baseline of 28 days, and days without a count, change nothing.
    """
    values = WORSE[name] * days.counts[name]
    found = np.zeros(len(values))
    now = 0.0
    for number, (day, value) in enumerate(zip(days.day.tolist(), values.tolist(), strict=True)):
        last = day - BASELINE_GAP_DAYS
        before = values[(days.day < last) & (days.day >= last - BASELINE_DAYS)]
        before = before[~np.isnan(before)]
        if len(before) >= LEAST_DAYS and not np.isnan(value):
            baseline = float(np.median(before))
            spread = 1.4826 * float(np.median(np.abs(before - baseline)))
            chance = sqrt(abs(baseline)) if name in _COUNTED else 0.0
            spread = max(spread, _LEAST_SPREAD_SHARE * abs(baseline), chance, _LEAST_SPREAD)
            now += FOLLOWS * (float(np.clip((value - baseline) / spread, -_MOST_Z, _MOST_Z)) - now)
        found[number] = now
    return found


def next_check(zone: ZoneInfo, resident: int, after: datetime) -> datetime:
    """Return when a resident's days are compared next: once a day, spread over two hours so that not all come at once."""
    day = after.astimezone(zone).date()
    today = _at(zone, resident, day)
    return today if today > after else _at(zone, resident, day + timedelta(days=1))


def evaluate_days(
    days: DailyCounts,
    resident: int,
    zone: ZoneInfo,
    span: tuple[datetime, datetime],
    *,
    raised_from: datetime,
) -> Evaluation:
    """Evaluate the checks of the span (since, until], each by the days before it.

    What it claims: over the last week or so a count was clearly worse than in the two months before. It is a note to talk about, and
    says nothing about the cause. One alert at a time, whichever count it is about; it ends when all are as before, or the new days have become
    the usual. What was so before `raised_from` is not raised.
    """
    since, until = span
    findings = [
        one
        for one in _episodes(days, resident, zone, until)
        if (one.cleared_at is None or one.cleared_at > since) and one.raised_at >= raised_from
    ]
    is_known = len(days.day) > 0 and np.sum(~np.isnan(days.counts["active_quarters"])) >= LEAST_DAYS
    return Evaluation(tuple(findings), next_check(zone, resident, until), can_tell=bool(is_known))


def _at(zone: ZoneInfo, resident: int, day: date) -> datetime:
    return datetime.combine(day, CHECKED_AT, zone) + timedelta(minutes=resident % 120)


def _episodes(days: DailyCounts, resident: int, zone: ZoneInfo, until: datetime) -> Iterator[Finding]:
    drifts = {name: drift(days, name) for name in WORSE}
    raised: tuple[datetime, str, int] | None = None
    for number, day in enumerate(days.day.tolist()):
        check = _at(zone, resident, date.fromordinal(day + 1))
        if check > until:
            break
        worst = max(drifts, key=lambda name: float(drifts[name][number]))
        if raised is None and drifts[worst][number] > LIMIT:
            raised = check, worst, number
        elif raised is not None and drifts[worst][number] < _OVER * LIMIT:
            yield _finding(days, resident, raised, check)
            raised = None
    if raised is not None:
        yield _finding(days, resident, raised, None)


def _finding(
    days: DailyCounts, resident: int, raised: tuple[datetime, str, int], cleared_at: datetime | None
) -> Finding:
    at, name, number = raised
    values, day = days.counts[name], int(days.day[number])
    last = day - BASELINE_GAP_DAYS
    before = values[(days.day < last) & (days.day >= last - BASELINE_DAYS)]
    lately = values[(days.day > last) & (days.day <= day)]
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(resident),
        severity=Severity.KEEP_AN_EYE,
        began_at=at,
        raised_at=at,
        cleared_at=cleared_at,
        reason=as_json(
            reasons.DeclineReason(
                rule_version=VERSION,
                count=name,
                lately=round(float(np.nanmedian(lately)), 1),
                usual=reasons.UsualCount(
                    median=round(float(np.nanmedian(before)), 1), days=int(np.sum(~np.isnan(before)))
                ),
                ruled_out=(RuledOut.PLANNED_ABSENCE, RuledOut.SINGLE_DAY),
                confidence=Confidence.MEDIUM,
            )
        ),
    )
