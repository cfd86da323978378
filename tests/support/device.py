"""A native device as its firmware behaves: numbers its messages, keeps them until they are confirmed, sends again."""

import json
import threading
import time
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from core.mqtt_client import close_client
from deploy.local.mosquitto import SIMULATOR, Broker
from tests.support.ingest import readings


class Device:
    """Publishes one numbered message after the other, whatever happens to the broker meanwhile."""

    def __init__(self, broker: Broker, device_id: str) -> None:
        self.device_id = device_id
        self._topic = f"mimamori/v1/{device_id}"
        self._kept: dict[int, bytes] = {}
        self._lock = threading.Lock()
        self.made = 0
        self.resent = 0
        # Without this it receives what it is asked for and sends nothing again, as very simple firmware.
        self.answers = True
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"device-{device_id}", protocol=paho.MQTTv5
        )
        self._client.username_pw_set(SIMULATOR, broker.password(SIMULATOR))
        self._client.reconnect_delay_set(1, 1)
        self._client.max_queued_messages_set(0)
        self._client.on_message = self._on_command
        self._client.on_connect = self._on_connect
        self._client.connect_async(broker.host, broker.port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        close_client(self._client)

    def make(self, count: int, per_second: float) -> None:
        """Measure and publish `count` times."""
        for _ in range(count):
            with self._lock:
                self.made += 1
                seq = self.made
                self._kept[seq] = readings(seq, ("motion", True, datetime.now(UTC)))
                body = self._kept[seq]
            self._client.publish(f"{self._topic}/readings", body, qos=1)
            time.sleep(1 / per_second)

    def forget(self) -> None:
        """Lose all that was kept, as a device does whose battery was changed."""
        with self._lock:
            self._kept.clear()

    def report(self) -> None:
        """Say that it is online and how far it has come."""
        body = json.dumps({"online": True, "last_seq": self.made})
        self._client.publish(f"{self._topic}/status", body, qos=1)

    def _on_connect(self, client: paho.Client, *_: Any) -> None:
        client.subscribe(f"{self._topic}/command", qos=1)

    def _on_command(self, client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        body = json.loads(message.payload)
        with self._lock:
            if "stored_through" in body:
                for seq in [seq for seq in self._kept if seq <= body["stored_through"]]:
                    del self._kept[seq]
            for first, last in body.get("resend", ()) if self.answers else ():
                for seq in range(first, last + 1):
                    if seq in self._kept:
                        self.resent += 1
                        client.publish(f"{self._topic}/readings", self._kept[seq], qos=1)
