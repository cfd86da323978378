"""An MQTT 5 client of the tests' own that records what the broker let it do."""

import socket
import ssl
import threading
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from core.mqtt_client import close_client
from tests.support.wait import wait_until

_ANSWER_S = 10.0


class DeviceClient:
    """One connection; it does not come back when it is cut off."""

    def __init__(
        self,
        host: str,
        port: int,
        name: str,
        password: str,
        *,
        client_id: str | None = None,
        will: str | None = None,
        will_body: bytes = b"{}",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.received: list[str] = []
        self.is_let_in = False
        self.was_cut_off = False
        self._answers: list[Any] = []
        self._published: dict[int, Any] = {}
        self._subscribed = threading.Event()
        self._client = client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=name if client_id is None else client_id,
            protocol=paho.MQTTv5,
            reconnect_on_failure=False,
        )
        client.username_pw_set(name, password)
        if will is not None:
            client.will_set(will, will_body, qos=1)
        if tls is not None:
            client.tls_set_context(tls)  # pyright: ignore[reportUnknownMemberType] - paho leaves its type open
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = lambda *_: self._subscribed.set()  # pyright: ignore[reportUnknownLambdaType]
        client.on_message = self._on_message
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 600
        client.connect(host, port, clean_start=False, properties=session)
        client.loop_start()
        wait_until(lambda: self._answers, what=f"an answer to {name}")

    def publish(self, topic: str, body: bytes = b"{}", *, retain: bool = False) -> bool:
        """Return whether the broker took a message."""
        info = self._client.publish(topic, body, qos=1, retain=retain)
        wait_until(
            lambda: info.mid in self._published or self.was_cut_off,
            timeout=_ANSWER_S,
            what=f"an answer about {topic}",
        )
        answer = self._published.get(info.mid)
        return answer is not None and not answer.is_failure

    def subscribe(self, pattern: str) -> None:
        """Ask for messages, and wait for the answer, which Mosquitto gives without saying whether they will come."""
        self._subscribed.clear()
        self._client.subscribe(pattern, qos=1)
        assert self._subscribed.wait(_ANSWER_S)

    def close(self) -> None:
        """Disconnect as one should."""
        close_client(self._client)

    def break_off(self) -> None:
        """Drop the connection without a word, so that the last will is sent."""
        if isinstance(connection := self._client.socket(), socket.socket):
            connection.shutdown(socket.SHUT_RDWR)
        close_client(self._client)

    def _on_connect(self, _client: Any, _userdata: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self.is_let_in = not code.is_failure
        self._answers.append(code)

    def _on_disconnect(self, _client: Any, _userdata: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self.was_cut_off = self.is_let_in and code.is_failure
        self._answers.append(code)

    def _on_publish(self, _client: Any, _userdata: Any, mid: int, code: Any, _properties: Any) -> None:
        self._published[mid] = code

    def _on_message(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        self.received.append(message.topic)
