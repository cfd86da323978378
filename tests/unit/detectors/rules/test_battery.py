"""When a battery is raised as low, and when it is not."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.alert import Finding, Severity, Subject
from core.domain.device import DeviceKind
from detectors.rules.battery import BatterySeries, evaluate_batteries, forecast, next_check

ZONE = ZoneInfo("Asia/Tokyo")
FIRST = date(2026, 5, 1).toordinal()
BEGIN = datetime(2026, 5, 1, tzinfo=ZONE)


def series(
    levels: list[float], *, days: list[int] | None = None, range_pct: float = 1.0, low: tuple[int, ...] = ()
) -> BatterySeries:
    numbers = list(range(len(levels))) if days is None else days
    return BatterySeries(
        7,
        DeviceKind.MOTION,
        "kitchen",
        np.array([FIRST + one for one in numbers], np.int64),
        np.array(levels, np.float64),
        np.full(len(levels), range_pct),
        np.array([one in low for one in numbers], np.bool_),
    )


def raised(
    battery: BatterySeries, *, watched_day: int = 0, until_day: int = 90
) -> list[tuple[int, int | None]]:
    """Return on which days an alert began and ended."""
    watched = BEGIN + timedelta(days=watched_day)
    until = BEGIN + timedelta(days=until_day)
    evaluated = evaluate_batteries([battery], ZONE, BEGIN, until, watched_from=watched, raised_from=BEGIN)
    return [
        (day(one.raised_at), None if one.cleared_at is None else day(one.cleared_at))
        for one in evaluated.findings
    ]


def day(moment: datetime) -> int:
    return moment.astimezone(ZONE).date().toordinal() - FIRST


def evaluated(battery: BatterySeries) -> Finding:
    until = BEGIN + timedelta(days=90)
    (found,) = evaluate_batteries(
        [battery], ZONE, BEGIN, until, watched_from=BEGIN, raised_from=BEGIN
    ).findings
    return found


def test_an_even_decline_is_forecast_to_the_day():
    found = forecast(series([80 - 0.5 * one for one in range(40)]), FIRST + 40)
    assert found is not None
    assert found.days_left == (60.5 - 3) / 0.5


def test_the_end_is_raised_about_two_weeks_ahead_and_ends_with_the_new_battery():
    levels = [80.0 - one for one in range(78)] + [100.0] * 10
    ((began, ended),) = raised(series(levels))
    assert 60 <= began <= 70
    assert ended == 79


def test_the_alert_is_about_equipment_and_says_how_long_it_lasts():
    found = evaluated(series([80.0 - one for one in range(75)]))
    assert found.severity is Severity.EQUIPMENT
    assert found.subject == Subject.of_device(7)
    assert found.reason["place"] == "kitchen"
    assert found.raised_at.astimezone(ZONE).hour == 9
    days_left = found.reason["days_left"]
    assert isinstance(days_left, int)
    assert 10 <= days_left <= 20


def test_a_full_battery_that_errs_is_not_raised():
    random = np.random.default_rng(1)
    assert raised(series((95 + random.integers(-2, 3, 90)).astype(float).tolist())) == []


def test_one_that_falls_within_days_is_raised_before_it_is_empty():
    levels = [90.0] * 40 + [90.0 - 9 * one for one in range(10)]
    ((began, _),) = raised(series(levels))
    assert began < 40 + 7


def test_a_device_that_says_so_itself_is_believed():
    ((began, ended),) = raised(series([float("nan")] * 40, low=tuple(range(20, 30))))
    assert (began, ended) == (21, 31)


def test_what_is_charged_every_day_is_raised_only_when_it_was_not():
    levels = [60.0] * 30 + [12.0] * 2 + [65.0] * 10
    assert raised(series(levels, range_pct=50.0)) == [(31, 33)]
    assert raised(series([60.0, 45.0] * 20, range_pct=50.0)) == []


def test_a_week_says_too_little():
    assert forecast(series([50.0 - 3 * one for one in range(6)]), FIRST + 6) is None


def test_a_silent_device_is_not_evaluated_and_its_alert_stays():
    levels = [80.0 - one for one in range(70)]
    ((_, ended),) = raised(series(levels), until_day=90)
    assert ended is None


def test_one_that_was_low_when_watching_began_is_raised_once_at_the_first_check():
    assert raised(series([5.0] * 60), watched_day=20) == [(20, None)]


def test_batteries_are_looked_at_at_nine_on_the_clock_on_the_wall():
    before = datetime(2026, 5, 1, 8, 59, tzinfo=ZONE)
    assert next_check(ZONE, before) - before == timedelta(minutes=1)
    assert next_check(ZONE, datetime(2026, 5, 1, 0, tzinfo=UTC)) == datetime(2026, 5, 2, 9, tzinfo=ZONE)
