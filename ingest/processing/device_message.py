"""A message of a registered device with the times and numbers that its rows get."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.store.telemetry.batches import SendingDevice
from ingest.codecs.result import Decoded, Rejected
from ingest.mqtt.message import InboundMessage
from ingest.processing.timestamps import OLDEST, Placed, is_ahead, placed
from ingest.processing.values import message_number


@dataclass(slots=True)
class DeviceMessage:
    """One message of a registered device, with the time that counts where a value has none of its own.

    `is_new` says that its number is new, `is_unbroken` that none before it is missing, `is_first` that the device's connection was
    broken and this is what came first afterwards.
    """

    message: InboundMessage
    result: Decoded
    device: SendingDevice
    when: datetime | None
    problems: list[Rejected]
    is_new: bool
    is_unbroken: bool = False
    is_first: bool = False
    _own_number: int | None = None
    _is_placed: bool = False
    _where: Placed | None = None

    def place(self, own: datetime | None, newest: timedelta) -> Placed | None:
        """Return where a value with this time of its own, or none, belongs; None: at that time, or the message's.

        Worked out once for all values that have no time of their own.
        """
        if own is not None:
            return self.place_at(own, newest)
        if not self._is_placed:
            self._is_placed, self._where = True, self.place_at(self.when, newest)
        return self._where

    def place_at(self, claimed: datetime | None, newest: timedelta) -> Placed | None:
        """Return where a value that claims this time belongs; None: there."""
        received_at, sent_at = self.message.received_at, self.result.sent_at
        # The common case without a call: a time within reason.
        if (
            claimed is not None
            and received_at - OLDEST <= claimed <= received_at + newest
            and (sent_at is None or not is_ahead(sent_at, received_at, newest))
        ):
            return None
        return placed(claimed, received_at, sent_at, newest)

    def number(self, place: int) -> int:
        """Return the number of the value at a place in the message: the device's, or one that its bytes give."""
        if self.result.seq:
            return self.result.seq
        if self._own_number is None:
            self._own_number = message_number(self.message.payload)
        return self._own_number - place
