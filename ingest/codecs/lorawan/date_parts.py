"""A time that a decoder gives in parts, each in a field of its own, and the zone that it gives beside a time.

TEKTELIC's trackers say `utc: {"year_utc": 26, "month_utc": 11, ...}` of a place; MOKO's say `timezone: "UTC+09:00"` beside their `timestamp`.
"""

import re
from collections.abc import Iterable, Mapping, Set
from datetime import timedelta, timezone
from typing import NamedTuple

from ingest.codecs.parsing.json_fields import number_of, object_of, time_of_text
from ingest.codecs.parsing.word_parts import word_parts

_UNITS = {
    **dict.fromkeys(("year", "yr"), "year"),
    **dict.fromkeys(("month", "mon"), "month"),
    **dict.fromkeys(("day", "mday"), "day"),
    **dict.fromkeys(("hour", "hours", "hr"), "hour"),
    **dict.fromkeys(("minute", "minutes", "min"), "minute"),
    **dict.fromkeys(("second", "seconds", "sec"), "second"),
}
_IN_UTC = frozenset({"utc", "gmt"})
_BESIDE = _IN_UTC | {"gps", "gnss", "date", "time", "fix", "rtc", "of"}
_HOLDERS = _IN_UTC | {"date", "time", "datetime", "timestamp", "rtc", "gps", "gnss", "fix"}
_OFTEN_OTHERS = frozenset({"gps", "gnss", "fix", "time"})
_DAY = frozenset({"year", "month", "day"})
_NEEDED = _DAY | {"hour"}
_ZONES = frozenset(
    {frozenset({"timezone"}), frozenset({"time", "zone"}), frozenset({"tz"}), frozenset({"utc", "offset"})}
)
_OFFSET = re.compile(r"\s*(?:UTC|GMT)?\s*(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?\s*\Z")
_FURTHEST_HOURS = 14


class PartsOfDate(NamedTuple):
    """The fields in which a time stands in parts.

    Attributes
    ----------
    units : tuple
        Each unit with its field.
    is_utc : bool
        Whether their names say that it is in UTC.
    """

    units: tuple[tuple[str, str], ...]
    is_utc: bool


class DateInParts(NamedTuple):
    """A time that stands in parts: as a text, whether it is in UTC, and the fields it was read from."""

    text: str
    is_utc: bool
    fields: tuple[str, ...]


def parts_of_date(keys: Iterable[str], needed: Set[str] = _NEEDED) -> PartsOfDate | None:
    """Return in which of some fields a time stands in parts; None where it does not.

    Examples
    --------
    >>> parts_of_date(["year", "month", "day"]) is None
    True
    """
    units: dict[str, str] = {}
    is_utc = False
    for key in keys:
        words = frozenset(word_parts(key))
        rest = words - _BESIDE
        unit = _UNITS.get(next(iter(rest))) if len(rest) == 1 else None
        if unit is not None and unit not in units:
            units[unit] = key
            is_utc |= not words.isdisjoint(_IN_UTC)
    return PartsOfDate(tuple(units.items()), is_utc) if units.keys() >= needed else None


def may_hold_date(key: str) -> bool:
    """Return whether an object of this name may hold a time in parts."""
    words = frozenset(word_parts(key))
    # What is called `gps` or `time` alone is a place or a number in nearly every message, and is looked into by itself.
    return words <= _HOLDERS and (len(words) > 1 or not words <= _OFTEN_OTHERS)


def says_zone(key: str) -> bool:
    """Return whether a field of this name says the zone of the times beside it."""
    return frozenset(word_parts(key)) in _ZONES


def date_in_parts(body: Mapping[str, object], parts: PartsOfDate, prefix: str = "") -> DateInParts | None:
    """Return the time that stands in some fields; None where one of them is no number."""
    numbers = {unit: number_of(body[key]) for unit, key in parts.units}
    if None in numbers.values():
        return None
    whole = {unit: int(number) for unit, number in numbers.items() if number is not None}
    # The years of satellites' receivers have two digits.
    year = whole["year"] + (2000 if whole["year"] < 100 else 0)
    text = f"{year:04}-{whole['month']:02}-{whole['day']:02}"
    if "hour" in whole:
        text += f"T{whole['hour']:02}:{whole.get('minute', 0):02}:{whole.get('second', 0):02}"
    return DateInParts(text, parts.is_utc, tuple(f"{prefix}{key}" for _, key in parts.units))


def dates_in(
    body: Mapping[str, object], own: PartsOfDate | None, holders: Iterable[str]
) -> list[DateInParts]:
    """Return the times that stand in parts in an object, or in those of its objects that may hold one."""
    found = [] if own is None else [date_in_parts(body, own)]
    for key in holders:
        inside = object_of(body[key])
        # What is named a date is one, also without an hour.
        parts = parts_of_date(inside, _DAY) if inside else None
        if parts is not None:
            is_utc = parts.is_utc or not _IN_UTC.isdisjoint(word_parts(key))
            found.append(date_in_parts(inside, PartsOfDate(parts.units, is_utc), f"{key}."))
    return [one for one in found if one is not None]


def with_zone(value: object, body: Mapping[str, object], zones: Iterable[str]) -> tuple[object, str]:
    """Return a time with the zone that stands beside it, and the field that says it; as it is where it has one, or there is none.

    Examples
    --------
    >>> with_zone("2026-08-01 15:00:00", {"timezone": "UTC+09:00"}, ["timezone"])
    ('2026-08-01T15:00:00+09:00', 'timezone')
    """
    for key in zones:
        moment = time_of_text(value)
        offset = _offset(body[key])
        if moment is not None and moment.tzinfo is None and offset is not None:
            return moment.replace(tzinfo=timezone(offset)).isoformat(), key
    return value, ""


def _offset(value: object) -> timedelta | None:
    found = _OFFSET.match(value) if isinstance(value, str) else None
    if found is None:
        number = number_of(value)
        return None if number is None or abs(number) > _FURTHEST_HOURS else timedelta(hours=number)
    if int(found["hours"]) > _FURTHEST_HOURS:
        return None
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    return -offset if found["sign"] == "-" else offset
