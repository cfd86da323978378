"""A paho client that reads and acknowledges in bulk.

paho reads each message with three calls to the system, builds an object for each, and sends each acknowledgement alone; on a
busy broker that costs more than everything else ingest does. This client reads what the socket holds, takes the messages
out of it, and leaves every other packet to paho.
"""

import struct
import time
from collections.abc import Callable

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.exception import MalformedPacket

_CHUNK = 256 * 1024
_PUBLISH, _PUBACK = 0x30, 0x40
_KIND, _RETAIN, _DUPLICATE, _QOS = 0xF0, 0x01, 0x08, 0x06
_QOS_2 = 0x04
_ACKNOWLEDGEMENT = struct.Struct("!BBH")

Take = Callable[[bytes, bytes, bool, bool, int], None]
"""topic, payload, retained, repeated, number of the delivery (0: nothing to acknowledge)"""


class BulkClient(paho.Client):
    """An MQTT 5 client with manual acknowledgement.

    Parameters
    ----------
    client_id : str
        Names the session.
    take : callable
        Gets each message of QoS 0 or 1, in the network thread; must not raise.
    begin : callable
        Called before the messages of one read are given.
    """

    def __init__(self, client_id: str, take: Take, begin: Callable[[], None]) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5, manual_ack=True
        )
        self._take = take
        self._begin = begin
        self._rest = b""

    def acknowledge(self, mids: list[int]) -> None:
        """Acknowledge messages of this connection, all in one packet to the socket."""
        if mids:
            packet = b"".join([_ACKNOWLEDGEMENT.pack(_PUBACK, 2, mid) for mid in mids])
            self._packet_queue(_PUBACK, packet, 0, 0)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:  # noqa: ARG002 - paho's signature
        """Process what the socket holds; paho's network loop calls this."""
        try:
            data = self._sock_recv(_CHUNK)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            data = b""
        if not data:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        self._begin()
        try:
            return self._read_packets(self._rest + data if self._rest else data)
        except IndexError:
            # A packet that ends before its fields do.
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_PROTOCOL)

    def _create_socket(self) -> "paho.SocketLike":
        self._rest = b""
        return super()._create_socket()

    def _read_packets(self, data: bytes) -> MQTTErrorCode:
        start, end = 0, len(data)
        while end - start >= 2:
            # The remaining length: seven bits a byte, the lowest first, at most four bytes.
            length, shift, body = 0, 0, start + 1
            while True:
                if body >= end:
                    self._rest = data[start:]
                    return MQTTErrorCode.MQTT_ERR_SUCCESS
                byte = data[body]
                length |= (byte & 127) << shift
                body += 1
                if byte < 128:
                    break
                shift += 7
                if shift > 21:
                    return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_PROTOCOL)
            after = body + length
            if after > end:
                break
            command = data[start]
            if command & _KIND == _PUBLISH and command & _QOS != _QOS_2:
                self._take_publish(command, data, body, after)
            else:
                code = self._read_other(command, data[body:after])
                if code or self._sock is None:
                    return code
            start = after
        self._rest = data[start:]
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _take_publish(self, command: int, data: bytes, at: int, after: int) -> None:
        topic_end = at + 2 + (data[at] << 8 | data[at + 1])
        topic = data[at + 2 : topic_end]
        at, mid = topic_end, 0
        if command & _QOS:
            mid = data[at] << 8 | data[at + 1]
            at += 2
        properties, shift = data[at] & 127, 7
        while data[at] > 127:
            at += 1
            properties |= (data[at] & 127) << shift
            shift += 7
        payload = data[at + 1 + properties : after]
        self._take(topic, payload, bool(command & _RETAIN), bool(command & _DUPLICATE), mid)

    def _read_other(self, command: int, body: bytes) -> MQTTErrorCode:
        self._in_packet = {
            "command": command,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": bytearray(body),
            "to_process": 0,
            "pos": 0,
        }
        try:
            code = self._packet_handle()
        except MalformedPacket:
            code = MQTTErrorCode.MQTT_ERR_PROTOCOL
        self._in_packet["command"] = 0
        return self._loop_rc_handle(code) if code > 0 else MQTTErrorCode.MQTT_ERR_SUCCESS
