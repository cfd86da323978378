"""Quiet hours, at both ends."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from core.domain.quiet_hours import DEFAULT, QuietHours, read

TOKYO = ZoneInfo("Asia/Tokyo")
NIGHT, NOON = QuietHours(time(22), time(7)), QuietHours(time(13), time(15))


@pytest.mark.parametrize(
    ("hours", "clock", "ends"),
    [
        (NIGHT, "21:59:59", None),
        (NIGHT, "22:00:00", "02 07:00"),
        (NIGHT, "23:59:59", "02 07:00"),
        (NIGHT, "00:00:00", "01 07:00"),
        (NIGHT, "06:59:59", "01 07:00"),
        (NIGHT, "07:00:00", None),
        (NOON, "12:59:59", None),
        (NOON, "13:00:00", "01 15:00"),
        (NOON, "14:59:59", "01 15:00"),
        (NOON, "15:00:00", None),
    ],
)
def test_quiet_hours_begin_and_end_to_the_second(hours: QuietHours, clock: str, ends: str | None) -> None:
    found = hours.end_after(datetime.fromisoformat(f"2026-08-01T{clock}").replace(tzinfo=TOKYO), TOKYO)
    assert (None if found is None else f"{found:%d %H:%M}") == ends


def test_a_contact_sleeps_from_ten_to_seven_unless_they_chose_otherwise() -> None:
    assert QuietHours(time(22), time(7)) == DEFAULT
    assert str(read("22:30-06:05")) == "22:30-06:05"
    assert read("never") is None


@pytest.mark.parametrize("text", ["22:00-22:00", "24:00-07:00", "22:60-07:00", "22-7", "22:00-07:00 ", ""])
def test_what_says_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="are no quiet hours"):
        read(text)


@pytest.mark.parametrize("text", ["22:00-22:01", "22:00-21:00", "00:30-23:30"])
def test_hours_that_differ_in_hour_or_minute_are_hours(text: str) -> None:
    assert str(read(text)) == text
