"""Deduplication of values that got their time from us: the same value again within a window is the same message."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ingest.mqtt.message import InboundMessage

_NUMBERED_WINDOW = timedelta(days=7)
# A button that has neither memory nor clock gives every press the same number and no time: better to raise one press twice than not at all.
_CALL_WINDOW = timedelta(minutes=10)


class Deduplication:
    """What a batch holds already, and how far back the database looks for a duplicate.

    Parameters
    ----------
    doubt : timedelta
        Two messages without a time of their own and with the same bytes, this close, are one.
    repeated_since : datetime
        From when on a message that the broker marks as a repeat may already be stored.
    sequence_reset_at : mapping of int to datetime
        Since when the devices that lost their memory count from 1 again.
    """

    def __init__(
        self, doubt: timedelta, repeated_since: datetime, sequence_reset_at: Mapping[int, datetime]
    ) -> None:
        self._doubt = doubt
        self._repeated_since = repeated_since
        self._sequence_reset_at = sequence_reset_at
        self._seen: dict[tuple[int, int, int], datetime] = {}
        self._retained_seen: dict[tuple[int, int, int], datetime] = {}

    def duplicate_since(self, message: InboundMessage, numbered: int | None) -> datetime:
        """Return since when the same value is a duplicate; `numbered` is the device if it numbers its messages."""
        if numbered is not None:
            since = message.received_at - _NUMBERED_WINDOW
            began = self._sequence_reset_at.get(numbered, since)
            return max(since, began) if began <= message.received_at else since
        since = message.received_at - self._doubt
        return min(since, self._repeated_since) if message.repeated else since

    def duplicate_call_since(self, message: InboundMessage, numbered: int) -> datetime:
        """Return the same for a call for help of a device that numbers its messages."""
        since = message.received_at - _CALL_WINDOW
        since = min(since, self._repeated_since) if message.repeated else since
        return max(since, self.duplicate_since(message, numbered))

    def is_duplicate_in_batch(
        self, key: tuple[int, int, int], time: datetime, since: datetime, *, retained: bool
    ) -> bool:
        """Whether this batch holds the same value already, which the database cannot know yet.

        A retained message does not stand for what the device itself sends.
        """
        seen = self._retained_seen if retained else self._seen
        known, seen[key] = seen.get(key), time
        if retained and (known is None or known < since):
            known = self._seen.get(key)
        return known is not None and known >= since
