"""Ingest receives the topics it names and no others; what waited under the one great subscription of before still comes."""

import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from core.mqtt_client import close_client
from deploy.local import required_programs
from deploy.local.child_process import Child
from deploy.local.ports import free_port, is_free
from tests.support.command_line import CommandLine
from tests.support.ingest import Rows, now, readings, registered_ward
from tests.support.services.processes import Processes
from tests.support.wait import wait_until


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Give a broker such as a household has: no rules, whoever signs in reads everything."""
    found = free_port()
    (tmp_path / "mosquitto.conf").write_text(f"listener {found} 127.0.0.1\nallow_anonymous true\n")
    broker = Child(
        "mosquitto",
        [str(required_programs.mosquitto(print)), "-c", str(tmp_path / "mosquitto.conf")],
        tmp_path / "broker.log",
    )
    wait_until(lambda: not is_free(found), what="the broker")
    yield found
    broker.stop()


@pytest.fixture
def rows(database_url: str, tmp_path: Path) -> Iterator[Rows]:
    """Give the rows of a database with a registered ward."""
    with registered_ward(database_url, tmp_path) as found:
        yield found


def _settings(database_url: str, port: int, **more: str) -> dict[str, str]:
    return {
        "MIMAMORI_ENVIRONMENT": "test",
        "MIMAMORI_DATABASE_URL": database_url,
        "MIMAMORI_BROKER_PORT": str(port),
        **more,
    }


def _client(port: int, name: str) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5)
    session = Properties(PacketTypes.CONNECT)
    session.SessionExpiryInterval = 600
    client.connect("127.0.0.1", port, clean_start=False, properties=session)
    client.loop_start()
    wait_until(client.is_connected, what=f"the connection of {name}")
    return client


def _publish(port: int, *messages: tuple[str, bytes]) -> None:
    client = _client(port, "device")
    for topic, body in messages:
        client.publish(topic, body, qos=1).wait_for_publish(10)
    close_client(client)


def _topics(rows: Rows) -> list[str]:
    return [topic for (topic,) in rows.of("SELECT topic FROM quarantine ORDER BY topic")]


def _native(seq: int) -> tuple[str, bytes]:
    return "mimamori/v1/hall-1/readings", readings(seq, ("motion", True, now()))


def _wait_for(rows: Rows, seq: int) -> None:
    wait_until(lambda: rows.of("SELECT 1 FROM reading WHERE seq = %s", [seq]), what=f"message {seq}")


def _session_of_before(port: int, name: str, subscription: str) -> None:
    """Leave a session at the broker as a stopped worker of the release before does."""
    before = _client(port, name)
    granted = threading.Event()

    def grant(*_: object) -> None:
        granted.set()

    before.on_subscribe = grant
    before.subscribe(subscription, qos=1)
    wait_until(granted.is_set, what="the subscription of the release before")
    close_client(before)


def test_what_waited_under_the_old_subscription_is_stored_and_from_then_on_only_what_is_named(
    database_url: str, rows: Rows, port: int, processes: Processes
) -> None:
    _session_of_before(port, "mimamori-ingest", "#")
    _publish(port, ("weather/tokyo", b"21"), _native(1))
    processes.start("ingest", _settings(database_url, port))
    _wait_for(rows, 1)
    assert _topics(rows) == ["weather/tokyo"]
    _publish(
        port, ("weather/osaka", b"22"), ("gw/g9/weather/kobe", b"23"), ("zigbee2mqtt/attic", b'{"occupancy": true}'),
        _native(2),
    )  # fmt: skip
    _wait_for(rows, 2)
    assert _topics(rows) == ["gw/g9/weather/kobe", "weather/tokyo", "zigbee2mqtt/attic"]
    assert rows.of("SELECT seq, count(*) FROM reading GROUP BY seq ORDER BY seq") == [(1, 1), (2, 1)]


def test_a_filter_taken_off_the_setting_ends_and_what_waited_under_it_is_stored(
    database_url: str, rows: Rows, port: int, processes: Processes
) -> None:
    processes.start(
        "ingest", _settings(database_url, port, MIMAMORI_INGEST_FILTERS="documented,weather/#")
    ).stop()
    _publish(port, ("weather/tokyo", b"21"), ("gw/g9/weather/kobe", b"22"), _native(1))
    narrowed = _settings(database_url, port, MIMAMORI_INGEST_FILTERS="mimamori/v1/#")
    processes.start("ingest", narrowed)
    _wait_for(rows, 1)
    _publish(port, ("weather/osaka", b"23"), ("gw/g9/weather/nara", b"24"), _native(2))
    _wait_for(rows, 2)
    assert _topics(rows) == ["gw/g9/weather/kobe", "weather/tokyo"]


def _worker(database_url: str, port: int, name: str, **more: str) -> dict[str, str]:
    return _settings(database_url, port, MIMAMORI_INGEST_GROUP="ward", MIMAMORI_INGEST_CLIENT_ID=name, **more)


def _pressed(when: str) -> list[tuple[str, bytes]]:
    """Return messages without number and time of senders of every level of the table, each of which says it once."""
    return [
        (f"{start}{when}-{number}", b'{"action": "single"}')
        for start in ("gw/g9/zigbee2mqtt/", "zigbee2mqtt/", "gw/g9/weather/")
        for number in range(8)
    ]


def _leave(processes: Processes, settings: dict[str, str]) -> None:
    leaving = processes.start("ingest", settings, "--leave", ready=None)
    assert leaving.wait() == 0, leaving.output


def test_a_group_that_is_upgraded_one_worker_after_the_other_gets_nothing_twice(
    database_url: str, rows: Rows, port: int, processes: Processes
) -> None:
    workers = [_worker(database_url, port, name) for name in ("ingest-1", "ingest-2")]
    for name in ("ingest-1", "ingest-2"):
        _session_of_before(port, name, "$share/ward/#")
    first = processes.start("ingest", workers[0])
    # The second is stopped meanwhile: what the broker deals out to it waits.
    _publish(port, *_pressed("meanwhile"))
    second = processes.start("ingest", workers[1])
    _publish(port, *_pressed("then"))
    for process, settings in ((second, workers[1]), (first, workers[0])):
        process.stop()
        # Stores all that waits for it, so that nothing is on the way any more.
        _leave(processes, settings)
    assert _topics(rows) == sorted(topic for topic, _ in _pressed("meanwhile") + _pressed("then"))


def test_a_group_that_goes_to_named_filters_by_its_last_worker_gets_everything_once(
    database_url: str, rows: Rows, port: int, processes: Processes
) -> None:
    names = ("ingest-1", "ingest-2")
    for name in names:
        _session_of_before(port, name, "$share/ward/#")
    _publish(port, *_pressed("before"))
    _leave(processes, _worker(database_url, port, names[1]))
    _publish(port, *_pressed("alone"))
    named = [_worker(database_url, port, name, MIMAMORI_INGEST_FILTERS="documented") for name in names]
    started = [processes.start("ingest", settings) for settings in named]
    _publish(port, *_pressed("then"), ("weather/tokyo", b"21"))
    for process, settings in zip(started, named, strict=True):
        process.stop()
        _leave(processes, settings)
    said = _pressed("before") + _pressed("alone") + _pressed("then")
    assert _topics(rows) == sorted(topic for topic, _ in said)


def test_a_filter_of_ones_own_counts_and_the_doctor_names_what_has_none(
    database_url: str, rows: Rows, port: int, processes: Processes, mimamori: CommandLine
) -> None:
    kept = _client(port, "device")
    for topic in ("weather/tokyo", "attic/hall", "zigbee2mqtt/hall"):
        kept.publish(topic, b"{}", qos=1, retain=True).wait_for_publish(10)
    close_client(kept)
    mimamori.settings = _settings(database_url, port)
    said = "".join(mimamori("doctor").out.split())
    assert "of3topicswithakeptmessageingestdoesnotreceiveattic/hall,weather/tokyo" in said
    mimamori.settings["MIMAMORI_INGEST_FILTERS"] = "documented,weather/+,attic/#"
    assert "of3topicswithakeptmessageingestreceivesall" in "".join(mimamori("doctor").out.split())
    processes.start("ingest", mimamori.settings)
    wait_until(lambda: "attic/hall" in _topics(rows), what="the added topic")
    assert "weather/tokyo" in _topics(rows)


def test_the_doctor_notes_what_comes_while_it_listens(
    database_url: str, port: int, mimamori: CommandLine
) -> None:
    mimamori.settings = _settings(database_url, port)
    speaking = _client(port, "speaking")

    def answer(*_: object) -> None:
        speaking.publish("attic/hall", b"{}")

    # The doctor says something itself as soon as it listens.
    speaking.on_message = answer
    speaking.subscribe("mimamori/v1/+/command", qos=1)
    said = "".join(mimamori("doctor", "--listen", "0.5").out.split())
    close_client(speaking)
    assert "topicsin0.5singestdoesnotreceiveattic/hall" in said


def test_a_mistyped_filter_is_refused_at_the_start(
    database_url: str, port: int, processes: Processes
) -> None:
    ingest = processes.start(
        "ingest", _settings(database_url, port, MIMAMORI_INGEST_FILTERS="weather/#/x"), ready=None
    )
    assert ingest.wait() == 78
    assert "'weather/#/x' has # before its end" in ingest.output
