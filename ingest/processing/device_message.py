"""A message of a registered device with the times and numbers that its rows get."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.store.telemetry.batches import SendingDevice
from ingest.codecs.result import Decoded, Rejected
from ingest.mqtt.message import InboundMessage
from ingest.processing.timestamps import Placed, placed
from ingest.processing.values import message_number


@dataclass(slots=True)
class DeviceMessage:
    """One message of a registered device, with the time that counts where a value has none of its own.

    `is_new` says that its number is new, `is_unbroken` that none before it is missing, `is_first` that the device's connection was
    broken and this is what came first afterwards, `duplicate_since` since when a value with a time from us is a duplicate, once that is
    worked out.
    """

    message: InboundMessage
    result: Decoded
    device: SendingDevice
    when: datetime | None
    problems: list[Rejected]
    is_new: bool
    is_unbroken: bool = False
    is_first: bool = False
    duplicate_since: datetime | None = None
    _own_number: int | None = None
    _claimed: datetime | None = None
    _where: Placed | None = None

    def place(self, own: datetime | None, newest: timedelta) -> Placed:
        """Return where a value with this time of its own, or none, belongs.

        Worked out once for all values in a row that have the same time.
        """
        claimed = own or self.when
        if self._where is None or claimed != self._claimed:
            self._claimed, self._where = claimed, self.place_at(claimed, newest)
        return self._where

    def place_at(self, claimed: datetime | None, newest: timedelta) -> Placed:
        """Return where a value that claims this time belongs."""
        return placed(claimed, self.message.received_at, self.result.sent_at, newest)

    def number(self, place: int) -> int:
        """Return the number of the value at a place in the message: the device's, or one that its bytes give."""
        if self.result.seq:
            return self.result.seq
        if self._own_number is None:
            self._own_number = message_number(self.message.payload)
        return self._own_number - place
