"""Retransmit buffer of firmware: numbered messages held until the service confirms them, sent again when it asks."""

import json
import re
import threading
from collections import deque
from collections.abc import Iterable
from typing import cast

from simulator.network.lossy_channel import OutboundMessage

# A sensor's flash holds about two days of motion; the whole simulated ward must fit into one process.
MESSAGES_PER_DEVICE = 500
BUFFER_BYTES = 256 * 1024 * 1024
_NUMBERED = re.compile(rb'\{"seq":([0-9]+)')
_MOST_SPANS = 100


class RetransmitBuffer:
    """The numbered messages of all devices that are not confirmed yet; the oldest go when there is no room.

    Parameters
    ----------
    per_device : int
        How many messages one device keeps.
    size_bytes : int
        How much all devices keep together.
    """

    def __init__(self, per_device: int = MESSAGES_PER_DEVICE, size_bytes: int = BUFFER_BYTES) -> None:
        self._per_device = per_device
        self._most_bytes = size_bytes
        self._lock = threading.Lock()
        self._messages: dict[str, dict[int, OutboundMessage]] = {}
        # In the order of publishing, to know what is oldest; what was confirmed meanwhile is passed over.
        self._order: deque[tuple[str, int]] = deque()
        self._bytes = 0

    def hold(self, message: OutboundMessage) -> None:
        """Keep a message if it is numbered."""
        numbered = _NUMBERED.match(message.payload)
        if numbered is None:
            return
        device, seq = message.topic.rpartition("/")[0], int(numbered[1])
        with self._lock:
            messages = self._messages.setdefault(device, {})
            if seq in messages:
                return
            messages[seq] = message
            self._order.append((device, seq))
            self._bytes += len(message.payload)
            if len(messages) > self._per_device:
                self._drop(device, min(messages))
            while self._bytes > self._most_bytes:
                self._drop(*self._order.popleft())
            # Confirmed ones are still in the order; without this it would grow for as long as nothing is too much.
            while self._order and self._order[0][1] not in self._messages.get(self._order[0][0], ()):
                self._order.popleft()

    def answer(self, topic: str, payload: bytes) -> list[OutboundMessage]:
        """Return the messages to send again after a command; what it confirms is forgotten."""
        device, _, kind = topic.rpartition("/")
        try:
            body: object = json.loads(payload)
        except ValueError:
            return []
        if kind != "command" or not isinstance(body, dict):
            return []
        command = cast("dict[str, object]", body)
        with self._lock:
            messages = self._messages.get(device)
            if messages is None:
                return []
            through = command.get("stored_through")
            if isinstance(through, int):
                for seq in [seq for seq in messages if seq <= through]:
                    self._drop(device, seq)
            return [
                message
                for first, last in _spans(command.get("resend"))
                for seq, message in sorted(messages.items())
                if first <= seq <= last
            ]

    def __len__(self) -> int:
        """Return how many messages are kept."""
        with self._lock:
            return sum(map(len, self._messages.values()))

    def _drop(self, device: str, seq: int) -> None:
        message = self._messages.get(device, {}).pop(seq, None)
        if message is not None:
            self._bytes -= len(message.payload)


def _spans(asked: object) -> Iterable[tuple[int, int]]:
    for span in cast("list[object]", asked)[:_MOST_SPANS] if isinstance(asked, list) else ():
        match span:
            case [int(first), int(last)]:
                yield first, last
            case _:
                continue
