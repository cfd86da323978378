"""The bounded queue between the network thread and the writer."""

import threading
import time
from collections import deque
from collections.abc import Callable

from ingest.mqtt.message import InboundMessage

# A full queue stops the reading of the socket; so long the broker keeps the rest.
_FULL_POLL_S = 0.02
_POLL_S = 0.005
_BUSY_LINGER_S = 0.1


class MessageQueue:
    """Messages in the order of their arrival, bounded by number and by bytes.

    One thread puts, another takes. A full queue makes `put` wait, which stops the reading of the socket.

    Parameters
    ----------
    messages, size_bytes : int
        The most that is held.
    """

    def __init__(self, messages: int, size_bytes: int) -> None:
        self._most = messages
        self._most_bytes = size_bytes
        self._queue: deque[InboundMessage] = deque()
        # Each counter has one writing thread, so none needs a lock.
        self._bytes_in = 0
        self._bytes_out = 0
        self._arrived = threading.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def is_full(self) -> bool:
        """Whether the next `put` waits."""
        return (
            len(self._queue) >= self._most or self._bytes_in - self._bytes_out >= self._most_bytes
        ) and not self._closed

    def put(self, message: InboundMessage) -> None:
        """Add a message; waits while the queue is full."""
        while self.is_full:
            time.sleep(_FULL_POLL_S)
        self._bytes_in += len(message.payload)
        self._queue.append(message)
        if not self._arrived.is_set():
            self._arrived.set()

    def take(
        self, most: int, timeout_s: float, linger_s: float, is_free: Callable[[], bool] = lambda: True
    ) -> list[InboundMessage]:
        """Return up to `most` messages in order.

        Waits up to `patience_s` for a first one, then up to `linger_s` for more, so that a quiet ward does not make a
        transaction of every message; and longer, up to `_BUSY_LINGER_S`, while nobody `is_free` to store them: under load
        a larger batch costs less.
        """
        queue = self._queue
        if not queue:
            self._arrived.clear()
            if not queue and not self._arrived.wait(timeout_s):
                return []
        began = time.monotonic()
        while len(queue) < most:
            waited_s = time.monotonic() - began
            if waited_s >= _BUSY_LINGER_S or (waited_s >= linger_s and is_free()):
                break
            time.sleep(_POLL_S)
        taken = [queue.popleft() for _ in range(min(most, len(queue)))]
        self._bytes_out += sum(len(message.payload) for message in taken)
        return taken

    def close(self) -> None:
        """Release every waiting thread; `put` never waits again."""
        self._closed = True
        self._arrived.set()
