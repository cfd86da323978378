"""A week of somebody's life at home against the two months before: what changed slowly, what did not, and what is unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import sqrt
from statistics import fmean, stdev

from core.domain.rules import DECLINE

COUNTS_NAME, COUNTS_VERSION = DECLINE.name, DECLINE.version
"""Under which name and version the daily counts are kept (`detectors.rules.decline`)."""
COUNTS = ("active_quarters", "door_uses", "night_quarters")
"""Quarters of an hour with signs of life, uses of the entrance door, and quarters with signs of life between 23 and 5 o'clock."""
# Our choices. The week before the report's is left out, so that what changes slowly is not compared with itself.
BASELINE_DAYS, BASELINE_GAP_DAYS = 56, 7
LEAST_DAYS_OF_WEEK, LEAST_DAYS_BEFORE = 4, 28
# From so many days before it on there is something to show, although nothing is concluded from it.
_LEAST_DAYS_SHOWN = 7
# Beyond what chance does to a mean of so many days, and large enough to be noticed.
_SPREADS, _LEAST_SHARE, _LEAST_COUNT = 2.5, 0.15, 0.5
_LEAST_SPREAD_SHARE = 0.06

Row = Sequence[float | None]


class Change(StrEnum):
    """How a week was, compared with the two months before."""

    AS_USUAL = "as_usual"
    LESS = "less"
    MORE = "more"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class WeeklyCount:
    """One count: the mean of a day in the week and in the two months before, and from how many days; None where that is not known.

    What there was before may be known from too few days to compare: then `change` is `cannot_tell`.
    """

    name: str
    change: Change
    mean: float | None
    days: int
    before: float | None
    days_before: int


@dataclass(frozen=True)
class WeeklyReport:
    """The last whole week (Monday to Sunday) of a resident."""

    first: date
    last: date
    counts: tuple[WeeklyCount, ...]


def weekly_report(rows: Sequence[Row], today: date) -> WeeklyReport:
    """Compare the last whole week before `today` with the 56 days that end a week before it.

    It only says what is more or less than chance explains (2.5 standard errors, of at least a Poisson count) and by 15 % or more. A week
    of which fewer than four days are known, or with fewer than 28 known days before it, says `cannot_tell`: never that somebody does less.

    Parameters
    ----------
    rows : sequence of sequence of float or None
        Of each day its ordinal and `COUNTS`; None where the home was out of contact, an absence was planned, or a sensor reported more than was so.
    today : date
        Of the person who reads.

    Examples
    --------
    >>> rows = [(day, 40.0 if day % 2 else 36.0, 2.0, 1.0) for day in range(739800, 739900)]
    >>> report = weekly_report(rows, date.fromordinal(739900))
    >>> [one.change.value for one in report.counts]
    ['as_usual', 'as_usual', 'as_usual']
    """
    last = today - timedelta(days=today.weekday() + 1)
    first = last - timedelta(days=6)
    known = [row for row in rows if row[0] is not None]
    week = _between(known, first, last)
    until = first - timedelta(days=BASELINE_GAP_DAYS + 1)
    before = _between(known, until - timedelta(days=BASELINE_DAYS - 1), until)
    counts = tuple(
        _compared(name, _values(week, number), _values(before, number))
        for number, name in enumerate(COUNTS, 1)
    )
    return WeeklyReport(first, last, counts)


def _between(rows: Sequence[Row], first: date, last: date) -> list[Row]:
    return [row for row in rows if first.toordinal() <= (row[0] or 0) <= last.toordinal()]


def _values(rows: Sequence[Row], number: int) -> list[float]:
    return [value for row in rows if (value := row[number]) is not None]


def _compared(name: str, week: Sequence[float], before: Sequence[float]) -> WeeklyCount:
    mean = fmean(week) if len(week) >= LEAST_DAYS_OF_WEEK else None
    usual = fmean(before) if len(before) >= _LEAST_DAYS_SHOWN else None
    if mean is None or usual is None or len(before) < LEAST_DAYS_BEFORE:
        return WeeklyCount(name, Change.CANNOT_TELL, mean, len(week), usual, len(before))
    spread = max(stdev(before), sqrt(max(usual, 0.0)), _LEAST_SPREAD_SHARE * usual)
    least = max(_SPREADS * spread * sqrt(1 / len(week) + 1 / len(before)), _LEAST_SHARE * usual, _LEAST_COUNT)
    change = Change.AS_USUAL
    if abs(mean - usual) >= least:
        change = Change.MORE if mean > usual else Change.LESS
    return WeeklyCount(name, change, mean, len(week), usual, len(before))
