"""The simulator against a real broker: history, live on an accelerated clock, restart, and clear errors."""

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from queue import SimpleQueue

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from core.clock import AcceleratedClock
from core.mqtt_client import close_client
from core.store.database import Database
from core.store.operation.health import health, stored_messages
from core.store.telemetry.replay_progress import stored_readings
from deploy.local.mosquitto import INGEST, SIMULATOR, Broker
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.publisher import BrokerAddress, Publisher, PublishError
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import parse_ward
from simulator.ward_run import Simulation, publish_history, publish_live
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher as ServicePublisher
from tests.support.wait import wait_until
from tests.support.wards.ward_files import register, write_ward

NOW = datetime.fromisoformat("2026-11-23T06:30:00+09:00")
Received = tuple[str, bytes, bool]


def simulation(residents: int = 3, days: int = 2) -> Simulation:
    return Simulation(parse_ward(make_ward(WardOrder(residents, 1, NOW))), (), 1, days)


def address(broker: Broker, password: str | None = None) -> BrokerAddress:
    return BrokerAddress(broker.host, broker.port, SIMULATOR, password or broker.password(SIMULATOR))


@contextmanager
def listening(broker: Broker) -> Generator[SimpleQueue[Received]]:
    """Receive all that devices publish, as ingest does."""
    received: SimpleQueue[Received] = SimpleQueue()
    subscribed = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="listening", protocol=mqtt.MQTTv5)
    client.username_pw_set(INGEST, broker.password(INGEST))

    def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        received.put((message.topic, bytes(message.payload), message.retain))

    def on_connect(*_: object) -> None:
        for topic in ("mimamori/v1/#", "gw/#", "owntracks/#"):
            client.subscribe(topic, qos=1)

    def on_subscribe(*_: object) -> None:
        subscribed.set()

    client.on_message, client.on_connect, client.on_subscribe = on_message, on_connect, on_subscribe
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        assert subscribed.wait(10)
        yield received
    finally:
        close_client(client)


def drained(received: SimpleQueue[Received]) -> list[Received]:
    return [received.get() for _ in range(received.qsize())]


def test_the_history_arrives_whole_and_in_order(broker: Broker):
    played = simulation()
    expected = [(message.topic, message.payload, False) for _, message in played.history()]
    days: list[int] = []
    with listening(broker) as received, Publisher(address(broker), most_under_way=50) as publisher:
        assert publish_history(played, publisher, days.append) == len(expected)
        wait_until(lambda: received.qsize() >= len(expected), 20, "the whole history")
        assert drained(received) == expected
    # Once for each day of history and for the part of the day on which live begins.
    assert len(days) == 3
    assert days[-1] == len(expected)


def test_live_messages_come_when_the_clock_gets_there(broker: Broker):
    factor = 3600.0
    clock = AcceleratedClock(NOW, factor, time.time())
    stop = threading.Event()
    early: list[float] = []
    with listening(broker) as received, Publisher(address(broker), stop=stop) as publisher:

        class Watching(Publisher):
            """Notes how far ahead of the clock a message is published."""

            def __init__(self) -> None:
                pass

            def publish(self, message: OutboundMessage) -> None:
                early.append(message.time_ms / 1000 - clock.now().timestamp())
                publisher.publish(message)

        playing = threading.Thread(
            target=publish_live, args=(simulation().live(NOW), Watching(), clock, stop)
        )
        playing.start()
        wait_until(lambda: received.qsize() > 200, 30, "200 live messages")
        stop.set()
        playing.join(5)
        assert not playing.is_alive()
    assert max(early) <= 0.0


