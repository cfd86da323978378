"""Reads times as files have them: ISO 8601, slashes, Japanese and Western dates, Excel's numbers of days, Unix times."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import NoReturn
from unicodedata import normalize

from core.errors import InputError
from simulator.replay.readings import QUARTER_S

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the wall clock's
_MICROSECOND, _QUARTER = timedelta(microseconds=1), timedelta(seconds=QUARTER_S)
_QUARTER_US = QUARTER_S * 1_000_000
# No sensor in a home reported before; such a time is a number or a date in another order, read wrongly.
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_EXAMPLES = "2026-08-01 06:00:12, 2026-08-01T06:00:12+09:00 or 2026/8/1 6:00"
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d+))?")
# Excel counts days from here, as it takes 1900 for a leap year.
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - the wall clock's
_UNIX = re.compile(r"(\d{10})(\d{3}|\d{6}|\d{9})?(?:[.,](\d{1,9}))?")
_DATE = (
    r"(?:(?P<y>\d{4})\s?[-/.年]\s?(?P<m>\d{1,2})\s?[-/.月]\s?(?P<d>\d{1,2})日?"
    r"|(?P<a>\d{1,2})(?P<sign>[-/.])(?P<b>\d{1,2})(?P=sign)(?P<year>\d{4})"
    r"|(?P<digits>\d{8}))"
)
_CLOCK = (
    r"(?P<before>午前|午後)?\s*(?P<hour>\d{1,2})(?:[:時](?P<minute>\d{1,2})(?:[:分](?:(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?秒?)?)?|時)"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?"
)
_TIME = re.compile(
    rf"{_DATE}(?:\s?\([月火水木金土日]\))?(?:(?:\s*[t,]\s*|\s+|(?<=[日)])){_CLOCK}\s*(?P<zone>z|utc|gmt|jst|[+-]\d\d:?\d\d|[+-]\d\d)?)?\Z",
    re.IGNORECASE,
)
# Years of an era: "令和8年8月1日", "R8.8.1"; the year before its first.
_ERA = re.compile(r"(令和|平成|[RH])\.?(元|\d{1,2})(?=\s?[年./-])", re.IGNORECASE)
_BEFORE_ERA = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}
_COMPACT = re.compile(r"(\d{8})[T ]?(\d\d)(\d\d)(\d\d)(Z?)\Z")
_ZONES = {"z": UTC, "utc": UTC, "gmt": UTC, "jst": timezone(timedelta(hours=9))}


class DateOrder(StrEnum):
    """Which number comes first in a date such as 01/08/2026."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class OtherDateOrderError(Exception):
    """A date shows that those before it were read in the wrong order."""


