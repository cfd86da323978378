"""Geofences: a shape on the ground and the hours in which it holds."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY_MIN = 24 * 60
_WEEK_MIN = 7 * _DAY_MIN


@dataclass(frozen=True)
class Circle:
    """A circle: centre in WGS 84 degrees, radius in metres."""

    lat: float
    lon: float
    radius_m: float


@dataclass(frozen=True)
class Polygon:
    """A simple polygon: (lat, lon) corners in order, not closed, WGS 84 degrees."""

    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Hours:
    """When a geofence holds, in the home's zone.

    `days` are weekdays on which a window starts (Monday 0). A window whose end is not after its start runs over midnight into
    the next day; equal start and end mean the whole day.
    """

    days: frozenset[int]
    start: time
    end: time


ALWAYS = Hours(frozenset(range(7)), time(0), time(0))


def length_min(hours: Hours) -> int:
    """Return how many minutes hours last on a day on which the clock is not changed.

    Examples
    --------
    >>> [length_min(Hours(frozenset({0}), time(start), time(end))) for start, end in ((6, 11), (22, 6), (0, 0))]
    [300, 480, 1440]
    """
    start, end = (one.hour * 60 + one.minute for one in (hours.start, hours.end))
    return (end - start) % _DAY_MIN or _DAY_MIN


def minutes_of_week(hours: Hours) -> frozenset[int]:
    """Return the minutes of a week, from Monday's midnight, in which hours hold."""
    start = hours.start.hour * 60 + hours.start.minute
    return frozenset(
        (day * _DAY_MIN + start + minute) % _WEEK_MIN
        for day in hours.days
        for minute in range(length_min(hours))
    )


@dataclass(frozen=True)
class Geofence:
    """The area a resident is expected to stay in while `hours` hold; nothing is evaluated before `created_at`."""

    number: int
    resident: int
    name: str
    shape: Circle | Polygon
    hours: Hours
    created_at: datetime | None = None


def holding_times(
    hours: Hours, zone: ZoneInfo, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the spans in which the hours hold and that touch [since, until], joined where they meet, in order.

    A window whose end is not after its start runs into the next day. Where the clock is put back, a window takes the earlier of
    two beginnings and the later of two ends; where it is put forward, a time that does not exist is the moment of the change.

    Examples
    --------
    >>> nights = Hours(frozenset(range(7)), time(22), time(6))
    >>> tokyo = ZoneInfo("Asia/Tokyo")
    >>> noon = datetime(2026, 5, 1, 12, tzinfo=tokyo)
    >>> [[f"{one.astimezone(tokyo):%d %H:%M}" for one in span] for span in holding_times(nights, tokyo, noon, noon + timedelta(days=1))]
    [['01 22:00', '02 06:00']]
    """
    spans: list[tuple[datetime, datetime]] = []
    for began, ended in daily_times(hours, zone, since, until):
        if spans and began <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], ended))
        else:
            spans.append((began, ended))
    return [span for span in spans if span[1] >= since and span[0] <= until]


def daily_times(
    hours: Hours, zone: ZoneInfo, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the spans in which the hours hold about [since, until], each day's by itself, in order; those just outside too."""
    spans: list[tuple[datetime, datetime]] = []
    day = since.astimezone(zone).date() - timedelta(days=2)
    last = until.astimezone(zone).date() + timedelta(days=1)
    while day <= last:
        if day.weekday() in hours.days:
            next_day = day if hours.end > hours.start else day + timedelta(days=1)
            began, ended = _at(day, hours.start, zone, fold=0), _at(next_day, hours.end, zone, fold=1)
            if began < ended:
                spans.append((began, ended))
        day += timedelta(days=1)
    return spans


def _at(day: date, clock: time, zone: ZoneInfo, *, fold: int) -> datetime:
    return datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC)
