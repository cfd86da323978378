"""The queue between the network and the writer is bounded."""

import threading

from core.clock import SystemClock
from ingest.mqtt.message import InboundMessage
from ingest.mqtt.message_queue import MessageQueue
from tests.support.wait import wait_until


def _message(size: int = 1) -> InboundMessage:
    return InboundMessage("t", b"x" * size, retained=False, repeated=False, received_at=SystemClock().now())


def test_messages_come_out_in_order_and_no_more_than_asked_for() -> None:
    message_queue = MessageQueue(10, 1000)
    for size in (1, 2, 3):
        message_queue.put(_message(size))
    assert [len(message.payload) for message in message_queue.take(2, 0, 0)] == [1, 2]
    assert [len(message.payload) for message in message_queue.take(2, 0, 0)] == [3]


def test_an_empty_queue_gives_nothing_after_a_while() -> None:
    assert MessageQueue(10, 1000).take(2, 0.01, 0) == []


def test_a_full_queue_makes_the_giver_wait_until_there_is_room() -> None:
    for message_queue, size in ((MessageQueue(2, 1000), 1), (MessageQueue(1000, 20), 10)):
        message_queue.put(_message(size))
        message_queue.put(_message(size))
        giver = threading.Thread(target=message_queue.put, args=(_message(size),))
        giver.start()
        assert message_queue.is_full
        message_queue.take(1, 0, 0)
        giver.join(5)
        assert not giver.is_alive()


def test_a_closed_queue_holds_nobody() -> None:
    message_queue = MessageQueue(1, 1000)
    message_queue.put(_message())
    giver = threading.Thread(target=message_queue.put, args=(_message(),))
    giver.start()
    message_queue.close()
    wait_until(lambda: not giver.is_alive())


def test_a_batch_grows_while_nobody_is_free_to_store_it() -> None:
    message_queue = MessageQueue(10, 1000)
    message_queue.put(_message(1))
    looks: list[int] = []

    def is_free() -> bool:
        looks.append(len(message_queue))
        if len(looks) == 1:
            message_queue.put(_message(2))
        return len(looks) > 1

    # It is asked again after the second came, and only then the batch ends.
    assert [len(message.payload) for message in message_queue.take(5, 0, 0, is_free)] == [1, 2]


def test_a_batch_does_not_wait_for_ever_for_somebody_to_be_free() -> None:
    message_queue = MessageQueue(10, 1000)
    message_queue.put(_message())
    assert len(message_queue.take(5, 0, 0, lambda: False)) == 1
