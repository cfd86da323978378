"""When the monthly test of a channel is due, and what its answers show. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.domain.quiet_hours import QuietHours

SLOTS = 28
"""Each channel has its day of the month, from 1 to 28, so that no day brings all of them and every month has it."""

PROVES_FOR = timedelta(days=62)
"""A channel that was proven longer ago counts as not proven: two tests went unanswered (our choice)."""

ANSWERED_WITHIN = timedelta(days=7)
"""As long as the link of a test can be pressed; until then nothing is concluded from silence."""

# What a stop of the service has delayed is made up for on the next two days; then it waits for the next month.
_MADE_UP_DAYS = 2
# By the clock where the contact is reached (our choice): nothing is urgent about it.
_SINCE, _UNTIL = time(9), time(19)


def day_of(channel: int) -> int:
    """Return the day of the month on which a channel is tested."""
    return channel % SLOTS + 1


def days_around(now: datetime) -> list[int]:
    """Return the days whose channels may be due at a moment, whatever the zone."""
    today = now.astimezone(UTC).date()
    return sorted({(today + timedelta(days=days)).day for days in range(-_MADE_UP_DAYS - 1, 2)})


def is_due(
    channel: int, now: datetime, zone: ZoneInfo, last_at: datetime | None, quiet: QuietHours | None
) -> bool:
    """Return whether a channel is to be tested now: on its day, in the daytime, while its contact is awake, and once in a month.

    Parameters
    ----------
    channel : int
        Its number, which decides the day.
    now : datetime
        The service's time.
    zone : ZoneInfo
        Whose clock counts: that of the resident's home, or of the ward.
    last_at : datetime or None
        When it was last tested or proven; in this month by that clock: it is not tested again.
    quiet : QuietHours or None
        When the contact is not woken. Who sleeps all day is tested outside of these hours.

    Examples
    --------
    >>> tokyo = ZoneInfo("Asia/Tokyo")
    >>> at = datetime(2026, 8, 5, 10, tzinfo=tokyo)
    >>> is_due(4, at, tokyo, None, None), is_due(5, at, tokyo, None, None)
    (True, False)
    >>> is_due(4, at, tokyo, datetime(2026, 8, 1, tzinfo=tokyo), None)
    False
    """
    here = now.astimezone(zone)
    if not 0 <= here.day - day_of(channel) <= _MADE_UP_DAYS:
        return False
    if last_at is not None and (last_at.astimezone(zone).year, last_at.astimezone(zone).month) >= (
        here.year,
        here.month,
    ):
        return False
    if quiet is not None and quiet.end_after(now, zone) is not None:
        return False
    return _SINCE <= here.time() < _UNTIL or _sleeps_all_day(quiet)


def _sleeps_all_day(quiet: QuietHours | None) -> bool:
    if quiet is None:
        return False
    if quiet.begins < quiet.ends:
        return quiet.begins <= _SINCE and quiet.ends >= _UNTIL
    return quiet.begins <= _SINCE or quiet.ends >= _UNTIL


@dataclass(frozen=True)
class TestScore:
    """How many of some channels, or of some contacts by at least one channel, have shown lately that messages arrive."""

    __test__ = False

    proven: int
    tested: int

    @property
    def is_full(self) -> bool:
        """Whether all have."""
        return self.proven == self.tested


def score(proven_at: Collection[datetime | None], now: datetime) -> TestScore:
    """Return how many of the channels that are tested were proven lately."""
    recent = [at for at in proven_at if at is not None and at > now - PROVES_FOR]
    return TestScore(len(recent), len(proven_at))
