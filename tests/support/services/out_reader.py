"""Another system at the broker: what it gets to see under the topics that `mimamori mqtt-out` publishes."""

import json
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from core.mqtt_client import close_client
from deploy.local.mosquitto import Broker
from tests.support.wait import wait_until

READER = "mimamori-reader"
FILTERS = ("mimamori/v1/out/#", "homeassistant/#")


class OutReader:
    """Keeps the last payload of each topic, and all that is not retained, from the moment it subscribes.

    Parameters
    ----------
    broker : Broker
        Where.
    account : str
        As whom; another than the reader's sees what the broker's rules let it.
    """

    def __init__(self, broker: Broker, account: str = READER) -> None:
        self.last: dict[str, bytes] = {}
        self.events: list[dict[str, Any]] = []
        self._is_ready = False
        self._client = client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"reads-{account}", protocol=paho.MQTTv5
        )
        client.username_pw_set(account, broker.password(account))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.connect_async(broker.host, broker.port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        wait_until(lambda: self._is_ready, what="the reader's subscription")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        close_client(self._client)

    def states(self) -> dict[int, dict[str, Any]]:
        """Return the state of each resident, by number."""
        found = [
            json.loads(payload)
            for topic, payload in self.last.items()
            if payload and "/residents/" in topic and topic.startswith("mimamori/")
        ]
        return {one["resident"]: one for one in found}

    def descriptions(self) -> dict[str, dict[str, Any]]:
        """Return the entities that are described, by topic."""
        return {
            topic: json.loads(payload)
            for topic, payload in self.last.items()
            if payload and topic.startswith("homeassistant/")
        }

    @property
    def availability(self) -> bytes:
        """What is said of the publisher; empty: nothing."""
        return self.last.get("mimamori/v1/out/availability", b"")

    def _on_connect(self, *_: Any) -> None:
        self._client.subscribe([(one, 1) for one in FILTERS])

    def _on_subscribe(self, *_: Any) -> None:
        self._is_ready = True

    def _on_message(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        if message.topic.endswith("/events"):
            self.events.append(json.loads(message.payload))
        elif not message.topic.endswith("/marker"):
            self.last[message.topic] = bytes(message.payload)
