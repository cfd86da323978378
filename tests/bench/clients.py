"""Programs that ingest is measured against; each runs in a process of its own: `python -m tests.bench.clients KIND ...`.

They print the Unix times of their connection and of the last message taken.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import paho.mqtt.client as paho
import psycopg
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from core.domain.metrics import METRICS
from core.mqtt_client import close_client
from tests.bench.flood import Flood
from tests.bench.large_ward import LargeWard, load
from tests.bench.messages import DEVICES, messages, messages_of_now

_BATCH = 500
_IN_FLIGHT = 2000
_TICKS_PER_S = 200


class Where(NamedTuple):
    """The broker, and as whom to sign in."""

    host: str
    port: str
    user: str
    password: str


Take = Callable[[paho.Client, paho.MQTTMessage], None]


def publish(where: Where, count: str, first_seq: str) -> None:
    """Publish the messages with QoS 1 and wait until the broker has them."""
    flood = _flood(where)
    flood.send(messages(int(count), int(first_seq)))
    flood.close()


def serve(where: Where, first_seq: str) -> None:
    """For each line of standard input publish so many messages more, and print a line once the broker has them."""
    flood = _flood(where)
    seq = int(first_seq)
    for line in sys.stdin:
        count = int(line)
        flood.send(messages(count, seq))
        seq += count // DEVICES
        sys.stdout.write("sent\n")
        sys.stdout.flush()
    flood.close()


def pace(where: Where, rate: str, seconds: str, first_seq: str) -> None:
    """Publish at an even rate, each message at the time it names."""
    flood = _flood(where)
    per_tick = max(1, int(rate) // _TICKS_PER_S)
    began = time.monotonic()
    for tick in range(int(seconds) * _TICKS_PER_S):
        flood.send(messages_of_now(per_tick, int(first_seq), tick * per_tick))
        time.sleep(max(0.0, began + (tick + 1) / _TICKS_PER_S - time.monotonic()))
    flood.close()
    if time.monotonic() - began > int(seconds) * 1.05:
        raise SystemExit("the broker did not take the messages at that rate")


def ward(where: Where, residents: str, spared: str, rate: str) -> None:
    """Publish what a large ward sends at an even rate, until it is ended."""
    flood = _flood(where)
    began = time.monotonic()
    for tick, sent in enumerate(load(LargeWard(int(residents)), int(spared), 1, int(rate))):
        flood.send(sent)
        time.sleep(max(0.0, began + (tick + 1) / 100 - time.monotonic()))


def no_op(where: Where, client_id: str, count: str) -> None:
    """Take messages with paho and do nothing with them; acknowledge by hand in batches of 500."""
    waiting: list[int] = []
    seen = [0]

    def take(client: paho.Client, message: paho.MQTTMessage) -> None:
        waiting.append(message.mid)
        seen[0] += 1
        if len(waiting) >= _BATCH or seen[0] == int(count):
            for mid in waiting:
                client.ack(mid, 1)
            waiting.clear()

    _consume(where, client_id, int(count), take)


def executemany(where: Where, client_id: str, count: str, url: str) -> None:
    """Take messages as one would write it at first: parse, one executemany and one commit per message, acknowledge."""
    connection = psycopg.connect(url)
    devices: dict[str, int] = dict(
        connection.execute("SELECT device_id, device_number FROM device").fetchall()
    )

    def take(client: paho.Client, message: paho.MQTTMessage) -> None:
        body = json.loads(message.payload)
        number = devices[message.topic.split("/")[2]]
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO reading (device_number, time, metric, seq, value, received_at)"
                " VALUES (%s, %s, %s, %s, %s, now()) ON CONFLICT DO NOTHING",
                [
                    (
                        number,
                        entry["time"],
                        METRICS[entry["metric"]].number,
                        body["seq"],
                        float(entry["value"]),
                    )
                    for entry in body["readings"]
                ],
            )
        connection.commit()
        client.ack(message.mid, 1)

    _consume(where, client_id, int(count), take)
    connection.close()


def session(where: Where, client_id: str, topics: str) -> None:
    """Make a session that keeps messages for a consumer that comes later, and leave."""
    subscribed = threading.Event()

    def on_subscribe(*_: Any) -> None:
        subscribed.set()

    client = _client(where, client_id)
    client.on_subscribe = on_subscribe
    client.connect(where.host, int(where.port), clean_start=False, properties=_connect_properties())
    client.loop_start()
    client.subscribe(topics, qos=1)
    if not subscribed.wait(10):
        raise SystemExit("the broker did not answer the subscription")
    close_client(client)


def _consume(where: Where, client_id: str, count: int, take: Take) -> None:
    times: list[float] = []
    done = threading.Event()
    seen = [0]

    def on_connect(*_: Any) -> None:
        times.append(time.time())

    def on_message(client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        take(client, message)
        seen[0] += 1
        if seen[0] == count:
            times.append(time.time())
            done.set()

    client = _client(where, client_id)
    client.on_connect = on_connect
    client.on_message = on_message
    client.connect(where.host, int(where.port), clean_start=False, properties=_connect_properties())
    client.loop_start()
    if not done.wait(300):
        raise SystemExit(f"only {seen[0]} of {count} messages came")
    time.sleep(0.3)  # let the last acknowledgements leave
    close_client(client)
    sys.stdout.write(f"{times[0]} {times[-1]}\n")


def _client(where: Where, client_id: str, *, manual_ack: bool = True) -> paho.Client:
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5, manual_ack=manual_ack
    )
    client.username_pw_set(where.user, where.password)
    return client


def _connect_properties() -> Properties:
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 3600
    properties.ReceiveMaximum = _IN_FLIGHT
    return properties


def _flood(where: Where) -> Flood:
    return Flood(where.host, int(where.port), where.user, where.password)


_KINDS: dict[str, Callable[..., None]] = {
    "publish": publish,
    "serve": serve,
    "pace": pace,
    "ward": ward,
    "no_op": no_op,
    "executemany": executemany,
    "session": session,
}

if __name__ == "__main__":
    _KINDS[sys.argv[1]](Where(*sys.argv[2:6]), *sys.argv[6:])
