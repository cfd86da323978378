"""The doctor's look at what is on the broker and does not reach ingest, because no filter of it names the topic."""

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from core.credentials.broker_tls import broker_tls
from core.mqtt_client import close_client
from core.settings import Settings
from core.topic_filters import covers
from deploy.doctor.check import Check, CheckResult
from ingest.mqtt.subscriptions import EVERYTHING, wanted_filters
from ingest.mqtt.topics import command_topic

_TIMEOUT_S = 5.0
_SHOWN = 5
_NOTHING_KEPT = 2


def topic_checks(settings: Settings, listen_s: float) -> Iterator[Check]:
    """Look at all topics that the broker keeps a message of, and those on which something comes for so long.

    Parameters
    ----------
    settings : Settings
        The broker, ingest's account there, and its filters.
    listen_s : float
        How long to listen; 0: only until the kept messages have come.
    """
    filters = wanted_filters(settings)
    topics, refused = _look(settings, filters, listen_s)
    if refused:
        yield Check(
            "topics", CheckResult.BAD, f"the broker refuses {', '.join(refused)}; ingest will not start",
            "let the account read it, or name in MIMAMORI_INGEST_FILTERS what it may",
        )  # fmt: skip
    if topics is None:
        yield Check(
            "topics", CheckResult.LOOK, "the broker does not let us see what else is on it",
            "let the account read #, for a look, or compare the senders' topics with docs/senders.md by hand",
        )  # fmt: skip
        return
    left_out = sorted(topic for topic in topics if not any(covers(one, topic) for one in filters))
    seen = f"of {len(topics)} topics" + (f" in {listen_s:g} s" if listen_s else " with a kept message")
    if left_out:
        more = f" and {len(left_out) - _SHOWN} more" if len(left_out) > _SHOWN else ""
        yield Check(
            "topics", CheckResult.LOOK, f"{seen} ingest does not receive {', '.join(left_out[:_SHOWN])}{more}",
            "if that is a sensor: MIMAMORI_INGEST_FILTERS=documented,ITS/TOPIC/#; docs/senders.md#what-ingest-receives",
        )  # fmt: skip
    else:
        also = "" if listen_s else "; --listen 300 also looks at what comes meanwhile"
        yield Check("topics", CheckResult.GOOD, f"{seen} ingest receives all{also}")


def _look(settings: Settings, filters: tuple[str, ...], listen_s: float) -> tuple[set[str] | None, list[str]]:
    """Return the topics, None if the broker shows none, and which filters it refuses."""
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=f"mimamori-doctor-topics-{os.getpid()}", protocol=mqtt.MQTTv5
    )
    # Comes back behind everything that the broker keeps.
    own = command_topic(f"doctor-{os.getpid()}")
    found: set[str] = set()
    came, refused = threading.Event(), threading.Event()

    def on_connect(client: mqtt.Client, _userdata: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            refused.set()
            came.set()
        else:
            client.subscribe(EVERYTHING, qos=0)

    refusals: list[str] = []
    tried = threading.Event()

    def on_subscribe(client: mqtt.Client, _userdata: Any, _mid: int, codes: Any, _properties: Any) -> None:
        if came.is_set():
            refusals.extend(one for one, code in zip(filters, codes, strict=False) if code.is_failure)
            tried.set()
        elif any(code.is_failure for code in codes):
            refused.set()
            came.set()
        else:
            client.publish(own, b"")

    def on_message(_client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic == own:
            came.set()
        else:
            found.add(message.topic)

    client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
    if (context := broker_tls(settings)) is not None:
        client.tls_set_context(context)  # pyright: ignore[reportUnknownMemberType] - paho leaves its type open
    if settings.broker_username:
        client.username_pw_set(settings.broker_username, settings.broker_password.get_secret_value())
    client.connect(settings.broker_host, settings.broker_port, keepalive=10)
    client.loop_start()
    try:
        until = time.monotonic() + listen_s
        is_whole = came.wait(_TIMEOUT_S) and not refused.is_set()
        if is_whole:
            refused.wait(max(0.0, until - time.monotonic()))
        found_then = found.copy()
        if came.is_set() and client.is_connected():
            client.subscribe(
                [(one, SubscribeOptions(qos=0, retainHandling=_NOTHING_KEPT)) for one in filters]
            )
            tried.wait(_TIMEOUT_S)
    finally:
        close_client(client)
    return found_then if is_whole else None, refusals
