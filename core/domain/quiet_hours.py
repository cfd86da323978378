"""When a contact is not woken: hours by the clock on the wall, every day, where the resident lives."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

NEVER = "never"
_WRITTEN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)\Z")


@dataclass(frozen=True)
class QuietHours:
    """From `begins` until `ends`, over midnight where that comes first.

    Examples
    --------
    >>> night = QuietHours(time(22), time(7))
    >>> tokyo = ZoneInfo("Asia/Tokyo")
    >>> night.end_after(datetime(2026, 8, 1, 23, tzinfo=tokyo), tokyo).isoformat()
    '2026-08-02T07:00:00+09:00'
    >>> night.end_after(datetime(2026, 8, 1, 7, tzinfo=tokyo), tokyo) is None
    True
    """

    begins: time
    ends: time

    def end_after(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when the hours that `now` lies in end; None where it lies in none."""
        local = now.astimezone(zone)
        clock, ends_today = local.time(), datetime.combine(local.date(), self.ends, zone)
        if self.begins < self.ends:
            return ends_today if self.begins <= clock < self.ends else None
        if clock >= self.begins:
            return ends_today + timedelta(days=1)
        return ends_today if clock < self.ends else None

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


# What a resident's contact has unless they chose otherwise; a care centre has none.
DEFAULT = QuietHours(time(22), time(7))


def read(text: str) -> QuietHours | None:
    """Return what `22:00-07:00` or `never` says.

    Raises
    ------
    ValueError
        It says neither.

    Examples
    --------
    >>> str(read("22:30-06:00")), read("never")
    ('22:30-06:00', None)
    """
    if text == NEVER:
        return None
    found = _WRITTEN.match(text)
    if found is None or found[1] + found[2] == found[3] + found[4]:
        raise ValueError(f"{text!r} are no quiet hours: write 22:00-07:00, or {NEVER}")
    return QuietHours(time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4])))
