"""A publisher that is faster than ingest, so that ingest is what is measured.

It writes packets to a socket by itself: a client library takes as long to send a message as ingest does to store it.
"""

import itertools
import selectors
import socket
import struct
from collections.abc import Iterable

_IN_FLIGHT = 2000
_CHUNK = 500
_KEEPALIVE_S = 3600
_PUBACK = 0x40
_TIMEOUT_S = 60.0


class FloodError(Exception):
    """The broker did not take what was sent."""


class Flood:
    """One MQTT 5 connection that only publishes, with QoS 1; `send` returns once the broker has everything.

    Parameters
    ----------
    host, port, user, password
        The broker, and as whom to sign in.
    """

    def __init__(self, host: str, port: int, user: str, password: str) -> None:
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        flags = 0x80 | 0x40 | 0x02  # a user name, a password, a clean start
        body = _text("MQTT") + struct.pack("!BBHB", 5, flags, _KEEPALIVE_S, 0)
        body += _text("bench-flood") + _text(user) + _text(password)
        self._socket.sendall(_packet(0x10, body))
        answer = self._socket.recv(1024)
        if len(answer) < 4 or answer[3] != 0:
            raise FloodError("the broker refused the publisher")
        self._socket.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
        self._numbers = itertools.cycle(range(1, 60_000))
        self._rest = b""

    def send(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Publish messages and wait until the broker has them all."""
        source = iter(messages)
        waiting = b""
        in_flight = 0
        is_over = False
        while in_flight or not is_over:
            if not waiting and not is_over and in_flight <= _IN_FLIGHT - _CHUNK:
                chunk = list(itertools.islice(source, _CHUNK))
                is_over = len(chunk) < _CHUNK
                waiting = b"".join(self._publish(topic, payload) for topic, payload in chunk)
                in_flight += len(chunk)
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if waiting else 0)
            self._selector.modify(self._socket, wanted)
            ready = self._selector.select(_TIMEOUT_S) if in_flight or waiting else []
            if not ready and in_flight:
                raise FloodError("the broker acknowledged nothing any more")
            for _, events in ready:
                if events & selectors.EVENT_WRITE:
                    waiting = waiting[self._socket.send(waiting) :]
                if events & selectors.EVENT_READ:
                    in_flight -= self._acknowledged()

    def close(self) -> None:
        """Say good-bye."""
        self._selector.close()
        self._socket.setblocking(True)
        self._socket.sendall(_packet(0xE0, b""))
        self._socket.close()

    def _publish(self, topic: str, payload: bytes) -> bytes:
        return _packet(0x32, _text(topic) + struct.pack("!HB", next(self._numbers), 0) + payload)

    def _acknowledged(self) -> int:
        """Return how many acknowledgements came."""
        data = self._socket.recv(65536)
        if not data:
            raise FloodError("the broker closed the connection")
        data = self._rest + data
        at = count = 0
        while at + 2 <= len(data) and at + 2 + data[at + 1] <= len(data):
            if data[at] != _PUBACK:
                raise FloodError(
                    f"the broker sent a packet of type {data[at] >> 4} in place of an acknowledgement"
                )
            at += 2 + data[at + 1]
            count += 1
        self._rest = data[at:]
        return count


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded


def _packet(kind: int, body: bytes) -> bytes:
    length = len(body)
    digits = bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (128 if length else 0))
        if not length:
            return bytes([kind]) + bytes(digits) + body
