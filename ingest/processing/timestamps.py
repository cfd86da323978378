"""At which time a value is stored: what a device says is believed only within reason."""

from datetime import datetime, timedelta
from typing import NamedTuple

from core.domain.reading import ReadingFlag

# Devices keep data for weeks when the line is down; older than this it is a clock gone wrong, and would make chunks.
OLDEST = timedelta(days=400)
# Receivers of satellites that count weeks in ten bits fall back by this much, exactly; what they kept is not older than that.
_ROLL_OVER = timedelta(weeks=1024)
_TWICE = 2 * _ROLL_OVER
_ROLLED_OLDEST = timedelta(days=40)
# Clocks that are not corrected run off by seconds a day.
NEWEST = timedelta(minutes=10)
# A message takes time to reach us and never less than none: a device that sent it later than we received it is ahead. This
# much is left for the clocks of our own machines.
AHEAD = timedelta(seconds=30)
# Plain numbers: an operation on flags takes longer than all else that is done with a time.
_RECEIVE_TIME, _CLOCK_SUSPECT = int(ReadingFlag.RECEIVE_TIME), int(ReadingFlag.CLOCK_SUSPECT)
_CLOCK_CORRECTED, _NO_FLAGS = int(ReadingFlag.CLOCK_CORRECTED), 0


class Placed(NamedTuple):
    """Where on the time axis a value belongs.

    `flags` holds the bits of `ReadingFlag`; `is_ours` says that the time comes from our clock, so that a repeat would come at another
    time, `is_as_said` that it is the one that the device gave, and nothing speaks against it.
    """

    time: datetime
    flags: int
    is_ours: bool
    is_as_said: bool = False


def placed(
    claimed: datetime | None,
    received_at: datetime,
    sent_at: datetime | None,
    newest: timedelta = NEWEST,
) -> Placed:
    """Return the time under which to store a value.

    Parameters
    ----------
    claimed : datetime or None
        The time the device gave; None if it gave none.
    received_at : datetime
        Our clock when the message came.
    sent_at : datetime or None
        The device's clock when it sent the message.
    newest : timedelta
        How far in our future a time may lie.

    Notes
    -----
    No time: when we received it. A time within (400 days ago, `newest` ahead): as it is. Outside, or from a device whose clock
    is ahead, but the device also reported when it sent the message: its clock is wrong and the distance between the two is right,
    so the value is placed that long before we received it. Behind by one or two times 1024 weeks: moved by these, so that what was
    buffered keeps its distances. Else: when we received it, marked as doubtful.
    """
    if claimed is None:
        return Placed(received_at, _RECEIVE_TIME, is_ours=True)
    late = received_at - claimed
    is_possible = -newest <= late <= OLDEST
    if is_possible and not is_ahead(sent_at, received_at, newest):
        return Placed(claimed, _NO_FLAGS, is_ours=False, is_as_said=True)
    if sent_at is not None:
        age = sent_at - claimed
        if timedelta(0) <= age <= OLDEST:
            return Placed(received_at - age, _CLOCK_CORRECTED, is_ours=True)
    if is_possible:
        return Placed(claimed, _NO_FLAGS, is_ours=False)
    for moved in (_ROLL_OVER, _TWICE) if late > OLDEST else ():
        if -newest <= late - moved <= _ROLLED_OLDEST:
            return Placed(claimed + moved, _CLOCK_CORRECTED, is_ours=False)
    return Placed(received_at, _CLOCK_SUSPECT, is_ours=True)


def is_ahead(sent_at: datetime | None, received_at: datetime, newest: timedelta = NEWEST) -> bool:
    """Return whether a device's clock is ahead of ours for certain: it sent a message after we received it."""
    # A replay publishes before it moves its clock on, so there a device may seem to be ahead.
    return sent_at is not None and sent_at - received_at > (AHEAD if newest <= NEWEST else newest)
