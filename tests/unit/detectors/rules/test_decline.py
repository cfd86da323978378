"""When days that change slowly are worth a note."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.alert import Finding, Severity
from detectors.features.activity_counts import DailyCounts
from detectors.rules.decline import drift, evaluate_days, next_check

ZONE = ZoneInfo("Asia/Tokyo")
FIRST = date(2026, 3, 1)
BEGIN = datetime(2026, 3, 1, tzinfo=ZONE)


def counts(active: list[float], *, doors: float = 4.0, nights: float = 3.0) -> DailyCounts:
    size = len(active)
    return DailyCounts(
        FIRST.toordinal() + np.arange(size),
        {
            "active_quarters": np.array(active),
            "door_uses": np.full(size, doors),
            "night_quarters": np.full(size, nights),
        },
    )


def alike(days: int, level: float = 45.0) -> list[float]:
    return [level + (number % 5) - 2 for number in range(days)]


def raised(days: DailyCounts, *, from_day: int = 0, until_day: int = 200) -> list[Finding]:
    span = (BEGIN, BEGIN + timedelta(days=until_day))
    raised_from = BEGIN + timedelta(days=from_day)
    return list(evaluate_days(days, 5, ZONE, span, raised_from=raised_from).findings)


def day_of(moment: datetime) -> int:
    return (moment.astimezone(ZONE).date() - FIRST).days


def test_days_that_stay_alike_are_not_raised():
    assert raised(counts(alike(150))) == []


def test_a_step_is_raised_within_two_days_and_ends_when_it_is_the_new_usual():
    (found,) = raised(counts([*alike(90), *alike(60, 27.0)]))
    assert day_of(found.raised_at) <= 92
    assert found.severity is Severity.KEEP_AN_EYE
    assert found.reason["count"] == "active_quarters"
    assert found.cleared_at is not None


def test_a_slow_decline_is_raised_within_two_weeks():
    slow = [one * (1 - 0.3 * min(max(number - 90, 0) / 28, 1)) for number, one in enumerate(alike(130))]
    (found,) = raised(counts(slow))
    assert 90 < day_of(found.raised_at) <= 104


def test_one_bad_day_is_not_raised():
    assert raised(counts([*alike(90), 5.0, *alike(40)])) == []


def test_days_without_a_count_change_nothing():
    gone = [*alike(90), *[float("nan")] * 14, *alike(30)]
    assert raised(counts(gone)) == []
    assert drift(counts(gone), "active_quarters")[103] == drift(counts(gone), "active_quarters")[89]


def test_before_four_weeks_are_known_nobody_can_tell():
    span = (BEGIN, BEGIN + timedelta(days=30))
    evaluated = evaluate_days(counts([*alike(15), *alike(10, 10.0)]), 5, ZONE, span, raised_from=BEGIN)
    assert evaluated.findings == ()
    assert not evaluated.can_tell


def test_what_was_so_before_is_not_raised():
    assert raised(counts([*alike(90), *alike(60, 27.0)]), from_day=100) == []


def test_better_days_are_not_raised():
    assert raised(counts([*alike(90), *alike(60, 70.0)])) == []


def test_the_checks_of_residents_are_spread_over_two_hours():
    moments = {next_check(ZONE, resident, BEGIN) - BEGIN for resident in range(240)}
    assert min(moments) == timedelta(hours=10)
    assert max(moments) == timedelta(hours=11, minutes=59)
