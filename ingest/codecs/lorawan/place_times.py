"""When a place was found, as decoders say it: seconds since 1970, or a text.

A text without its zone says no moment. As a time of UTC it may be that of the message; where it is ahead by no more than clocks of a wall are
ahead of UTC, it may be as well. One that is older in UTC may be older still, and how old such a place is nobody knows.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ingest.codecs.parsing.json_fields import JsonObject, number_of, text_of, time_of_epoch, time_of_text
from ingest.codecs.parsing.second_times import AHEAD, OLDEST, SUSPECT, checked_time

# Less than this is how long the receiver took, and no time.
_FIRST_TIME = 1e9
# The clocks of Kiritimati.
_FURTHEST_EAST = timedelta(hours=14)
# `2026/8/1 6:00:12`, `2026.08.01 06:00 UTC`
_DATE_AND_TIME = re.compile(
    r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|UTC|GMT)?\s*\Z"
)
_HOLDS_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}")
_LONGEST = 60


class Stated(NamedTuple):
    """What a field says of when a place was found.

    Attributes
    ----------
    time : datetime or None
        When; `SUSPECT` where that was not now, or may not have been, and nobody knows when; None where it says nothing.
    is_read : bool
        Whether its value is understood; without its zone it is not.
    """

    time: datetime | None
    is_read: bool


class _Stamp(NamedTuple):
    """A time as it is written: in UTC, if that is its zone; None where there is a date that is in no form we know."""

    time: datetime | None
    has_zone: bool


def stated_time(value: object, sent: datetime | None, *, is_utc: bool = False) -> Stated:
    """Return what a field says of when a place was found, in a message that was sent at a time.

    Examples
    --------
    >>> sent = datetime(2026, 8, 1, 6, tzinfo=UTC)
    >>> [stated_time(f"2026-08-01T{at}:00", sent).time == SUSPECT for at in ("06:00", "15:00", "05:00")]
    [False, False, True]
    >>> stated_time("2026-08-01T05:00:00", sent, is_utc=True).time == sent - timedelta(hours=1)
    True
    """
    stamp = _stamp(value, is_utc=is_utc)
    if stamp is None:
        return Stated(None, is_read=False)
    if stamp.has_zone:
        return Stated(checked_time(stamp.time, sent), is_read=True)
    may_be_now = (
        stamp.time is not None and sent is not None and -_FURTHEST_EAST - AHEAD <= sent - stamp.time <= AHEAD
    )
    return Stated(None if may_be_now else SUSPECT, is_read=False)


def older_time(value: object, sent: datetime, least: timedelta, *, is_utc: bool = False) -> Stated:
    """Return what the time of a whole message says of a place in it: that it is an older one, by more than the least.

    A clock that is ahead proves nothing of the place: many devices take the time of their wall for UTC. Nor does one that was never set.
    """
    stamp = _stamp(value, is_utc=is_utc)
    if stamp is None:
        return Stated(None, is_read=False)
    if stamp.time is None:
        return Stated(SUSPECT, is_read=False)
    late = sent - stamp.time
    if stamp.has_zone:
        return Stated(stamp.time if least < late <= OLDEST else None, is_read=True)
    return Stated(SUSPECT if AHEAD < late <= OLDEST else None, is_read=False)


def _stamp(value: object, *, is_utc: bool) -> _Stamp | None:
    number = number_of(value)
    if number is not None:
        moment = time_of_epoch(number) if number >= _FIRST_TIME else None
        return None if moment is None else _Stamp(moment, has_zone=True)
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    moment = time_of_text(value) or _loosely_written(value)
    if moment is None:
        return _Stamp(None, has_zone=False) if _HOLDS_DATE.search(value) else None
    return _Stamp(moment.replace(tzinfo=UTC), has_zone=is_utc or moment.tzinfo is not None)


def _loosely_written(text: str) -> datetime | None:
    found = _DATE_AND_TIME.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return moment if found[7] else moment.replace(tzinfo=None)


def own_time(body: JsonObject) -> datetime | None:
    """Return the time of a message in Dragino's Date and Time: UTC, not padded with zeros; `SUSPECT` where they are in another form."""
    date, time = text_of(body.get("Date")), text_of(body.get("Time"))
    if not date or not time:
        return None
    try:
        year, month, day = map(int, date.split("-"))
        hour, minute, second = map(int, time.split(":"))
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, OverflowError):
        return SUSPECT
