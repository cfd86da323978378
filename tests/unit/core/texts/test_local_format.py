"""Dates, times, numbers, lists and plurals in both languages, as literal texts."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from core.domain.metrics import BATTERY_V, HUMIDITY_PCT, TEMPERATURE_C
from core.domain.people import Language
from core.texts.local_format import (
    clock_time,
    decimal,
    full_day,
    listed,
    measured,
    plural_category,
    short_day,
    weekday,
)

_JA, _EN = Language.JA, Language.EN


def test_a_measured_value_has_the_digits_that_mean_something() -> None:
    assert measured(_EN, TEMPERATURE_C, 21.04) == "21.0"
    assert measured(_JA, HUMIDITY_PCT, 61.6) == "62"
    assert measured(_EN, BATTERY_V, 2.967) == "2.97"


def test_a_clock_time_has_no_leading_zero_and_stays_on_its_own_clock() -> None:
    in_tokyo = datetime(2026, 11, 22, 15, 5, tzinfo=UTC).astimezone(ZoneInfo("Asia/Tokyo"))
    assert clock_time(_JA, in_tokyo) == "0:05"
    assert clock_time(_EN, time(23, 0)) == "23:00"


def test_a_day_reads_the_same_way_round_for_everybody() -> None:
    day = date(2026, 11, 12)
    assert [short_day(_JA, day), short_day(_EN, day)] == ["11/12(木)", "Thu 12 Nov"]
    assert [full_day(_JA, day), full_day(_EN, day)] == ["2026年11月12日", "2026-11-12"]


def test_weekdays_begin_with_monday() -> None:
    assert "".join(weekday(_JA, number) for number in range(7)) == "月火水木金土日"
    assert [weekday(_EN, 0), weekday(_EN, 6)] == ["Mon", "Sun"]


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (27.25, 1, "27.2"),
        (0.15, 1, "0.1"),
        (1234.5, 1, "1234.5"),
        (28.6, 0, "29"),
        (2.0, None, "2"),
        (0.5, None, "0.5"),
    ],
)
def test_numbers_are_rounded_as_the_float_holds_them(value: float, places: int | None, text: str) -> None:
    assert decimal(_JA, value, places) == text
    assert decimal(_EN, value, places) == text


def test_lists_use_the_mark_of_their_language() -> None:
    assert listed(_JA, ["月", "水"]) == "月・水"
    assert listed(_EN, ["Mon", "Wed", "Fri"]) == "Mon, Wed, Fri"


def test_english_has_a_form_for_one_and_japanese_has_none() -> None:
    assert [plural_category(_EN, n) for n in (0, 1, 2, 1.5)] == ["other", "one", "other", "other"]
    assert plural_category(_JA, 1) == "other"
