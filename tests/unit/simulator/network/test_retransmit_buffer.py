"""Simulated devices keep numbered messages until they are confirmed, and send them again when asked."""

from simulator.network.lossy_channel import OutboundMessage
from simulator.network.retransmit_buffer import RetransmitBuffer

_DEVICE = "mimamori/v1/hall-1"


def _message(seq: int, device: str = _DEVICE) -> OutboundMessage:
    return OutboundMessage(0, f"{device}/readings", b'{"seq":%d,"readings":[]}' % seq)


def _kept(*seqs: int, **limits: int) -> RetransmitBuffer:
    kept = RetransmitBuffer(**limits)
    for seq in seqs:
        kept.hold(_message(seq))
    return kept


def _asked(kept: RetransmitBuffer, command: bytes, device: str = _DEVICE) -> list[int]:
    return [int(message.payload[7:].split(b",")[0]) for message in kept.answer(f"{device}/command", command)]


def test_what_is_asked_for_is_sent_again_in_order() -> None:
    assert _asked(_kept(1, 2, 3, 4, 5), b'{"resend":[[4,9],[2,2]]}') == [4, 5, 2]


def test_what_is_confirmed_is_forgotten() -> None:
    kept = _kept(1, 2, 3)
    assert _asked(kept, b'{"stored_through":2}') == []
    assert _asked(kept, b'{"resend":[[1,3]]}') == [3]


def test_another_device_is_not_asked() -> None:
    assert _asked(_kept(1), b'{"resend":[[1,1]]}', "mimamori/v1/hall-2") == []


def test_a_device_keeps_only_so_many_messages_and_gives_up_the_oldest() -> None:
    assert _asked(_kept(*range(1, 8), per_device=3), b'{"resend":[[1,9]]}') == [5, 6, 7]


def test_all_devices_together_keep_only_so_many_bytes() -> None:
    kept = RetransmitBuffer(size_bytes=3 * len(_message(1).payload))
    for seq in (1, 2, 3):
        kept.hold(_message(seq))
        kept.hold(_message(seq, "mimamori/v1/hall-2"))
    assert len(kept) == 3


def test_confirmed_messages_leave_nothing_behind() -> None:
    kept = RetransmitBuffer()
    for seq in range(1, 1000):
        kept.hold(_message(seq))
        kept.answer(f"{_DEVICE}/command", b'{"stored_through":%d}' % seq)
    assert len(kept) == 0
    assert _asked(kept, b'{"resend":[[1,1000]]}') == []


def test_messages_without_a_number_are_not_kept() -> None:
    kept = RetransmitBuffer()
    kept.hold(OutboundMessage(0, f"{_DEVICE}/status", b'{"online":true}'))
    assert len(kept) == 0


def test_nonsense_on_the_command_topic_does_nothing() -> None:
    kept = _kept(1)
    for command in (
        b"",
        b"[]",
        b"2026-01-01T00:00:00Z",
        b'{"resend":7}',
        b'{"resend":[[1],["a",2],null]}',
        b"\xff",
    ):
        assert _asked(kept, command) == []
    assert len(kept) == 1