class TimeReader:
    """Reads the times of one file, in which all dates have one order.

    Parameters
    ----------
    zone : tzinfo
        For times without an offset.
    order : DateOrder or None
        Of dates that end in the year; None finds it out.
    is_assumed : bool
        Whether the zone is nothing but an assumption; `without_offset` then counts the times that rest on it.
    """

    def __init__(self, zone: tzinfo, order: DateOrder | None = None, *, is_assumed: bool = True) -> None:
        self.without_offset = 0
        self._is_assumed = is_assumed
        self._zone, self._order = zone, order
        # By how many quarters the assumed zone is ahead in each quarter of an hour of its clock.
        self._ahead: dict[int, int] = {}
        # The first text that was read in a way of which a person should know.
        self._serial = self._ordered = self._undecided = ""

    def read(self, text: str) -> tuple[int, int]:
        """Return microseconds since 1970 in UTC, and by how many quarters of an hour the clock in the file is ahead.

        Raises
        ------
        ValueError
            It is no time.
        OtherDateOrderError
            The file must be read again, month first.
        """
        shown = self.parse(text)
        if not _FIRST_YEAR <= shown.year < _LAST_YEAR:
            raise ValueError(f"{text!r} would be a time in the year {shown.year}; write it like {_EXAMPLES}")
        ahead = shown.utcoffset()
        if ahead is not None:
            quarters, rest = divmod(ahead, _QUARTER)
            if rest:
                raise ValueError(f"{text!r} has an offset from UTC that no zone has")
            return (shown.replace(tzinfo=None) - _EPOCH - ahead) // _MICROSECOND, quarters
        self.without_offset += self._is_assumed
        wall_us = (shown - _EPOCH) // _MICROSECOND
        quarters = self._ahead.get(wall_us // _QUARTER_US)
        if quarters is None:
            ahead = shown.replace(tzinfo=self._zone).utcoffset() or timedelta(0)
            quarters = self._ahead[wall_us // _QUARTER_US] = ahead // _QUARTER
        return wall_us - quarters * _QUARTER_US, quarters

    def moment(self, text: str) -> datetime:
        """Return the time in UTC; raises as `read` does."""
        return moment_of(self.read(text))

    def parse(self, text: str) -> datetime:
        """Return the time as it is written; raises as `read` does."""
        word = text.strip()
        if word[4:5] == word[7:8] == "-":
            try:
                return datetime.fromisoformat(word)
            except ValueError:
                pass
        return self._other(text, word if word.isascii() else normalize("NFKC", word))

    def notes(self) -> list[str]:
        """Return what a person should know about how the times were read."""
        notes: list[str] = []
        if self._serial:
            shown = self.parse(self._serial)
            notes.append(
                f"times are numbers of days, as Excel counts them: {self._serial} is {shown:%Y-%m-%d %H:%M:%S}"
            )
        if self._ordered:
            notes.append(f"dates are read {self._order or DateOrder.DAY_FIRST}: {self._ordered!r}")
        return notes

    def check(self, name: str) -> None:
        """Refuse a file whose dates may be read in two ways.

        Raises
        ------
        InputError
            No date in the file says whether the day or the month comes first.
        """
        if self._undecided and self._order is None:
            raise InputError(
                f"{name}: {self._undecided!r} may be day/month/year or month/day/year, and no date in the file decides it;"
                " say --dates day-first or --dates month-first"
            )

    def _other(self, text: str, word: str) -> datetime:
        number = _SERIAL.fullmatch(word)
        if number is not None:
            self._serial = self._serial or word
            return _from_serial(number[1], number[2] or "")
        number = _UNIX.fullmatch(word)
        if number is not None:
            return _from_unix(number[1], (number[2] or "") + (number[3] or ""))
        compact = _COMPACT.match(word)
        if compact is not None:
            word = f"{compact[1]} {compact[2]}:{compact[3]}:{compact[4]}{compact[5]}"
        era = _ERA.match(word)
        if era is not None:
            year = _BEFORE_ERA[era[1].upper()] + (1 if era[2] == "元" else int(era[2]))
            word = f"{year}{word[era.end() :]}"
        found = _TIME.match(word)
        if found is None:
            _refuse(text)
        try:
            year, month, day = self._date(found, text)
            hour, minute, second, microsecond = _clock(found)
            return datetime(
                year, month, day, hour, minute, second, microsecond, tzinfo=_zone(found["zone"] or "")
            )
        except ValueError:
            _refuse(text)

    def _date(self, found: re.Match[str], text: str) -> tuple[int, int, int]:
        if found["digits"]:
            digits = found["digits"]
            return int(digits[:4]), int(digits[4:6]), int(digits[6:])
        if found["y"]:
            return int(found["y"]), int(found["m"]), int(found["d"])
        first, second, year = int(found["a"]), int(found["b"]), int(found["year"])
        # Between points the day comes first everywhere.
        if found["sign"] == ".":
            return year, second, first
        self._ordered = self._ordered or text
        if self._order is None and first != second:
            self._find_order(first, second, text)
        if self._order is DateOrder.MONTH_FIRST:
            return year, first, second
        return year, second, first

    def _find_order(self, first: int, second: int, text: str) -> None:
        if 12 < first <= 31:
            self._order = DateOrder.DAY_FIRST
        elif 12 < second <= 31:
            if self._undecided:
                raise OtherDateOrderError
            self._order = DateOrder.MONTH_FIRST
        else:
            self._undecided = self._undecided or text


def moment_of(time: tuple[int, int]) -> datetime:
    """Return what `TimeReader.read` returned as a time in UTC."""
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=time[0])


def _clock(found: re.Match[str]) -> tuple[int, int, int, int]:
    hour = int(found["hour"] or 0)
    half = (found["half"] or "").lower() or {"午前": "a", "午後": "p"}.get(found["before"] or "", "")
    if half and hour > 12:
        raise ValueError(hour)
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    fraction = (found["fraction"] or "").ljust(6, "0")[:6]
    return hour, int(found["minute"] or 0), int(found["second"] or 0), int(fraction)


def _zone(word: str) -> tzinfo | None:
    if not word:
        return None
    known = _ZONES.get(word.lower())
    if known is not None:
        return known
    digits = word[1:].replace(":", "").ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-ahead if word[0] == "-" else ahead)


def _from_serial(days: str, fraction: str) -> datetime:
    seconds = float(f"0.{fraction}") * 86_400 if fraction else 0.0
    # Eight digits are as fine as a millisecond; with fewer the time can only be one of whole seconds.
    seconds = round(seconds, 3 if len(fraction) > 8 else 0)
    return _SERIAL_ZERO + timedelta(days=int(days), milliseconds=round(seconds * 1000))


def _from_unix(seconds: str, fraction: str) -> datetime:
    microseconds = int(fraction.ljust(6, "0")[:6])
    return datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=microseconds)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text!r} is no time such as {_EXAMPLES}") from None
