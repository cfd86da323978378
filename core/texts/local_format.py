"""Dates, times, numbers, lists and plurals as a language writes them, by the CLDR data of Babel.

Patterns are in CLDR's letters (`H` the hour, `E` the weekday). They stand here where CLDR's own choice for a language is not
the one that pages and messages use: hours without a leading zero, no full stop after 12 min.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal

from core.domain.metrics import Metric
from core.domain.people import Language

_CLOCK = "H:mm"
# English names the month: 11/12 is November or December, by the reader.
_DAY = {Language.JA: "M/d(E)", Language.EN: "E d MMM"}
_FULL_MONTH = {Language.JA: "y年M月", Language.EN: "MMMM y"}
_FULL_DAY = {Language.JA: "y年M月d日", Language.EN: "y-MM-dd"}
# CLDR's comma for Japanese lists (、) parts clauses; words of a list on a page are parted by this.
_MIDDLE_DOT = "・"


def clock_time(language: Language, moment: datetime | time) -> str:
    """Return the hour and minute as they stand in `moment`: 9:05."""
    return format_time(moment.replace(tzinfo=None), _CLOCK, locale=_locale(language))


def short_day(language: Language, day: date) -> str:
    """Return a day without its year: 11/23(月), Mon 23 Nov."""
    return format_date(day, _DAY[language], locale=_locale(language))


def full_day(language: Language, day: date) -> str:
    """Return a day with its year: 2026年11月23日, 2026-11-23."""
    return format_date(day, _FULL_DAY[language], locale=_locale(language))


def full_month(language: Language, day: date) -> str:
    """Return the month of a day with its year: 2026年11月, November 2026."""
    return format_date(day, _FULL_MONTH[language], locale=_locale(language))


def weekday(language: Language, number: int) -> str:
    """Return the short name of a weekday, Monday is 0: 月, Mon."""
    return _locale(language).days["stand-alone"]["abbreviated"][number]


def decimal(language: Language, value: float, places: int | None = None) -> str:
    """Return a number with so many decimal places; by default with as many as it has, six digits at most.

    It is rounded as Python's own format does, to the nearest of what the float holds; thousands are not grouped.
    """
    exact = Decimal(f"{value:g}" if places is None else f"{value:.{places}f}")
    pattern = "0.######" if places is None else "0" + "." * bool(places) + "0" * places
    return format_decimal(exact, pattern, locale=_locale(language))


def measured(language: Language, metric: Metric, value: float) -> str:
    """Return a measured value with the digits that mean something, without its unit: 21.5 of a temperature in degrees."""
    return decimal(language, value, metric.precision)


def ordinal(language: Language, n: int) -> str:
    """Return which one of a row it is: 2回目, 2nd."""
    if language is Language.JA:
        return f"{n}回目"
    endings = {"one": "st", "two": "nd", "few": "rd"}
    return f"{n}{endings.get(_locale(language).ordinal_form(n), 'th')}"


def listed(language: Language, words: Iterable[str]) -> str:
    """Return words one after the other: 月・水, Mon, Wed."""
    if language is Language.JA:
        return _MIDDLE_DOT.join(words)
    return format_list(list(words), style="unit-short", locale=_locale(language))


def plural_category(language: Language, n: float) -> str:
    """Return which form of a text the number asks for, by CLDR's plural rules: "one", "other"."""
    return _locale(language).plural_form(n)


def plural_categories(language: Language) -> frozenset[str]:
    """Return the plural categories that a language has; "other" is in each."""
    return frozenset(_locale(language).plural_form.tags) | {"other"}


@cache
def _locale(language: Language) -> Locale:
    return Locale.parse(language.value)
