"""Planned absences: travel, a stay in hospital, the days of a day service."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from core.domain.geofence import Hours, minutes_of_week

# A longer pause needs a second person (our choice: two weeks are a journey or a short stay in hospital).
LONGEST_ALONE = timedelta(days=14)
# Nobody who confirms within a week will: what was asked for has to be asked for again (our choice).
CONFIRMED_WITHIN = timedelta(days=7)
# Whether a stay without an end goes on is asked this often.
ASKED_EVERY = timedelta(days=7)
NO_END = datetime(9999, 1, 1, tzinfo=UTC)
"""Until when a pause lasts whose end nobody knows."""
# Home for a night between two journeys is one pause.
_GAP = timedelta(days=1)
# One that comes every week and leaves less than half of it watched is none of a day service (our choice).
_LONGEST_WEEKLY_MIN = 7 * 24 * 60 // 2


class AbsenceKind(StrEnum):
    """Why somebody will not be at home."""

    TRAVEL = "travel"
    HOSPITAL = "hospital"
    DAY_SERVICE = "day_service"
    OTHER = "other"


@dataclass(frozen=True)
class Absence:
    """A planned absence of a resident, once or every week.

    Attributes
    ----------
    began_at : datetime
        From when on it holds: the beginning, or the first day of a weekly one.
    ended_at : datetime or None
        The end; None for a weekly one that goes on, and for a stay in hospital whose end nobody knows.
    hours : Hours or None
        When it falls in each week, in the home's zone; None for one that is planned once.
    cancelled_at : datetime or None
        When it was taken back; what lay before stays planned.
    needs_second : bool
        Whether it holds only when somebody else has confirmed it.
    confirmed_at, confirmed_by : datetime or None, str or None
        When somebody else did, and who.
    asked_at, still_at : datetime or None
        Of a stay without an end: when somebody was last asked whether it goes on, and when somebody last said so.
    still_by_user, still_by_contact : int or None
        Who last said so: a user, or a contact without a login.
    alone_since : datetime or None
        Since when only they have.
    """

    number: int
    resident: int
    kind: AbsenceKind
    began_at: datetime
    ended_at: datetime | None
    hours: Hours | None
    note: str
    created_at: datetime
    created_by: str | None = None
    cancelled_at: datetime | None = None
    created_by_user: int | None = None
    needs_second: bool = False
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None
    asked_at: datetime | None = None
    still_at: datetime | None = None
    still_by_user: int | None = None
    still_by_contact: int | None = None
    alone_since: datetime | None = None

    @property
    def has_no_end(self) -> bool:
        """Whether nobody knows when it ends: once a week somebody is asked."""
        return self.hours is None and self.ended_at is None

    @property
    def known_at(self) -> datetime:
        """When it was last known that they are away."""
        return max(one for one in (self.began_at, self.confirmed_at, self.still_at) if one is not None)

    def is_one_alone(self, now: datetime) -> bool:
        """Whether for two weeks one person alone has said that a stay goes on: then the others are asked too."""
        return self.alone_since is not None and self.alone_since <= now - LONGEST_ALONE

    @property
    def is_waiting(self) -> bool:
        """Whether the watch goes on because nobody else has confirmed it yet."""
        return self.needs_second and self.confirmed_at is None

    @property
    def expires_at(self) -> datetime:
        """Until when somebody may confirm it: a week, or until it would be over."""
        latest = self.created_at + CONFIRMED_WITHIN
        return latest if self.ended_at is None else min(latest, self.ended_at)


def is_long(
    began_at: datetime,
    ended_at: datetime | None,
    hours: Hours | None,
    others: Iterable[tuple[datetime, datetime]] = (),
    weekly: Iterable[Hours] = (),
) -> bool:
    """Return whether somebody would not be watched for more than 14 days on end, or for more than half of every week.

    Parameters
    ----------
    began_at, ended_at : datetime, datetime or None
        From when until when.
    hours : Hours or None
        Of one that comes every week: long if, with `weekly`, more than half of the week is not watched.
    others : iterable of (datetime, datetime)
        What the same person planned already; one that begins within a day of the end of another goes on with it.
    weekly : iterable of Hours
        What the same person planned already for every week.

    Examples
    --------
    >>> from datetime import UTC
    >>> first = datetime(2026, 8, 1, tzinfo=UTC)
    >>> is_long(first, first + timedelta(days=14), None)
    False
    >>> is_long(first, first + timedelta(days=8), None, [(first + timedelta(days=8), first + timedelta(days=15))])
    True
    >>> from datetime import time
    >>> days = frozenset(range(7))
    >>> is_long(first, None, Hours(days, time(8), time(18)))
    False
    >>> is_long(first, None, Hours(days, time(0, 5), time(0)))
    True
    >>> is_long(first, None, Hours(days, time(8), time(18)), weekly=[Hours(days, time(18), time(23))])
    True
    """
    if hours is not None:
        paused = minutes_of_week(hours).union(*(minutes_of_week(one) for one in weekly))
        return len(paused) > _LONGEST_WEEKLY_MIN
    if ended_at is None:
        return True
    spans = list(others)
    began, ended = began_at, ended_at
    for _ in range(len(spans)):
        for one_began, one_ended in spans:
            if one_began <= ended + _GAP and one_ended >= began - _GAP:
                began, ended = min(began, one_began), max(ended, one_ended)
    return ended - began > LONGEST_ALONE
