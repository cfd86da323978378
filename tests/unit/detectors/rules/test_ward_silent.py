"""When nothing is received from any home, and how long that may be."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from detectors.rules.ward_silent import ACTIVE_WITHIN, WardSilence, known_at, limits, outage

UTC_ZONE = ZoneInfo("UTC")


def known(clock: str, homes: int = 20) -> str | None:
    """Return when a silence that begins at a time of day is an outage, as day and clock."""
    began = datetime.fromisoformat(f"2026-05-01T{clock}+00:00")
    found = known_at(WardSilence(began, None, homes), UTC_ZONE)
    return None if found is None else f"{found:%d %H:%M}"


@pytest.mark.parametrize(
    ("began", "expected"),
    [
        # It passes the day's limit of 15 minutes at 21:59: raised by day.
        ("21:44", "01 21:59"),
        # At 22:00 and 22:01 it is night: an hour.
        ("21:45", "01 22:45"),
        ("21:46", "01 22:46"),
        # The day's limit counts again from 7:00 on.
        ("06:44", "01 07:00"),
        ("06:45", "01 07:00"),
        ("06:46", "01 07:01"),
        ("05:30", "01 06:30"),
        ("12:00", "01 12:15"),
        ("23:30", "02 00:30"),
    ],
)
def test_a_silent_ward_is_raised_after_a_quarter_of_an_hour_by_day_and_an_hour_by_night(
    began: str, expected: str
) -> None:
    assert known(began) == expected


def test_the_fewer_homes_the_longer_they_may_be_silent_together_and_below_ten_nobody_can_say() -> None:
    assert limits(20) == (timedelta(minutes=15), timedelta(minutes=60))
    assert limits(19) == limits(10) == (timedelta(minutes=30), timedelta(minutes=120))
    assert limits(9) is None
    assert known("12:00", homes=9) is None


def test_a_silence_that_ends_in_time_is_no_outage() -> None:
    began = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def raised(minutes: float | None, until: float) -> bool:
        ended = None if minutes is None else began + timedelta(minutes=minutes)
        return outage(WardSilence(began, ended, 20), UTC_ZONE, began + timedelta(minutes=until)) is not None

    assert (raised(None, 14.9), raised(None, 15)) == (False, True)
    assert (raised(15, 20), raised(15.1, 20)) == (False, True)


def test_a_home_counts_as_active_for_a_day_after_its_last_life_sign() -> None:
    assert timedelta(hours=24) == ACTIVE_WITHIN


def test_in_the_morning_a_silent_ward_is_raised_at_seven_to_the_microsecond() -> None:
    began = datetime(2026, 5, 1, 6, 44, 12, 345678, tzinfo=UTC)
    assert known_at(WardSilence(began, None, 20), UTC_ZONE) == datetime(2026, 5, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(("homes", "minutes"), [(20, 60), (10, 120)])
def test_the_reason_says_for_how_many_minutes_the_ward_was_silent(homes: int, minutes: int) -> None:
    began = datetime(2026, 5, 1, 0, tzinfo=UTC)
    found = outage(WardSilence(began, None, homes), UTC_ZONE, began + timedelta(minutes=minutes))
    assert found is not None
    assert (found.reason["silent_min"], found.reason["homes"]) == (minutes, homes)
