"""The clock on the wall of a home: local days and 5-minute bins of the day, right on days of 23 and 25 hours."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

STEP_S = 300.0
BINS = 288
DAY_S = 86_400.0


def local_seconds(zone: ZoneInfo, time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the wall clock shows at `time` (Unix seconds), as seconds since 1970-01-01 on that clock.

    Examples
    --------
    >>> spring = datetime(2026, 3, 29, 0, 59, tzinfo=UTC).timestamp()
    >>> local = local_seconds(ZoneInfo("Europe/London"), np.array([spring, spring + 60]))
    >>> (local % DAY_S / 3600).round(2).tolist()
    [0.98, 2.0]
    """
    if not len(time):
        return time
    first = datetime.fromtimestamp(float(np.min(time)), UTC).year
    last = datetime.fromtimestamp(float(np.max(time)), UTC).year
    changes, offsets = _offsets(zone, first, last)
    if len(changes) == 1:
        return time + offsets[0]
    return time + offsets[np.searchsorted(changes, time, side="right") - 1]


def bins(zone: ZoneInfo, time: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the 5-minute bin of the wall clock, 0 to 287, for each time."""
    return (local_seconds(zone, time) // STEP_S % BINS).astype(np.int64)


def local_date(zone: ZoneInfo, moment: datetime) -> date:
    """Return the date on the wall at a moment."""
    return moment.astimezone(zone).date()


def midnight(zone: ZoneInfo, day: date) -> datetime:
    """Return the moment at which a local day begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def at_minute(zone: ZoneInfo, day: date, minute: float) -> datetime:
    """Return the moment at which the wall clock of a local day shows so many minutes after midnight, in UTC.

    Where the clock is put back it is the first of the two; more than a day's minutes reach into the next day.

    Examples
    --------
    >>> at_minute(ZoneInfo("Europe/London"), date(2026, 3, 29), 4 * 60).isoformat()[11:16]
    '03:00'
    """
    days, rest = divmod(minute * 60, DAY_S)
    clock = datetime.combine(day + timedelta(days=int(days)), time(0)) + timedelta(seconds=rest)
    return clock.replace(tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=256)
def _offsets(zone: ZoneInfo, first: int, last: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the Unix times at which the zone's offset changes in these years, and the offset from each on."""
    here = datetime(first, 1, 1, tzinfo=UTC) - timedelta(days=1)
    end = datetime(last, 12, 31, tzinfo=UTC) + timedelta(days=2)
    changes, offsets = [-np.inf], [_offset(zone, here)]
    while here < end:
        there = here + timedelta(days=1)
        if _offset(zone, there) != offsets[-1]:
            changes.append(_change_between(zone, here, there).timestamp())
            offsets.append(_offset(zone, there))
        here = there
    return np.array(changes), np.array(offsets)


def _offset(zone: ZoneInfo, moment: datetime) -> float:
    shown = moment.astimezone(zone).utcoffset()
    return shown.total_seconds() if shown is not None else 0.0


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    old = _offset(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
