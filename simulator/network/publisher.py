"""Publishes messages with a bounded number under way, and says clearly when the broker does not want them."""

import ssl
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from uuid import uuid4

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core.credentials.broker_tls import broker_tls
from core.errors import MimamoriError
from core.mqtt_client import close_client
from core.settings import Settings
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.retransmit_buffer import RetransmitBuffer

# Commands of native devices, alone and behind a gateway.
_COMMANDS = (("mimamori/v1/+/command", 1), ("gw/+/mimamori/v1/+/command", 1))
_CONNECT_TIMEOUT_S = 15.0
_KEEP_ALIVE_S = 30
_POLL_S = 0.2


class PublishError(MimamoriError):
    """The broker cannot be reached or does not take a message."""

    exit_code = 69  # EX_UNAVAILABLE


@dataclass(frozen=True)
class BrokerAddress:
    """Where the broker is and how to sign in."""

    host: str
    port: int
    username: str
    password: str
    tls: ssl.SSLContext | None = None

    @staticmethod
    def of(settings: Settings) -> "BrokerAddress":
        """Return what the settings say."""
        return BrokerAddress(
            settings.broker_host,
            settings.broker_port,
            settings.broker_username,
            settings.broker_password.get_secret_value(),
            broker_tls(settings),
        )


class Publisher:
    """A connection to the broker that publishes at QoS 1, and sends again what a device is asked for; use it with `with`.

    Parameters
    ----------
    broker : BrokerAddress
        Where the broker is and how to sign in.
    most_under_way : int
        How many messages may wait for their acknowledgement; `publish` blocks at that number.
    stop : threading.Event
        Set from outside to end waiting.
    """

    def __init__(
        self, broker: BrokerAddress, *, most_under_way: int = 200, stop: threading.Event | None = None
    ) -> None:
        self._address = (broker.host, broker.port)
        self._stop = stop or threading.Event()
        self._most = most_under_way
        self._room = threading.Condition()
        self._under_way = 0
        self._problem: str | None = None
        self._connected = threading.Event()
        self._buffer = RetransmitBuffer()
        self.sent_again = 0
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"simulator-{uuid4().hex[:12]}",
            protocol=mqtt.MQTTv5,
        )
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password)
        if broker.tls is not None:
            # paho leaves a type open in this method's signature.
            self._client.tls_set_context(broker.tls)  # pyright: ignore[reportUnknownMemberType]
        self._client.max_inflight_messages_set(most_under_way)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_command

    def __enter__(self) -> Self:
        properties = Properties(PacketTypes.CONNECT)
        self._client.connect_async(*self._address, keepalive=_KEEP_ALIVE_S, properties=properties)
        self._client.loop_start()
        if not self._connected.wait(_CONNECT_TIMEOUT_S) or self._problem is not None:
            close_client(self._client)
            host, port = self._address
            why = self._problem or "nobody answers there; check MIMAMORI_BROKER_HOST and MIMAMORI_BROKER_PORT"
            raise PublishError(f"broker {host}:{port}: {why}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        close_client(self._client)

    def publish(self, message: OutboundMessage) -> None:
        """Hand a message to the broker; waits while too many are under way. Does nothing once stopped.

        One that is lost on its way is only kept, as a device does that does not know of it, to be sent when asked for.

        Raises
        ------
        PublishError
            The broker refused an earlier message.
        """
        if message.is_lost:
            self._buffer.hold(message)
            return
        with self._room:
            self._wait_until_fewer_than(self._most)
            if self._stop.is_set():
                return
            self._under_way += 1
        self._buffer.hold(message)
        # Outside our lock: the client holds its own while it publishes and while it calls `_on_publish`, so the two
        # threads would wait for each other. While the broker is away the client keeps the message and sends it later.
        self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)

    def drain(self) -> None:
        """Wait until the broker has acknowledged everything.

        Raises
        ------
        PublishError
            The broker refused a message.
        """
        with self._room:
            self._wait_until_fewer_than(1)

    def _wait_until_fewer_than(self, count: int) -> None:
        while self._under_way >= count and not self._stop.is_set():
            if self._problem is not None:
                break
            self._room.wait(_POLL_S)
        if self._problem is not None:
            raise PublishError(self._problem)

    def _on_command(self, client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        for again in self._buffer.answer(message.topic, bytes(message.payload)):
            with self._room:
                self._under_way += 1
            self.sent_again += 1
            client.publish(again.topic, again.payload, qos=1)

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._problem = f"refuses the connection ({reason}); check MIMAMORI_BROKER_USERNAME and MIMAMORI_BROKER_PASSWORD"
        else:
            client.subscribe(list(_COMMANDS))
        self._connected.set()

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        with self._room:
            if reason.is_failure:
                self._problem = (
                    f"the broker refuses a message ({reason}); does its access list let this user write?"
                )
            self._under_way -= 1
            self._room.notify_all()
