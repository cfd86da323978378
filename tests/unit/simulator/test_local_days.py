"""Wall clock and Unix time, also when the clocks change."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from simulator.local_days import HOUR_S, LocalDay, local_day


def utc(day: LocalDay, wall_s: float) -> datetime:
    return datetime.fromtimestamp(day.ms(wall_s) / 1000, UTC)


def test_a_day_in_japan_is_nine_hours_ahead():
    day = LocalDay(date(2026, 8, 1), ZoneInfo("Asia/Tokyo"))
    assert utc(day, 6.5 * HOUR_S) == datetime(2026, 7, 31, 21, 30, tzinfo=UTC)
    assert utc(day, 30 * HOUR_S) == datetime(2026, 8, 1, 21, 0, tzinfo=UTC)


def test_seven_in_the_morning_stays_seven_when_the_clocks_change():
    zone = ZoneInfo("Europe/London")
    before, change = LocalDay(date(2026, 3, 28), zone), LocalDay(date(2026, 3, 29), zone)
    assert utc(before, 7 * HOUR_S) == datetime(2026, 3, 28, 7, 0, tzinfo=UTC)
    assert utc(change, 7 * HOUR_S) == datetime(2026, 3, 29, 6, 0, tzinfo=UTC)
    # The same moment, counted from the day before.
    assert utc(before, 31 * HOUR_S) == utc(change, 7 * HOUR_S)


def test_a_moment_belongs_to_its_local_day():
    zone = ZoneInfo("Asia/Tokyo")
    assert local_day(datetime(2026, 7, 31, 20, 0, tzinfo=UTC), zone).date == date(2026, 8, 1)
    assert local_day(datetime(2026, 7, 31, 20, 0, tzinfo=UTC), zone).before(1).next().date == date(2026, 8, 1)
