"""Marker: a message to ourselves through the broker; what was queued before it has been received when it returns."""

import time
from datetime import datetime, timedelta

from core.clock import Clock
from ingest.mqtt.connection import Receiver
from ingest.mqtt.message import InboundMessage
from ingest.mqtt.topics import command_topic

# A few times a second; more often under a clock moved by hand, where a replay waits for each step.
_PERIOD_S = 0.2
_HAND_PERIOD_S = 0.03
# A marker that has not returned by then is sent again.
_LOST_AFTER_S = 5.0
# A broken connection this long is blind time for the whole ward.
_BLIND_AFTER_S = 30.0


class Marker:
    """Gives the watermark: the time before which everything that the broker had accepted is in the batches taken so far.

    The marker is published on our own command topic, which the broker's rules let us write and read. It comes back
    behind everything that waited for us, so after an outage the time stands still until the backlog is stored.
    """

    def __init__(self, client_id: str, clock: Clock, receiver: Receiver) -> None:
        self.topic = command_topic(client_id)
        self._clock = clock
        self._receiver = receiver
        self._period_s = _PERIOD_S if clock.factor else _HAND_PERIOD_S
        self._last_sent: datetime | None = None
        self._next_at = 0.0
        self._outstanding_since: float | None = None
        self._has_returned = False
        self._lost = 0

    @property
    def markers_are_lost(self) -> bool:
        """Whether the broker does not return our markers; then the watermark follows the clock."""
        return not self._has_returned and self._lost >= 2

    def is_marker(self, message: InboundMessage) -> bool:
        """Return whether a message is one of ours."""
        return message.topic == self.topic

    def send_marker(self, idle: bool) -> None:
        """Send a marker if one is due.

        `idle` says that nothing waits, so that a marker which does not come back is lost and not only late.
        """
        moment = time.monotonic()
        if self._outstanding_since is not None:
            if moment - self._outstanding_since < _LOST_AFTER_S or not idle:
                return
            self._lost += 1
        now = self._clock.now()
        if moment < self._next_at or not self._receiver.is_connected or now == self._last_sent:
            return
        if self._receiver.publish(self.topic, now.isoformat().encode()):
            self._last_sent = now
            self._outstanding_since = moment
            self._next_at = moment + self._period_s

    def watermark(self, messages: list[InboundMessage]) -> datetime | None:
        """Return the watermark that markers carry: all before it is in these messages or earlier ones; None without a marker."""
        found = self.sent_at(messages)
        if found is not None:
            self._outstanding_since = None
            self._has_returned, self._lost = True, 0
        return found

    def sent_at(self, messages: list[InboundMessage]) -> datetime | None:
        """Return when the latest of some markers was sent; None without a marker."""
        times: list[datetime] = []
        for message in messages:
            try:
                times.append(datetime.fromisoformat(message.payload.decode("ascii")))
            except ValueError:
                continue
        return max(times, default=None)

    def forget_outstanding(self) -> None:
        """Send the next marker without waiting for the last, which was lost with its connection."""
        self._outstanding_since = None
        self._last_sent = None

    def blind_since(self) -> datetime | None:
        """Return since when the broker cannot be reached, None if it can or was lost only a moment ago."""
        if self._receiver.is_connected:
            return None
        broken_s = time.monotonic() - self._receiver.broken_since
        if broken_s < _BLIND_AFTER_S:
            return None
        return self._clock.now() - timedelta(seconds=broken_s * self._clock.factor)
