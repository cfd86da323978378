"""Times as files have them, and numbers as people write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from simulator.replay.parsing.numbers import NumberReader
from simulator.replay.parsing.times import DateOrder, TimeReader

WALL = datetime(2026, 8, 1, 6, 0, 12, tzinfo=ZoneInfo("Asia/Tokyo")).astimezone(UTC)


def reader(order: DateOrder | None = None) -> TimeReader:
    return TimeReader(ZoneInfo("Asia/Tokyo"), order)


@pytest.mark.parametrize(
    "text",
    [
        "2026-08-01 06:00:12",
        "2026-08-01T06:00:12",
        "2026-8-1 6:00:12",
        "2026/08/01 6:00:12",
        "2026/8/1  06:00:12",
        "2026.08.01 06:00:12",
        "2026年8月1日 6時00分12秒",
        "2026年8月1日6:00:12",
        "2026/08/01(土) 6:00:12",
        "２０２６／８／１　６：００：１２",
        "令和8年8月1日 6:00:12",
        "令和８年８月１日 午前6時0分12秒",
        "R8.8.1 6:00:12",
        "r8/08/01 06:00:12",
        "2026/8/1 午前6:00:12",
        "2026/8/1 6:00:12 AM",
        "01.08.2026 06:00:12",
        "20260801060012",
        "20260801T060012",
        "46235.2501388889",
        "46235,2501388889",
        "46235.25014",
        "2026-07-31T21:00:12Z",
        "2026-07-31 21:00:12 UTC",
        "2026-08-01 06:00:12 JST",
        "2026-08-01 06:00:12 +0900",
        "2026/07/31 16:00:12-05:00",
        "1785531612",
        "1785531612000",
        "1785531612000000",
        "1785531612.0",
    ],
)
def test_one_moment_is_read_from_every_style(text: str):
    assert reader().moment(text) == WALL


@pytest.mark.parametrize(
    ("text", "day"),
    [("令和元年5月1日", (2019, 5, 1)), ("平成31年4月30日", (2019, 4, 30)), ("H2.1.2", (1990, 1, 2))],
)
def test_a_year_of_an_era_is_read_as_the_calendars(text: str, day: tuple[int, int, int]) -> None:
    shown = reader().parse(text)
    assert (shown.year, shown.month, shown.day) == day


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("2026/8/1 12:05 AM", 0, 5),
        ("2026/8/1 12:05 PM", 12, 5),
        ("2026/8/1 午後11:05", 23, 5),
        ("2026-08-01", 0, 0),
        ("46235", 0, 0),
        ("2026年8月1日 6時", 6, 0),
    ],
)
def test_halves_of_the_day_and_days_alone_are_understood(text: str, hour: int, minute: int):
    shown = reader().parse(text)
    assert (shown.day, shown.hour, shown.minute) == (1, hour, minute)


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026/8/1 6:00:12.5", 500_000),
        ("2026/8/1 6:00:12,123456789", 123_456),
        ("1785531612.25", 250_000),
        ("1785531612250", 250_000),
    ],
)
def test_parts_of_a_second_are_kept(text: str, microsecond: int):
    assert reader().moment(text).microsecond == microsecond


@pytest.mark.parametrize(
    "text",
    [
        "",
        "6:00:12",
        "26/08/01 6:00",
        "2026-02-30 06:00",
        "2026/13/01 06:00",
        "2026-08-01 24:00",
        "2026-08-01 13:00 PM",
        "2026/8/16:00",
        "12345",
        "X8.8.1 6:00",
        "2026-08-01 06:00:12 CEST",
        "2026-08-01 06:00:12+09:07",
        "1926-08-01 06:00:12",
    ],
)
def test_what_is_no_time_is_refused_with_an_example(text: str):
    with pytest.raises(ValueError, match=r"such as 2026-08-01 06:00:12|write it like|no zone has"):
        reader().moment(text)


@pytest.mark.parametrize(
    ("order", "month"), [(DateOrder.DAY_FIRST, 2), (DateOrder.MONTH_FIRST, 1), (None, 2)]
)
def test_the_order_of_a_date_is_that_which_was_said(order: DateOrder | None, month: int):
    assert reader(order).parse("01/02/2026 06:00").month == month


def test_only_times_whose_zone_is_assumed_are_counted():
    times = reader()
    for text in ("2026-08-01 06:00", "2026-08-01T06:00Z", "1785531612"):
        times.read(text)
    assert times.without_offset == 1
    said = TimeReader(UTC, is_assumed=False)
    said.read("2026-08-01 06:00")
    assert said.without_offset == 0


@pytest.mark.parametrize(
    ("text", "separator", "number"),
    [
        ("21.5", ",", 21.5),
        ("21,5", ",", 21.5),
        ("21,5", ";", 21.5),
        ("−3,25", ";", -3.25),
        ("２１．５", ",", 21.5),
        ("1.234,5", ";", 1234.5),
        ("1,234.5", ",", 1234.5),
        ("1,234,567", ",", 1234567.0),
        ("1,234", ";", 1.234),
        ("0,125", ",", 0.125),
        ("1e3", ",", 1000.0),
    ],
)
def test_decimal_commas_and_thousands_are_distinguished(text: str, separator: str, number: float):
    assert NumberReader(separator).read(text, -1e7, 1e7) == number


def test_a_comma_that_may_be_either_takes_what_is_possible_or_is_refused():
    assert NumberReader(",").read("1,013", 300, 1100) == 1013
    assert NumberReader(",").read("35,689", -90, 90) == 35.689
    with pytest.raises(ValueError, match=r"may be 1.234 or 1234; write it without a comma"):
        NumberReader(",").read("1,234", 0, 10_000)


@pytest.mark.parametrize("text", ["", "warm", "1_000", "21.5 C", "1,23,4", "1.2.3", "1,2.3,4", "--1"])
def test_what_is_no_number_is_refused(text: str):
    with pytest.raises(ValueError, match=r"is no number; write it like 21\.5"):
        NumberReader().read(text, -1e7, 1e7)


@pytest.mark.parametrize("text", ["nan", "inf", "-1e9"])
def test_what_lies_outside_is_refused(text: str):
    with pytest.raises(ValueError, match="lies outside -1e\\+07 to 1e\\+07"):
        NumberReader().read(text, -1e7, 1e7)
