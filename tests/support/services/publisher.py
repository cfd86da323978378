"""A device's side of the broker for tests: publishes and waits until the broker has taken everything."""

import json
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from core.mqtt_client import close_client
from deploy.local.mosquitto import SIMULATOR, Broker
from tests.support.wait import wait_until


class Publisher:
    """Publishes as one account of the broker, QoS 1."""

    def __init__(self, broker: Broker, username: str = SIMULATOR) -> None:
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"test-{username}", protocol=paho.MQTTv5
        )
        self._client.username_pw_set(username, broker.password(username))
        self._client.max_inflight_messages_set(1000)
        self._sent: list[paho.MQTTMessageInfo] = []
        self._client.connect_async(broker.host, broker.port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        wait_until(self._client.is_connected, what="the publisher's connection")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        close_client(self._client)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Send a message without waiting."""
        self._sent.append(self._client.publish(topic, payload, qos=qos, retain=retain))

    def listen(self, topic: str) -> list[dict[str, Any]]:
        """Subscribe, and return the list in which the JSON of what comes is found."""
        received: list[dict[str, Any]] = []

        def on_message(_client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
            received.append(json.loads(message.payload))

        self._client.on_message = on_message
        self._client.subscribe(topic, qos=1)
        return received

    def flush(self) -> None:
        """Wait until the broker has taken all."""
        for info in self._sent:
            info.wait_for_publish(30)
        self._sent.clear()
