"""A sender that connects and is cut off again and again is found; a line that fails now and then is not."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.codecs import decode
from ingest.codecs.result import Decoded
from ingest.monitoring.connection_loops import LOOP_RETURNS, WINDOW, ConnectionLoops
from ingest.mqtt.message import InboundMessage

_START = datetime(2026, 8, 1, 6, tzinfo=UTC)
_BRIDGE = "gw/g1/zigbee2mqtt/bridge/state"
_GONE, _BACK = b'{"state":"offline"}', b'{"state":"online"}'


def _note(
    loops: ConnectionLoops, topic: str, payload: bytes, at: datetime, *, retained: bool = False
) -> None:
    result = decode(topic, payload)
    assert isinstance(result, Decoded)
    loops.note(InboundMessage(topic, payload, retained, False, at), result)


def _cut(
    loops: ConnectionLoops, times: int, every: timedelta, topic: str = _BRIDGE, *, retained: bool = False
) -> datetime:
    """Lose a sender and let it come back so many times; return when it last did."""
    at = _START
    gone, back = (_GONE, _BACK) if topic == _BRIDGE else (b"offline", b"online")
    for turn in range(times):
        at = _START + turn * every
        _note(loops, topic, gone, at - timedelta(seconds=1), retained=retained)
        _note(loops, topic, back, at, retained=retained)
    return at


def _senders(loops: ConnectionLoops, now: datetime) -> list[tuple[str, int]]:
    return [(loop.sender, loop.returns) for loop in loops.current(now)]


def test_a_bridge_that_is_cut_off_each_time_it_lists_its_devices_is_found() -> None:
    loops = ConnectionLoops()
    last_at = _cut(loops, 8, timedelta(seconds=12))
    (found,) = loops.current(last_at)
    assert (found.sender, found.returns, found.began_at, found.last_at) == (
        "zigbee2mqtt:g1/",
        8,
        _START,
        last_at,
    )
    assert found.concerns("zigbee2mqtt:g1/hall")


@pytest.mark.parametrize(("times", "is_found"), [(LOOP_RETURNS - 1, False), (LOOP_RETURNS, True)])
def test_six_returns_within_half_an_hour_are_a_loop(times: int, is_found: bool) -> None:
    loops = ConnectionLoops()
    last_at = _cut(loops, times, timedelta(minutes=5))
    assert bool(_senders(loops, last_at)) is is_found


def test_a_line_that_fails_once_an_hour_is_none() -> None:
    loops = ConnectionLoops()
    assert _senders(loops, _cut(loops, 20, timedelta(hours=1))) == []


def test_a_loop_ends_half_an_hour_after_it_stopped() -> None:
    loops = ConnectionLoops()
    last_at = _cut(loops, 8, timedelta(seconds=12))
    assert _senders(loops, _START + WINDOW - timedelta(seconds=1)) != []
    assert _senders(loops, last_at + WINDOW) == []


def test_a_device_with_a_connection_of_its_own_is_found_by_its_name() -> None:
    loops = ConnectionLoops()
    last_at = _cut(loops, 6, timedelta(seconds=5), "gw/g2/hall/status")
    assert _senders(loops, last_at) == [("esphome:g2/hall", 6)]


@pytest.mark.parametrize(
    ("topic", "retained"),
    [
        # A copy that the broker kept, and what a bridge says of a device that comes and goes on its radio.
        (_BRIDGE, True),
        ("gw/g1/zigbee2mqtt/hall/availability", False),
    ],
)
def test_old_states_and_the_radio_behind_a_bridge_are_no_loop(topic: str, retained: bool) -> None:
    loops = ConnectionLoops()
    assert _senders(loops, _cut(loops, 20, timedelta(seconds=5), topic, retained=retained)) == []


def test_a_batch_that_is_prepared_again_counts_once() -> None:
    loops = ConnectionLoops()
    _cut(loops, LOOP_RETURNS - 1, timedelta(seconds=5))
    last_at = _cut(loops, LOOP_RETURNS - 1, timedelta(seconds=5))
    assert _senders(loops, last_at) == []


def test_a_sender_that_only_says_that_it_is_there_is_in_no_loop() -> None:
    loops = ConnectionLoops()
    for turn in range(20):
        _note(loops, _BRIDGE, _BACK, _START + turn * timedelta(seconds=5))
    assert _senders(loops, _START + timedelta(minutes=2)) == []
