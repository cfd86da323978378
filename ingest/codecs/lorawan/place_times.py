"""When a place was found, as decoders say it: seconds since 1970, or a text.

A text without its zone says no moment. As a time of UTC it may be that of the message; where it is ahead by no more than clocks of a wall are
ahead of UTC, it may be as well. One that is older in UTC may be older still, and how old such a place is nobody knows.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ingest.codecs.parsing.json_fields import number_of, time_of_epoch, time_of_text
from ingest.codecs.parsing.second_times import AHEAD, SUSPECT, checked_time

# Less than this is how long the receiver took, and no time.
_FIRST_TIME = 1e9
# The clocks of Kiritimati.
_FURTHEST_EAST = timedelta(hours=14)
# `2026/8/1 6:00:12`, `2026.08.01 06:00 UTC`
_DATE_AND_TIME = re.compile(
    r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|UTC|GMT)?\s*\Z"
)
_HOLDS_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}")
_DAY = re.compile(r"\s*\d{4}-\d{2}-\d{2}\s*\Z")
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
    day = _of_day(value, sent)
    if day is not None:
        return day
    stamp = _stamp(value, is_utc=is_utc)
    if stamp is None:
        return Stated(None, is_read=False)
    if stamp.has_zone:
        return Stated(checked_time(stamp.time, sent), is_read=True)
    may_be_now = (
        stamp.time is not None and sent is not None and -_FURTHEST_EAST - AHEAD <= sent - stamp.time <= AHEAD
    )
    return Stated(None if may_be_now else SUSPECT, is_read=False)


def message_time(
    value: object, sent: datetime, least: timedelta = AHEAD, *, is_utc: bool = False, of_place: bool = False
) -> Stated:
    """Return what the time of a whole message says of what is in it, checked by when it was sent.

    Parameters
    ----------
    value : object
        The time that the device gives.
    sent : datetime
        When the network received it.
    least : timedelta
        By how much the two differ before the device's is taken: less is what clocks differ by.
    is_utc : bool
        Whether a text without a zone is in UTC.
    of_place : bool
        Whether it is asked of a place, for which a time on a wall somewhere may be now; a movement is believed only where it is proved.

    Returns
    -------
    Stated
        No time where it was made when it was sent; the device's where it is older; `SUSPECT` where that cannot be, or its zone is not known
        and it may be older. A clock that is ahead is wrong, so nobody knows how long the message was kept.

    Examples
    --------
    >>> sent = datetime(2026, 8, 1, 6, tzinfo=UTC)
    >>> message_time("2026-08-01T05:55:00Z", sent).time, message_time("2026-08-01T15:00:00Z", sent).time == SUSPECT
    (None, True)
    """
    day = _of_day(value, sent)
    if day is not None:
        return day
    stamp = _stamp(value, is_utc=is_utc)
    if stamp is None:
        return Stated(None, is_read=False)
    if stamp.time is None:
        return Stated(SUSPECT, is_read=False)
    if not stamp.has_zone:
        ahead = AHEAD + (_FURTHEST_EAST if of_place else timedelta(0))
        return Stated(None if -ahead <= sent - stamp.time <= AHEAD else SUSPECT, is_read=False)
    moment = checked_time(stamp.time, sent)
    is_now = moment is not None and moment != SUSPECT and sent - moment <= least
    return Stated(None if is_now else moment, is_read=True)


def _of_day(value: object, sent: datetime | None) -> Stated | None:
    """Return what a day without an hour says: nothing where it may be today somewhere, else that it was not now; None for what is no such day."""
    if not isinstance(value, str) or not _DAY.match(value):
        return None
    moment = time_of_text(value)
    if moment is None or sent is None:
        return None
    return Stated(None if abs((sent.date() - moment.date()).days) <= 1 else SUSPECT, is_read=False)


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
