"""Publishes a recording at a pace: as fast as the broker takes it, or some times as fast as it happened."""

import threading
import time
from collections.abc import Callable, Sequence

from simulator.network.lossy_channel import OutboundMessage
from simulator.network.publisher import Publisher

_LONGEST_NAP_S = 0.5


def publish_at(
    messages: Sequence[OutboundMessage],
    publisher: Publisher,
    speed: float | None,
    stop: threading.Event,
    on_published: Callable[[], None] | None = None,
) -> int:
    """Publish messages in order and wait until the broker has acknowledged them; return how many.

    Parameters
    ----------
    speed : float or None
        How many times as fast as it happened; None for as fast as possible.
    """
    began = time.monotonic()
    count = 0
    for message in messages:
        if speed is not None:
            due_s = (message.time_ms - messages[0].time_ms) / 1000 / speed
            while (ahead_s := began + due_s - time.monotonic()) > 0:
                if stop.wait(min(ahead_s, _LONGEST_NAP_S)):
                    break
        if stop.is_set():
            break
        publisher.publish(message)
        count += 1
        if on_published is not None:
            on_published()
    publisher.drain()
    return count