def test_a_silent_broker_is_reported_with_its_address(broker: Broker, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("simulator.network.publisher._CONNECT_TIMEOUT_S", 0.5)
    where = address(broker)
    broker.stop()
    with (
        pytest.raises(PublishError, match=rf"broker {where.host}:{where.port}: nobody answers there"),
        Publisher(where),
    ):
        pass


def test_a_wrong_password_is_reported(broker: Broker):
    with (
        pytest.raises(PublishError, match="check MIMAMORI_BROKER_USERNAME"),
        Publisher(address(broker, "wrong")),
    ):
        pass


def test_a_topic_that_the_broker_does_not_allow_is_reported(broker: Broker):
    where = BrokerAddress(broker.host, broker.port, INGEST, broker.password(INGEST))
    with Publisher(where) as publisher:
        publisher.publish(OutboundMessage(0, "mimamori/v1/somebody/anything", b"{}"))
        with pytest.raises(PublishError, match="does its access list let this user write"):
            publisher.drain()


def test_messages_survive_a_restart_of_the_broker(broker: Broker):
    messages = [message for _, message in simulation(1, 1).history()]
    with Publisher(address(broker), most_under_way=len(messages) + 1) as publisher:
        port = broker.port
        broker.stop()
        for message in messages:
            publisher.publish(message)
        broker.start(port)
        with listening(broker) as received:
            publisher.drain()
            wait_until(lambda: received.qsize() > 0, 20, "a message after the restart")


def test_simulated_devices_send_again_what_they_are_asked_for(broker: Broker):
    messages = [OutboundMessage(0, "mimamori/v1/hall-1/readings", b'{"seq":%d}' % seq) for seq in (1, 2, 3)]
    with (
        listening(broker) as received,
        Publisher(address(broker)) as publisher,
        ServicePublisher(broker, INGEST) as service,
    ):
        for message in messages:
            publisher.publish(message)
        publisher.drain()
        service.publish("mimamori/v1/hall-1/command", b'{"stored_through":1,"resend":[[1,2]]}')
        wait_until(lambda: publisher.sent_again, 20, "a message sent again")
        publisher.drain()
        wait_until(lambda: received.qsize() >= 5, 20, "all messages and the command")
        numbered = [payload for topic, payload, _ in drained(received) if topic.endswith("/readings")]
    assert numbered == [b'{"seq":1}', b'{"seq":2}', b'{"seq":3}', b'{"seq":2}']


def test_what_is_lost_on_its_way_arrives_when_it_is_asked_for(broker: Broker):
    topic = "mimamori/v1/hall-1/readings"
    with (
        listening(broker) as received,
        Publisher(address(broker)) as publisher,
        ServicePublisher(broker, INGEST) as service,
    ):
        publisher.publish(OutboundMessage(0, topic, b'{"seq":1}', is_lost=True))
        publisher.publish(OutboundMessage(0, topic, b'{"seq":2}'))
        publisher.drain()
        wait_until(lambda: received.qsize() >= 1, 20, "the message that is not lost")
        service.publish("mimamori/v1/hall-1/command", b'{"resend":[[1,1]]}')
        wait_until(lambda: received.qsize() >= 3, 20, "the command and the message sent again")
        numbered = [payload for where, payload, _ in drained(received) if where == topic]
    assert numbered == [b'{"seq":2}', b'{"seq":1}']


@pytest.fixture
def ward_file(database_url: str, tmp_path: Path) -> Path:
    ward = make_ward(WardOrder(3, 1, NOW))
    path = write_ward(tmp_path, ward)
    with Database(database_url) as database, database.transaction() as connection:
        register(connection, path)
    return path


def test_history_and_live_are_stored_whole_also_after_the_simulator_was_killed(
    database_url: str, broker: Broker, processes: Processes, ward_file: Path
):
    setting, anchor = f"{NOW.isoformat()}@600x", time.time() + 15

    def settings(username: str) -> dict[str, str]:
        return service_settings(database_url, broker, username, clock=setting, clock_anchor=anchor)

    processes.start("ingest", settings(INGEST))
    as_simulator = settings(SIMULATOR)
    arguments = ("--ward", str(ward_file), "--days", "2")
    history = processes.start("simulator", as_simulator, "history", *arguments, ready=None)
    assert history.wait(60) == 0, history.output
    published = history.events("history_published")[0]["messages"]

    def stored(count: int) -> Callable[[], bool]:
        def reached() -> bool:
            with Database(database_url, size=1) as database, database.transaction() as connection:
                return stored_messages(connection) >= count

        return reached

    wait_until(stored(published), 30, "the history in the database")
    first = processes.start("simulator", as_simulator, "live", *arguments)
    wait_until(stored(published + 50), 60, "live messages in the database")
    first.kill()
    second = processes.start("simulator", as_simulator, "live", *arguments)
    wait_until(stored(published + 150), 60, "live messages after the restart")
    second.stop()
    assert second.exit_code == 0
    # Everything up to some minutes before the stop is there: nothing was lost with the one that was killed.
    newest = AcceleratedClock(NOW, 600.0, anchor).now() - timedelta(minutes=30)
    expected = {
        (message.topic.split("/")[-2], reading["time"])
        for message in takewhile(
            lambda message: message.time_ms < newest.timestamp() * 1000, simulation().live(NOW)
        )
        if message.topic.endswith("/readings")
        for reading in json.loads(message.payload)["readings"]
    }
    device_ids = sorted({device_id for device_id, _ in expected})

    def missing() -> set[tuple[str, datetime]]:
        with Database(database_url, size=1) as database, database.transaction() as connection:
            rows = stored_readings(connection, device_ids, NOW, newest)
            found = {(device_id, time) for device_id, time, _, _ in rows}
        return {(device_id, datetime.fromisoformat(text)) for device_id, text in expected} - found

    wait_until(lambda: not missing(), 20, "every live reading in the database")
    with Database(database_url, size=1) as database, database.transaction() as connection:
        assert health(connection).quarantined == 0


def test_a_missing_ward_file_is_one_clear_line(database_url: str, broker: Broker, processes: Processes):
    settings = service_settings(database_url, broker, SIMULATOR)
    process = processes.start("simulator", settings, "live", "--ward", "nowhere.json", ready=None)
    assert process.wait() == 65
    assert process.output.strip() == "cannot read nowhere.json: No such file or directory"


def test_the_library_and_a_new_scenario_can_be_used_from_the_command_line(
    database_url: str, broker: Broker, processes: Processes, tmp_path: Path
):
    settings = service_settings(database_url, broker, SIMULATOR)
    listed = processes.start("simulator", settings, "list", ready=None)
    assert listed.wait() == 0
    assert "does_not_get_up" in listed.output
    own = tmp_path / "own.toml"
    made = processes.start("simulator", settings, "new", str(own), ready=None)
    assert made.wait() == 0
    text = own.read_text(encoding="utf-8").replace('kind = "sos"', 'kind = "flood"')
    own.write_text(text, encoding="utf-8")
    line = text.splitlines().index('kind = "flood"') + 1
    ward = tmp_path / "ward.json"
    ward.write_text(json.dumps(make_ward(WardOrder(1, 1, NOW))), encoding="utf-8")
    refused = processes.start(
        "simulator", settings, "live", "--ward", str(ward), "--scenario", str(own), ready=None
    )
    assert refused.wait() == 65
    assert "kind 'flood' is none of does_not_get_up, sos" in refused.output
    assert f"{own}, line {line}" in refused.output
