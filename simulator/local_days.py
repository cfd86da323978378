"""Local days: from seconds after a home's midnight to the time in UTC, also when the clocks change."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

HOUR_S = 3600.0
DAY_S = 86_400.0
DEFAULT_ZONE = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True)
class LocalDay:
    """A date in a zone. Seconds count on the wall clock from midnight and may run past the next midnight."""

    date: date
    zone: ZoneInfo
    _midnight: datetime = field(init=False, repr=False)
    _midnight_ms: int = field(init=False, repr=False)
    _is_even: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        midnight = datetime(self.date.year, self.date.month, self.date.day, tzinfo=self.zone)
        object.__setattr__(self, "_midnight", midnight)
        object.__setattr__(self, "_midnight_ms", round(midnight.timestamp() * 1000))
        # Two days on, because a night belongs to the day on which it begins.
        after = midnight + timedelta(days=2)
        object.__setattr__(self, "_is_even", after.utcoffset() == midnight.utcoffset())

    def ms(self, wall_s: float) -> int:
        """Return the Unix time in milliseconds at `wall_s` seconds after midnight on the wall clock."""
        if self._is_even:
            return self._midnight_ms + round(wall_s * 1000)
        return round((self._midnight + timedelta(seconds=wall_s)).timestamp() * 1000)

    def next(self) -> "LocalDay":
        """Return the day after."""
        return LocalDay(self.date + timedelta(days=1), self.zone)

    def before(self, days: int) -> "LocalDay":
        """Return the day that many days earlier."""
        return LocalDay(self.date - timedelta(days=days), self.zone)


def local_day(moment: datetime, zone: ZoneInfo) -> LocalDay:
    """Return the day that a moment falls on in the zone."""
    return LocalDay(moment.astimezone(zone).date(), zone)
