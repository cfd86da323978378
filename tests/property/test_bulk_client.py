"""The client takes the same messages out of the bytes of a connection, however the network cuts them."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTErrorCode

from ingest.mqtt.bulk_client import BulkClient

_Given = tuple[bytes, bytes, bool, bool, int]

_messages = st.lists(
    st.tuples(
        st.binary(min_size=1, max_size=300),
        st.binary(max_size=400),
        st.booleans(),
        st.booleans(),
        st.integers(0, 65535),
        st.binary(max_size=200),
    ),
    max_size=12,
)


def _varint(value: int) -> bytes:
    encoded = b""
    while True:
        value, low = divmod(value, 128)
        encoded += bytes([low | (128 if value else 0)])
        if not value:
            return encoded


def _publish(
    topic: bytes, payload: bytes, retained: bool, repeated: bool, mid: int, properties: bytes
) -> bytes:
    """Write a PUBLISH packet of MQTT 5; number 0 stands for QoS 0."""
    qos = 1 if mid else 0
    body = len(topic).to_bytes(2, "big") + topic
    body += mid.to_bytes(2, "big") if qos else b""
    body += _varint(len(properties)) + properties + payload
    return bytes([0x30 | retained | qos << 1 | repeated << 3]) + _varint(len(body)) + body


class _Wire(BulkClient):
    """The client with a wire that gives prepared chunks in place of a socket."""

    def __init__(self) -> None:
        self.taken: list[_Given] = []
        self.chunks: list[bytes] = []
        super().__init__("test", self._keep, lambda: None)

    def _keep(self, topic: bytes, payload: bytes, retained: bool, repeated: bool, mid: int) -> None:
        self.taken.append((topic, payload, retained, repeated, mid))

    def _sock_recv(self, bufsize: int) -> bytes:
        return self.chunks.pop(0)


@settings(max_examples=200, deadline=None)
@given(messages=_messages, cuts=st.lists(st.integers(0, 4000), max_size=20))
def test_any_cut_of_the_bytes_gives_the_same_messages(
    messages: list[tuple[bytes, bytes, bool, bool, int, bytes]], cuts: list[int]
) -> None:
    wire = _Wire()
    data = b"".join(_publish(*message) for message in messages)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    wire.chunks = [data[start:end] for start, end in pairwise(edges)]
    while wire.chunks:
        assert wire.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert wire.taken == [message[:5] for message in messages]


@settings(max_examples=300, deadline=None)
@given(data=st.binary(min_size=1, max_size=300))
def test_any_bytes_are_read_or_end_the_connection(data: bytes) -> None:
    wire = _Wire()
    wire.chunks = [data]
    assert isinstance(wire.loop_read(), MQTTErrorCode)
