"""What differs between installations and clocks."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from ingest.processing.timestamps import NEWEST


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs between installations and clocks.

    Attributes
    ----------
    zone : ZoneInfo
        Where a device in no home shows the time of the wall.
    newest : timedelta
        How far ahead of our clock a device's time may be.
    doubt : timedelta
        Two messages without a time of their own and with the same bytes, this close, are one.
    is_shared : bool
        Other workers get a part of the messages, so only the database knows what a door or a bed said before.
    """

    zone: ZoneInfo
    newest: timedelta = NEWEST
    doubt: timedelta = timedelta(seconds=5)
    is_shared: bool = False
