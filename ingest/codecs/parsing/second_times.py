"""The second time of a message checks the first: when it was made, sent or received, against when it is said to have happened.

What is past may be reported late, by a device that buffered it; what is reported before it happened, or years late, shows a wrong clock, and
how old it is nobody knows.
"""

from datetime import UTC, datetime, timedelta

SUSPECT = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of what happened nobody knows when: it counts as received, as no sign of life and not as where somebody is now."""

# As far as clocks that are kept right may differ.
AHEAD = timedelta(minutes=10)
# Devices keep data for weeks when the line is down; older than this it is a clock gone wrong.
OLDEST = timedelta(days=400)
# Receivers of satellites that count weeks in ten bits fall back by this much.
_ROLL_OVER = timedelta(weeks=1024)
_ROLLED_OLDEST = timedelta(days=40)
# A clock that was never set counts from 1970, 1980 or 2000.
_FIRST_YEAR = 2010


def stated_time(value: object, moment: datetime | None) -> datetime | None:
    """Return the time that a field was read as: `SUSPECT` where it states one that is not understood, None where it states none.

    A clock that was never set says 0 or nothing; then what a message says is of now.
    """
    return SUSPECT if moment is None and value else moment


def checked_time(
    first: datetime | None, second: datetime | None, oldest: timedelta = OLDEST, ahead: timedelta = AHEAD
) -> datetime | None:
    """Return when something happened, by a message's own time and a second one in it.

    Parameters
    ----------
    first, second : datetime or None
        The time that the message gives for what it says, and a later one of the same message, both with their zone.
    oldest, ahead : timedelta
        How far the first may lie before and behind the second.

    Returns
    -------
    datetime or None
        The first where the second bears it out; the first moved by the weeks that a receiver fell back; `SUSPECT` where the two
        contradict each other; the second where there is no first.

    Examples
    --------
    >>> at = datetime(2026, 11, 28, 12, tzinfo=UTC)
    >>> checked_time(datetime(2007, 4, 14, 12, tzinfo=UTC), at) == at, checked_time(datetime(2000, 1, 1, tzinfo=UTC), at) == SUSPECT
    (True, True)
    """
    if second is None or second.year < _FIRST_YEAR:
        return first
    if first is None:
        return second
    if second - oldest <= first <= second + ahead:
        return first
    for times in (1, 2):
        moved = first + times * _ROLL_OVER
        if second - min(oldest, _ROLLED_OLDEST) <= moved <= second + ahead:
            return moved
    return SUSPECT
