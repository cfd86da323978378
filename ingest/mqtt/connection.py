"""The connection to the broker: receives, queues, and acknowledges only on request."""

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from core.clock import Clock
from core.credentials.broker_tls import broker_tls
from core.errors import MimamoriError
from core.logs import get_logger
from core.monitoring.certificates import expiry_shown_by
from core.mqtt_client import close_client
from core.settings import Settings
from ingest.mqtt.broker_limits import refusal
from ingest.mqtt.bulk_client import BulkClient
from ingest.mqtt.message import InboundMessage
from ingest.mqtt.message_queue import MessageQueue
from ingest.mqtt.subscriptions import (
    EVERYTHING,
    SHARED,
    own_subscription,
    subscription_of,
    subscriptions_of,
)

_log = get_logger(__name__)

_SESSION_EXPIRY_S = 14 * 24 * 3600
_KEEPALIVE_S = 30
# The first try after a break comes at once, later ones at most this far apart.
_LONGEST_WAIT_S = 5
_DONT_SEND_RETAINED_AGAIN = 1


class Receiver:
    """A persistent MQTT 5 session whose messages go to a queue.

    Parameters
    ----------
    settings : Settings
        Where the broker is and who we are.
    clock : Clock
        Gives `received_at`.
    message_queue : MessageQueue
        Takes the messages.
    window : int
        How many messages the broker may send before the first is acknowledged.
    earlier : iterable of str
        What the session at the broker may be subscribed to besides; it is given back.
    is_leaving : bool
        Ask for nothing more; only what waits for this session comes.

    Attributes
    ----------
    holds_only_asked : bool
        The broker has taken back what this connection does not ask for.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        message_queue: MessageQueue,
        window: int,
        *,
        earlier: Iterable[str] = (),
        is_leaving: bool = False,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._message_queue = message_queue
        self._window = window
        self._is_leaving = is_leaving
        wanted = subscriptions_of(settings)
        self._asked = [own_subscription(settings)] if is_leaving else wanted
        # Releases before named filters asked for everything and kept no list.
        might = {*earlier, *wanted, subscription_of(settings, EVERYTHING)}
        self._given_back = sorted(might.difference(self._asked))
        self.holds_only_asked = False
        self._changed = threading.Lock()
        self.generation = 0
        self.has_session = False
        self.is_connected = False
        self.refusal = ""
        self.certificate_ends_at: datetime | None = None
        # Before the first connection everything counts as broken since the start.
        self.broken_since = time.monotonic()
        self._now = clock.now()
        self._client = self._new_client()

    def start(self) -> None:
        """Connect, and connect again after every break, until `stop`."""
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        properties.ReceiveMaximum = self._window
        # connect_async, because connect raises while the broker is away.
        self._client.connect_async(
            self._settings.broker_host,
            self._settings.broker_port,
            keepalive=_KEEPALIVE_S,
            clean_start=False,
            properties=properties,
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect; the broker keeps the session and what comes for it."""
        self._message_queue.close()
        close_client(self._client)

    def end_session(self) -> None:
        """Disconnect for good: the broker forgets the session."""
        properties = Properties(PacketTypes.DISCONNECT)
        properties.SessionExpiryInterval = 0
        self._client.disconnect(properties=properties)

    def acknowledge(self, messages: Iterable[InboundMessage]) -> None:
        """Acknowledge messages that are safe to the broker; those of an earlier connection it will send again by itself."""
        with self._changed:
            # In a new connection the same number means another message.
            mids = [
                message.mid for message in messages if message.mid and message.generation == self.generation
            ]
            self._client.acknowledge(mids)

    def publish(self, topic: str, payload: bytes) -> bool:
        """Send a message; False if there is no connection now."""
        if not self.is_connected:
            return False
        return self._client.publish(topic, payload, qos=1).rc == paho.MQTT_ERR_SUCCESS

    def _new_client(self) -> BulkClient:
        client = BulkClient(self._settings.ingest_client_id, self._take, self._begin)
        if self._settings.broker_username:
            client.username_pw_set(
                self._settings.broker_username, self._settings.broker_password.get_secret_value()
            )
        if (context := broker_tls(self._settings)) is not None:
            client.tls_set_context(context)  # pyright: ignore[reportUnknownMemberType] - paho leaves its type open
        client.reconnect_delay_set(min_delay=1, max_delay=_LONGEST_WAIT_S)
        client.max_queued_messages_set(1000)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe
        return client

    def _on_connect(
        self,
        client: paho.Client,
        _userdata: Any,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _log.error("broker_refused", reason=str(reason))
            return
        self.refusal = refusal(
            properties, session_s=_SESSION_EXPIRY_S, is_shared=bool(self._settings.ingest_group)
        )
        if self.refusal:
            _log.error("broker_will_not_do", reason=self.refusal)
            client.disconnect()
            return
        self.certificate_ends_at = expiry_shown_by(client.socket())
        with self._changed:
            self.generation += 1
            self.has_session = flags.session_present
        self.holds_only_asked = False
        own = SubscribeOptions(qos=1, retainHandling=_DONT_SEND_RETAINED_AGAIN)
        shared = SubscribeOptions(qos=1)
        client.subscribe([(one, shared if one.startswith(SHARED) else own) for one in self._asked])
        if self._is_leaving:
            client.unsubscribe(self._given_back)

    def _on_subscribe(
        self,
        client: paho.Client,
        _userdata: Any,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = [
            f"{asked} ({reason})"
            for asked, reason in zip(self._asked, reasons, strict=False)
            if reason.is_failure
        ]
        if refused:
            self.refusal = (
                f"the broker refuses what ingest would receive: {', '.join(refused)}. Let the account read it, or name in"
                " MIMAMORI_INGEST_FILTERS what it may"
            )
            _log.error("subscription_refused", filters=refused)
            client.disconnect()
            return
        # Only now, so that nothing falls between: what was asked for before, kept in the broker's session.
        if self._given_back and not self._is_leaving:
            client.unsubscribe(self._given_back)
        self.is_connected = True
        _log.info("broker_connected", session_present=self.has_session)

    def _on_unsubscribe(self, *_: Any) -> None:
        self.holds_only_asked = True

    def _on_disconnect(
        self,
        _client: paho.Client,
        _userdata: Any,
        _flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self.is_connected:
            self.broken_since = time.monotonic()
            _log.warning("broker_disconnected", reason=str(reason))
        self.is_connected = False

    def _begin(self) -> None:
        # One look at the clock for all that one read brought. A clock file that is gone for a moment must not end the
        # network thread; the time before it is good enough.
        with suppress(MimamoriError):
            self._now = self._clock.now()

    def _take(self, topic: bytes, payload: bytes, retained: bool, repeated: bool, mid: int) -> None:
        # An exception here would end the network thread while the process lives on.
        try:
            name = topic.decode()
        except UnicodeDecodeError:
            name = topic.decode(errors="replace")
        self._message_queue.put(
            InboundMessage(name, payload, retained, repeated, self._now, self.generation, mid)
        )
