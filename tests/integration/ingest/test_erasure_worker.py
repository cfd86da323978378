"""The broker forgets what it kept of whoever is erased, asked for by page or by command; away, the erasure waits for it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.domain.records.erasure import ErasureState
from core.settings import load_settings
from core.store.database import Database
from core.store.people.personal import erasures, keys
from deploy.local.mosquitto import ERASURE, INGEST, Broker
from ingest.commands import retained_messages
from ingest.commands.erasure_worker import work_off
from ingest.commands.retained_messages import BrokerAwayError, clear_retained, clearing_at
from tests.support.command_line import CommandLine
from tests.support.services.device_client import DeviceClient
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward
from tests.support.wards.whole_person import fill

_HERS = ("mimamori/v1/tracker-a/status", "mimamori/v1/hall-a/status", "gw/g1/notes")
_OTHERS = ("mimamori/v1/hall-b/status", "gw/g1/zigbee2mqtt/bridge/devices")


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        fill(made.database, RESIDENT_A, "a")
        made.execute("UPDATE resident SET ended_at = now(), end_reason = 'left' WHERE resident_id = 1")
        yield made


def _keep(broker: Broker) -> None:
    online = json.dumps({"online": True, "time": "2026-07-01T00:00:00Z"}).encode()
    with Publisher(broker) as publisher:
        for topic in (*_HERS[:2], *_OTHERS):
            publisher.publish(topic, online if topic.startswith("mimamori") else b"[]", retain=True)
        publisher.publish(_HERS[2], json.dumps({"of": "田中 花子"}).encode(), retain=True)
        publisher.flush()


def _kept(broker: Broker, monkeypatch: pytest.MonkeyPatch, database_url: str) -> set[str]:
    """Return what the broker keeps, as somebody who subscribes now would get it."""
    for name, value in service_settings(database_url, broker).items():
        monkeypatch.setenv(name, value)
    with retained_messages._Line(load_settings(), 10) as line:  # pyright: ignore[reportPrivateUsage] - as an outsider
        return {topic for topic, _ in line.retained() if not topic.startswith("$")}


def test_the_worker_erases_who_was_asked_for_on_the_page_and_the_broker_keeps_nothing_of_them(
    ward: ApiWard,
    broker: Broker,
    processes: Processes,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _keep(broker)
    assert _kept(broker, monkeypatch, database_url) >= {*_HERS, *_OTHERS}
    admin = ward.client("admin")
    asked = admin.post(f"/residents/{RESIDENT_A}/erasure", data={"name": "田中　花子"})
    assert asked.status_code == 303
    page = asked.headers["location"]
    assert "順番を待っています" in admin.get(page).text

    processes.start("ingest", service_settings(database_url, broker))

    def is_done() -> bool:
        with ward.database.transaction() as connection:
            return not erasures.listing(connection, 1)[0].state.is_open

    wait_until(is_done, 60, what="the worker of ingest")
    text = admin.get(page).text
    assert "すべて消えたことを確かめました" in text
    assert "ブローカーが保持していたメッセージ 3件を消しました" in text
    assert "だれがいつ見たかの記録" in text
    assert _kept(broker, monkeypatch, database_url) & {*_HERS, *_OTHERS} == set(_OTHERS)
    assert admin.get(f"/residents/{RESIDENT_A}/record").status_code == 404


def test_the_command_erases_at_once_and_prints_the_proof(
    ward: ApiWard, broker: Broker, database_url: str, mimamori: CommandLine, tmp_path: Path
) -> None:
    listed = tmp_path / "erasures.jsonl"
    mimamori.settings = service_settings(database_url, broker, erasure_list=listed)
    wrong = mimamori("resident", "erase", str(RESIDENT_A), "--name", "田中 花江")
    assert (wrong.code, "not the resident's name" in wrong.err) == (65, True)

    done = mimamori("resident", "erase", str(RESIDENT_A), "--name", "田中花子")
    assert done.code == 0, done.err
    assert f"erasure 1 of resident {RESIDENT_A}: done" in done.out
    assert "kept: access_log" in done.out
    # Outside of the database, by number alone.
    (line,) = listed.read_text("utf-8").splitlines()
    assert [one["resident"] for one in json.loads(line)["erased"]] == [RESIDENT_A]
    assert "田中" not in line


def test_without_a_broker_nothing_is_called_erased_and_the_next_try_ends_it(
    ward: ApiWard, broker: Broker, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (service_settings(database_url, broker) | {"MIMAMORI_BROKER_PORT": "9"}).items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    with ward.database.transaction() as connection:
        number = erasures.ask(connection, RESIDENT_A, user=1, now=ward.clock.now())

    def try_it(port: int) -> None:
        reachable = settings.model_copy(update={"broker_port": port})
        with Database(database_url, size=1) as database:
            queue = database.dedicated_connection()
            try:
                work_off(database, queue, SystemClock(), clearing_at(reachable), lambda: False)
            finally:
                queue.close()

    with pytest.raises(BrokerAwayError):
        try_it(9)
    with ward.database.transaction() as connection:
        assert erasures.get(connection, number).state is ErasureState.RUNNING
    try_it(broker.port)
    with ward.database.transaction() as connection:
        assert erasures.get(connection, number).state is ErasureState.DONE


def test_what_the_brokers_rules_do_not_let_us_delete_is_counted_as_left(
    ward: ApiWard, broker: Broker, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _keep(broker)
    for name, value in service_settings(database_url, broker).items():
        monkeypatch.setenv(name, value)
    with ward.database.transaction() as connection:
        found = keys.person(connection, RESIDENT_A).keys
    settings = load_settings()
    # Ingest's own account, as where no other was made yet.
    done = clear_retained(settings.model_copy(update={"erasure_broker_username": ""}), found)
    assert (done.cleared, done.left) == (0, 3)
    done = clear_retained(settings, found)
    assert (done.cleared, done.left) == (3, 0)


def test_only_the_account_for_erasures_may_write_topics_of_devices(
    broker: Broker, database_url: str, mimamori: CommandLine
) -> None:
    topics = (
        *("mimamori/v1/hall-a/status", "mimamori/v1/hall-a/readings", "mimamori/v1/tracker-a/fix"),
        *("gw/g1/zigbee2mqtt/hall", "owntracks/hanako/phone"),
    )
    may: dict[str, list[bool]] = {}
    for name in (INGEST, ERASURE):
        client = DeviceClient(broker.host, broker.port, name, broker.password(name), client_id=f"test-{name}")
        may[name] = [client.publish(topic, b"", retain=True) for topic in topics]
        # What ingest asks of devices is for ingest alone.
        may[name].append(client.publish("mimamori/v1/hall-a/command"))
        client.close()
    assert may == {INGEST: [False] * 5 + [True], ERASURE: [True] * 5 + [False]}

    mimamori.settings = service_settings(database_url, broker)
    looked = mimamori("doctor").out
    assert "erasure may take back what the broker retained" in looked
    assert "may publish in the name of devices" not in looked
    mimamori.settings |= {
        "MIMAMORI_ERASURE_BROKER_USERNAME": INGEST,
        "MIMAMORI_ERASURE_BROKER_PASSWORD": broker.password(INGEST),
    }
    assert "ingest may not take back what devices said" in mimamori("doctor").out
    del mimamori.settings["MIMAMORI_ERASURE_BROKER_USERNAME"]
    assert "give it an account of its own" in mimamori("doctor").out
