"""Lets the broker forget what it kept of somebody's devices: it would hand their last states to whoever subscribes next."""

import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from core.credentials.broker_tls import broker_tls
from core.domain.records.erasure import PersonKeys
from core.errors import MimamoriError
from core.logs import get_logger
from core.mqtt_client import close_client
from core.settings import Settings
from core.store.people.personal.erasing import BrokerCleared
from core.topic_filters import without_needless
from ingest.codecs import decode
from ingest.codecs.result import Decoded
from ingest.mqtt.subscriptions import wanted_filters
from ingest.mqtt.topics import PUBLISHED

_log = get_logger(__name__)

# Every broker keeps it, and hands it out after all that was asked for before.
_LAST = "$SYS/broker/version"
_TIMEOUT_S = 30.0


class BrokerAwayError(MimamoriError):
    """The broker could not be asked what it keeps; the erasure goes on once it can."""

    exit_code = 69  # EX_UNAVAILABLE


def clear_retained(settings: Settings, keys: PersonKeys, timeout_s: float = _TIMEOUT_S) -> BrokerCleared:
    """Delete the retained messages of somebody's devices, and those that name them, and return how many went and stayed.

    Raises
    ------
    BrokerAwayError
        The broker is away, or refuses to say what it keeps.
    """
    with _Line(settings, timeout_s) as line:
        kept = line.retained()
        theirs = [topic for topic, payload in kept if _is_theirs(topic, payload, keys)]
        for topic in theirs:
            line.forget(topic)
        left = {topic for topic, _ in line.retained()} & set(theirs)
    return BrokerCleared(len(theirs) - len(left), len(left))


def _is_theirs(topic: str, payload: bytes, keys: PersonKeys) -> bool:
    """Return whether a message is of a device of theirs, or names them."""
    found = decode(topic, payload)
    if isinstance(found, Decoded) and found.sender.split("#")[0] in keys.senders:
        return True
    levels = set(topic.replace(":", "/").split("/"))
    if any(one.word in levels for one in keys.words if not one.is_elsewhere):
        return True
    text = payload.decode("utf-8", "replace")
    return any(one in text or one in topic for one in keys.identifiers)


class _Line:
    """A connection to the broker of our own, under an account that may delete what devices said."""

    def __init__(self, settings: Settings, timeout_s: float) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{settings.ingest_client_id}-erasure",
            protocol=paho.MQTTv5,
        )
        name, password = settings.erasure_account
        if name:
            self._client.username_pw_set(name, password)
        if (context := broker_tls(settings)) is not None:
            self._client.tls_set_context(context)  # pyright: ignore[reportUnknownMemberType] - paho leaves its type open
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._connected, self._all_came, self._published = (threading.Event() for _ in range(3))
        self._kept: list[tuple[str, bytes]] = []
        self._refusal = ""

    def __enter__(self) -> "_Line":
        where = (self._settings.broker_host, self._settings.broker_port)
        try:
            self._client.connect(*where, keepalive=10)
        except OSError as error:
            close_client(self._client)
            raise BrokerAwayError(
                f"no broker answers at {where[0]}:{where[1]}, so nobody knows what it keeps of them"
            ) from error
        self._client.loop_start()
        try:
            self._wait(self._connected, "does not let us in")
        except BrokerAwayError:
            close_client(self._client)
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        close_client(self._client)

    def retained(self) -> list[tuple[str, bytes]]:
        """Return every message that the broker keeps under the topics that ingest reads, and those of `mimamori mqtt-out`."""
        self._kept.clear()
        self._all_came.clear()
        published = [f"mimamori/v1/{PUBLISHED}/#", f"{self._settings.mqtt_out_discovery}/device/+/+/config"]
        filters = [*without_needless([*wanted_filters(self._settings), *published]), _LAST]
        self._client.unsubscribe(filters)
        for one in filters:
            # One after the other: they come in the order in which they were asked for.
            self._client.subscribe(one, qos=1)
        self._wait(self._all_came, "does not say what it keeps")
        return list(self._kept)

    def forget(self, topic: str) -> None:
        """Let the broker keep nothing under a topic; whoever listens gets an empty message, which says nothing."""
        self._published.clear()
        self._client.publish(topic, b"", qos=1, retain=True)
        self._wait(self._published, "does not take our messages")

    def _wait(self, event: threading.Event, what: str) -> None:
        if not event.wait(self._timeout_s) or self._refusal:
            raise BrokerAwayError(f"the broker {what}{self._refusal and f' ({self._refusal})'}")

    def _on_connect(self, _client: Any, _userdata: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self._refusal = str(code) if code.is_failure else ""
        self._connected.set()

    def _on_message(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        if message.topic == _LAST:
            self._all_came.set()
        elif message.retain:
            self._kept.append((message.topic, bytes(message.payload)))

    def _on_publish(self, _client: Any, _userdata: Any, _mid: Any, _code: Any, _properties: Any) -> None:
        # One that the broker's rules refuse is found by looking again.
        self._published.set()


Clearing = Callable[[PersonKeys], BrokerCleared]


def clearing_at(settings: Settings) -> Clearing:
    """Return what an erasure calls to let the broker forget."""
    return lambda keys: clear_retained(settings, keys)
