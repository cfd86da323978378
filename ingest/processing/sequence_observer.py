"""Sequence observer: what the batch builder reports sequence numbers of native devices to."""

from datetime import datetime
from typing import Protocol

from core.store.telemetry.batches import SendingDevice


class SequenceObserver(Protocol):
    """Records the sequence numbers of messages."""

    def is_new(self, device: int, seq: int, /) -> bool:
        """Return whether a number is higher than any that is known of the device."""
        ...

    def is_next(self, device: int, seq: int, /) -> bool:
        """Return whether a number follows the newest one and none of the device is missing."""
        ...

    def may_fill(self, device: int, seq: int, /) -> bool:
        """Return whether a number that is not new may be one that was missing."""
        ...

    def note(self, device: SendingDevice, seq: int, at: datetime, /) -> None:
        """Take note of a numbered message."""

    def note_count(self, device: SendingDevice, made: int, at: datetime | None, /) -> None:
        """Take note that a device says now how many messages it has made, at a time of its own or (None) just now."""

    def note_newest(self, device: SendingDevice, seq: int, /) -> None:
        """Take note that a device has made messages up to `seq`."""
