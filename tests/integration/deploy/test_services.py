"""The private cluster and broker that the demo and the tests stand on."""

import threading
from typing import Any

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core.mqtt_client import close_client
from core.store.migrate import migrate, pending
from deploy.local import required_programs
from deploy.local.mosquitto import Broker
from deploy.local.mosquitto_files import BrokerError
from tests.support.wait import wait_until


class Client:
    """An MQTT 5 client that remembers what the broker says."""

    def __init__(self, broker: Broker, name: str, password: str | None = None) -> None:
        self.connected: list[ReasonCode] = []
        self.published: list[ReasonCode] = []
        self.received: list[tuple[str, bytes]] = []
        self.subscribed = threading.Event()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"test-{name}", protocol=mqtt.MQTTv5
        )
        self._client.username_pw_set(name, password if password is not None else broker.password(name))
        self._client.on_connect = lambda _c, _u, _f, code, _p: self.connected.append(code)  # pyright: ignore
        self._client.on_publish = lambda _c, _u, _m, code, _p: self.published.append(code)  # pyright: ignore
        self._client.on_subscribe = lambda *_: self.subscribed.set()  # pyright: ignore
        self._client.on_message = lambda _c, _u, message: self.received.append(
            (message.topic, bytes(message.payload))
        )  # pyright: ignore
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 3600
        self._client.connect_async(broker.host, broker.port, clean_start=False, properties=session)
        self._client.loop_start()
        wait_until(lambda: self.connected, what=f"an answer to {name}")

    def publish(self, topic: str) -> ReasonCode:
        before = len(self.published)
        self._client.publish(topic, b"{}", qos=1)
        return wait_until(lambda: self.published[before:], what=f"an acknowledgement of {topic}")[0]

    def subscribe(self, topic: str) -> None:
        self.subscribed.clear()
        self._client.subscribe(topic, qos=1)
        assert self.subscribed.wait(10)

    def close(self) -> None:
        close_client(self._client)


@pytest.fixture
def client(broker: Broker, request: pytest.FixtureRequest) -> Any:
    def connect(name: str, password: str | None = None) -> Client:
        made = Client(broker, name, password)
        request.addfinalizer(made.close)
        return made

    return connect


def test_a_fresh_database_is_migrated_and_empty(database_url: str) -> None:
    assert pending(database_url) == []


def test_an_empty_database_takes_all_migrations_once(empty_database_url: str) -> None:
    assert migrate(empty_database_url) != []
    assert migrate(empty_database_url) == []


def test_the_cluster_refuses_a_wrong_password(database_url: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(database_url, password="wrong")


def test_the_broker_refuses_strangers_and_wrong_passwords(client: Any) -> None:
    assert client("stranger", "guess").connected[0].is_failure
    assert client("ingest", "guess").connected[0].is_failure


def test_a_device_may_publish_under_its_own_id_only(broker: Broker, client: Any) -> None:
    broker.password("d1")
    device = client("d1")
    assert device.publish("mimamori/v1/d1/readings").is_failure is False
    assert device.publish("gw/d1/zigbee2mqtt/hallway").is_failure is False
    assert device.publish("owntracks/d1/phone").is_failure is False
    assert device.publish("mimamori/v1/d2/readings").is_failure
    assert device.publish("gw/d2/zigbee2mqtt/hallway").is_failure


def test_ingest_reads_every_device_also_by_a_shared_subscription(broker: Broker, client: Any) -> None:
    ingest, simulator = client("ingest"), client("simulator")
    ingest.subscribe("$share/ingest/mimamori/v1/#")
    ingest.subscribe("gw/#")
    simulator.publish("mimamori/v1/d1/readings")
    simulator.publish("gw/g1/zigbee2mqtt/hallway")
    wait_until(lambda: len(ingest.received) == 2, what="both messages")
    # Ingest listens, and says commands; under the topics of devices it says nothing.
    assert ingest.publish("mimamori/v1/d1/command").is_failure is False
    assert ingest.publish("gw/g1/mimamori/v1/d1/command").is_failure is False
    assert ingest.publish("mimamori/v1/d1/readings").is_failure
    assert ingest.publish("mimamori/v1/d1/anything").is_failure
    assert ingest.publish("zigbee2mqtt/hallway").is_failure


def test_a_device_reads_its_own_commands_only(broker: Broker, client: Any) -> None:
    broker.password("d1")
    device, ingest = client("d1"), client("ingest")
    device.subscribe("mimamori/v1/+/command")
    ingest.publish("mimamori/v1/d2/command")
    ingest.publish("mimamori/v1/d1/command")
    wait_until(lambda: device.received, what="the command")
    assert [topic for topic, _ in device.received] == ["mimamori/v1/d1/command"]


def test_a_credential_added_while_the_broker_runs_is_good_at_once(broker: Broker, client: Any) -> None:
    listener = client("ingest")
    broker.set_password("newcomer", "long and random")

    def gets_in() -> bool:
        newcomer = Client(broker, "newcomer", "long and random")
        newcomer.close()
        return not newcomer.connected[0].is_failure

    wait_until(gets_in, what="the broker to read its passwords again")
    # Nobody was disconnected for it.
    assert len(listener.connected) == 1


def test_sensors_find_the_broker_at_the_same_port_after_a_new_start(broker: Broker) -> None:
    result = broker.devices_port
    broker.stop()
    again = Broker(broker.folder, required_programs.mosquitto(print))
    again.start()
    try:
        assert again.devices_port == result
    finally:
        again.stop()
    # What is no port is not taken for one.
    (broker.folder / "devices-port").write_text("99999999", encoding="ascii")
    broker.start()


def test_names_that_would_break_out_of_a_topic_are_refused(broker: Broker) -> None:
    for name in ("a/b", "+", "#", "a:b", "", "a\nb"):
        with pytest.raises(BrokerError, match="cannot be a broker name"):
            broker.set_password(name, "x")


def test_a_message_for_an_absent_receiver_outlives_a_clean_restart_of_the_broker(
    broker: Broker, client: Any
) -> None:
    ingest = client("ingest")
    ingest.subscribe("mimamori/v1/#")
    ingest.close()
    client("simulator").publish("mimamori/v1/d1/readings")
    port = broker.port
    broker.stop()
    assert not broker.is_running
    broker.start(port)
    again = client("ingest")
    wait_until(lambda: again.received, what="the message from before the restart")
