"""The publisher's connection to the broker. It is served by whoever publishes, not by a thread: one who hangs is taken for dead."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from core.credentials.broker_tls import broker_tls
from core.errors import MimamoriError
from core.mqtt_client import close_client
from core.settings import Settings
from deploy.mqtt_out.documents import AVAILABILITY, OFFLINE, ROOT

CLIENT_ID = "mimamori-out"
MARKER = f"{ROOT}/marker"
"""Comes back behind everything that is retained; never retained itself."""
# After one and a half times as long without a word the broker says `offline` for us.
_KEEPALIVE_S = 20
_ANSWER_S = 10.0
_RETAINED_S = 30.0
_TURN_S = 0.2
_MOST_IN_FLIGHT = 1000


class BrokerLineError(MimamoriError):
    """The broker is away, or does not let us in or publish."""

    exit_code = 69  # EX_UNAVAILABLE


class BrokerLine:
    """One connection with a last will; made anew after each loss.

    Parameters
    ----------
    settings : Settings
        Where the broker is, and with which account to publish.
    looks_as : str
        The client's name of whoever only looks, and leaves the publisher's connection and last will alone; empty: it publishes.

    Raises
    ------
    BrokerLineError
        The broker is away, or does not let us in.
    """

    def __init__(self, settings: Settings, *, looks_as: str = "") -> None:
        self._client = client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=looks_as or CLIENT_ID, protocol=paho.MQTTv5
        )
        client.username_pw_set(settings.mqtt_out_username, settings.mqtt_out_password.get_secret_value())
        if (context := broker_tls(settings)) is not None:
            client.tls_set_context(context)  # pyright: ignore[reportUnknownMemberType] - paho leaves its type open
        client.max_inflight_messages_set(_MOST_IN_FLIGHT)
        if not looks_as:
            client.will_set(AVAILABILITY, OFFLINE, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        self._is_answered = self._is_subscribed = self.is_open = False
        self._refusal = ""
        self._waiting: set[int] = set()
        self._retained: dict[str, bytes] = {}
        self._marker: bytes | None = None
        where = f"{settings.broker_host}:{settings.broker_port}"
        try:
            client.connect(settings.broker_host, settings.broker_port, keepalive=_KEEPALIVE_S)
        except OSError as error:
            close_client(client)
            raise BrokerLineError(f"no broker answers at {where}") from error
        self._until(lambda: self._is_answered, _ANSWER_S)
        if not self.is_open:
            close_client(client)
            raise BrokerLineError(
                f"the broker at {where} does not let {settings.mqtt_out_username} in ({self._refusal or 'no answer'})"
            )

    def put(self, topic: str, payload: bytes, *, retain: bool = True, expires_s: int = 0) -> None:
        """Publish; an empty payload takes back what is retained. `flush` says whether the broker has it."""
        properties = Properties(PacketTypes.PUBLISH)
        if expires_s:
            properties.MessageExpiryInterval = expires_s
        info = self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        self._waiting.add(info.mid)

    def flush(self) -> None:
        """Wait until the broker has taken all.

        Raises
        ------
        BrokerLineError
            The connection was lost, or the broker's rules refuse it.
        """
        if not self._until(lambda: not self._waiting, _RETAINED_S):
            raise BrokerLineError("the broker does not take our messages")
        if self._refusal:
            raise BrokerLineError(f"the broker's rules do not let us publish ({self._refusal})")

    def retained(self, filters: Sequence[str]) -> Mapping[str, bytes]:
        """Return what the broker retains under some filters, `MARKER` among what they cover, as somebody who subscribes now would get it.

        Raises
        ------
        BrokerLineError
            The broker does not say it.
        """
        self._retained.clear()
        self._is_subscribed = False
        self._client.subscribe([(one, 1) for one in filters])
        self._until(lambda: self._is_subscribed, _ANSWER_S)
        self._marker = secrets.token_hex(16).encode()
        self.put(MARKER, self._marker, retain=False)
        is_whole = self._until(lambda: self._marker is None, _RETAINED_S)
        self._client.unsubscribe(list(filters))
        if not is_whole:
            raise BrokerLineError("the broker does not let us read what it retains of ours")
        return dict(self._retained)

    def serve(self, seconds: float, is_needed: Callable[[], bool] = lambda: False) -> None:
        """Keep the connection alive for so long, or until something else is needed."""
        self._until(is_needed, seconds)

    def close(self, *, says_offline: bool) -> None:
        """End the connection; a clean end keeps the broker from saying the last will."""
        if says_offline and self.is_open:
            self.put(AVAILABILITY, OFFLINE)
            self._until(lambda: not self._waiting, _ANSWER_S)
        close_client(self._client)
        self.is_open = False

    def _until(self, is_done: Callable[[], bool], seconds: float) -> bool:
        """Serve the connection until something is so; return False if it is not so in time, or the connection was lost."""
        deadline = time.monotonic() + seconds
        while not is_done():
            rest = deadline - time.monotonic()
            if rest <= 0:
                return False
            if self._client.loop(min(rest, _TURN_S)) != paho.MQTT_ERR_SUCCESS:
                self.is_open = False
                return False
        return True

    def _on_connect(self, _client: Any, _userdata: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self._refusal = str(code) if code.is_failure else ""
        self.is_open = not code.is_failure
        self._is_answered = True

    def _on_disconnect(self, _client: Any, _userdata: Any, _flags: Any, _code: Any, _properties: Any) -> None:
        self.is_open = False
        self._is_answered = True

    def _on_subscribe(self, _client: Any, _userdata: Any, _mid: Any, _codes: Any, _properties: Any) -> None:
        self._is_subscribed = True

    def _on_publish(self, _client: Any, _userdata: Any, mid: int, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self._refusal = str(code)
        self._waiting.discard(mid)

    def _on_message(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        payload = bytes(message.payload)
        if self._marker is not None and payload == self._marker:
            self._marker = None
        elif message.retain:
            self._retained[message.topic] = payload
