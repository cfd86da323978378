"""Who the broker lets in, as the database says: without a restart, within seconds, and each under its own prefix only."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.credentials import enrolment_codes
from core.domain.broker_account import AccountKind, BrokerAccount
from core.monitoring.tally import Tally
from core.store.database import Database
from core.store.devices import broker_accounts
from deploy.broker_sync import BrokerSync, hang_up
from deploy.local.mosquitto import Broker
from tests.support.services.device_client import DeviceClient
from tests.support.services.processes import Processes, service_settings
from tests.support.wait import wait_until

NOW = datetime(2026, 8, 3, 9, tzinfo=UTC)
D1 = BrokerAccount("d1", AccountKind.DEVICE)
D2 = BrokerAccount("d2", AccountKind.DEVICE)
G1 = BrokerAccount("g1", AccountKind.GATEWAY)
PHONE = BrokerAccount("Hanako.k", AccountKind.PHONE)

Connect = Callable[..., DeviceClient]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url, size=3) as opened:
        yield opened


@pytest.fixture
def broker_sync(database: Database, broker: Broker) -> Iterator[None]:
    stop = threading.Event()
    keeper = BrokerSync(database, broker.folder, partial(hang_up, broker.folder), rest_s=0.1)
    thread = threading.Thread(target=keeper.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def connect(broker: Broker) -> Iterator[Connect]:
    made: list[DeviceClient] = []

    def one(name: str, password: str, **more: Any) -> DeviceClient:
        client = DeviceClient(broker.host, broker.devices_port, name, password, **more)
        made.append(client)
        return client

    yield one
    for client in made:
        client.close()


def credential(database: Database, account: BrokerAccount) -> str:
    with database.transaction() as connection:
        return enrolment_codes.new_credential(connection, account, NOW).password


def let_in(connect: Connect, name: str, password: str) -> DeviceClient:
    """Connect as soon as the broker knows the credential."""
    got_in: list[DeviceClient] = []

    def tries() -> bool:
        client = connect(name, password)
        if client.is_let_in:
            got_in.append(client)
        return client.is_let_in

    wait_until(tries, what=f"{name} to get in")
    return got_in[0]


def test_a_monitor_sees_whether_the_broker_has_the_newest_accounts(
    database: Database, tmp_path: Path
) -> None:
    tally = Tally()
    is_there = False
    (tmp_path / "passwords").write_text("")
    keeper = BrokerSync(database, tmp_path, lambda: is_there, rest_s=0, tally=tally)
    credential(database, D1)
    keeper.turn()
    assert (tally.value("sync_accounts"), tally.value("sync_broker_informed")) == (1, 0)
    is_there = True
    keeper.call_again()
    assert tally.value("sync_broker_informed") == 1
    assert time.time() - tally.value("sync_last_look_timestamp_seconds") < 60


@pytest.mark.usefixtures("broker_sync")
def test_each_speaks_under_its_own_prefix_only(database: Database, connect: Connect) -> None:
    may = {
        D1: ["mimamori/v1/d1/readings", "mimamori/v1/d1/fix", "mimamori/v1/d1/status"],
        G1: ["gw/g1/zigbee2mqtt/hall", "gw/g1/mimamori/v1/d7/readings"],
        PHONE: ["owntracks/Hanako.k/phone", "owntracks/Hanako.k/phone/event"],
    }
    may_not = [
        "mimamori/v1/d2/readings", "mimamori/v1/d1/command", "mimamori/v1/d1", "mimamori/v1/d1/readings/more",
        "mimamori/v1/d2/command", "gw/g2/zigbee2mqtt/hall", "owntracks/taro/phone", "zigbee2mqtt/hall",
        "$SYS/broker/load", "$CONTROL/dynamic-security/v1", "mimamori/v1//readings", "",
    ]  # fmt: skip
    clients = {account: let_in(connect, account.name, credential(database, account)) for account in may}
    for account, topics in may.items():
        for topic in topics:
            assert clients[account].publish(topic), f"{account.name} may not publish to {topic}"
    for topic in may_not:
        if topic:
            assert not clients[D1].publish(topic), f"d1 may publish to {topic}"
    assert not clients[G1].publish("mimamori/v1/d1/readings")
    assert not clients[PHONE].publish("owntracks/Hanako/phone")


@pytest.mark.usefixtures("broker_sync")
def test_a_device_receives_nothing_but_its_own_commands(
    database: Database, broker: Broker, connect: Connect
) -> None:
    d1 = let_in(connect, "d1", credential(database, D1))
    d2 = let_in(connect, "d2", credential(database, D2))
    for pattern in (
        "#", "+/+/+/+", "mimamori/v1/d2/command", "mimamori/v1/+/command", "mimamori/v1/d2/#", "gw/#", "$SYS/#",
        "$share/ingest/#", "$share/ingest/mimamori/v1/#", "$share/x/mimamori/v1/d2/command", "mimamori/v1/d1/#",
    ):  # fmt: skip
        d1.subscribe(pattern)
    ingest = DeviceClient(broker.host, broker.port, "ingest", broker.password("ingest"), client_id="asks")
    try:
        d2.publish("mimamori/v1/d2/readings")
        d2.publish("mimamori/v1/d2/status", retain=True)
        ingest.publish("mimamori/v1/d2/command")
        ingest.publish("gw/g1/mimamori/v1/d1/command")
        ingest.publish("mimamori/v1/d1/command")
    finally:
        ingest.close()
    wait_until(lambda: d1.received, what="its own command")
    # Asked anew, so that everything before has come if it comes at all.
    d1.publish("mimamori/v1/d1/status")
    assert set(d1.received) == {"mimamori/v1/d1/command"}


@pytest.mark.usefixtures("broker_sync")
def test_a_last_will_in_the_name_of_another_never_comes(
    database: Database, broker: Broker, connect: Connect
) -> None:
    password = credential(database, D1)
    listener = DeviceClient(
        broker.host, broker.port, "ingest", broker.password("ingest"), client_id="listens"
    )
    listener.subscribe("mimamori/v1/#")
    let_in(connect, "d1", password).close()
    impostor = connect("d1", password, will="mimamori/v1/d2/status")
    impostor.break_off()
    honest = connect("d1", password, will="mimamori/v1/d1/status")
    honest.break_off()
    wait_until(lambda: listener.received, what="the honest will")
    listener.close()
    assert set(listener.received) == {"mimamori/v1/d1/status"}


@pytest.mark.usefixtures("broker_sync")
def test_a_revoked_device_is_cut_off_and_nobody_else(
    database: Database, broker: Broker, connect: Connect
) -> None:
    password = credential(database, D1)
    d1 = let_in(connect, "d1", password)
    d2 = let_in(connect, "d2", credential(database, D2))
    with database.transaction() as connection:
        broker_accounts.revoke(connection, "d1", NOW, user=None)
    wait_until(lambda: d1.was_cut_off, what="the revoked device to be cut off")
    assert not connect("d1", password).is_let_in
    assert d2.publish("mimamori/v1/d2/readings")
    assert not d2.was_cut_off


@pytest.mark.usefixtures("broker_sync")
def test_a_rotated_credential_ends_when_the_new_one_is_fetched(database: Database, connect: Connect) -> None:
    old = credential(database, D1)
    d1 = let_in(connect, "d1", old)
    with database.transaction() as connection:
        code = enrolment_codes.new_code(connection, D1, NOW)
    # Until the device has the new one, the old one holds: nobody is silent because a technician is on the way.
    assert d1.publish("mimamori/v1/d1/readings")
    with database.transaction() as connection:
        new = enrolment_codes.exchange(connection, code.text, NOW + timedelta(days=6)).password
    wait_until(lambda: d1.was_cut_off, what="the old credential to end")
    assert let_in(connect, "d1", new).publish("mimamori/v1/d1/readings")
    assert not connect("d1", old).is_let_in


@pytest.mark.usefixtures("broker_sync")
def test_what_waits_for_ingest_outlives_a_change_of_accounts(
    database: Database, broker: Broker, connect: Connect
) -> None:
    ingest = partial(
        DeviceClient,
        broker.host,
        broker.port,
        "ingest",
        broker.password("ingest"),
        client_id="ingest-session",
    )
    first = ingest()
    first.subscribe("mimamori/v1/#")
    first.close()
    d1 = let_in(connect, "d1", credential(database, D1))
    for _ in range(5):
        d1.publish("mimamori/v1/d1/readings")
    with database.transaction() as connection:
        broker_accounts.revoke(connection, "d1", NOW, user=None)
    wait_until(lambda: d1.was_cut_off, what="the broker to read its passwords again")
    again = ingest()
    wait_until(lambda: len(again.received) == 5, what="the five messages")
    again.close()


@pytest.mark.usefixtures("broker_sync")
def test_a_device_cannot_take_the_session_of_another_or_of_ingest(
    database: Database, broker: Broker, connect: Connect
) -> None:
    ingest = DeviceClient(
        broker.host, broker.port, "ingest", broker.password("ingest"), client_id="mimamori-ingest"
    )
    d1 = let_in(connect, "d1", credential(database, D1))
    password = credential(database, D2)
    let_in(connect, "d2", password).close()
    for stolen in ("mimamori-ingest", "d1"):
        assert connect("d2", password, client_id=stolen).is_let_in
    assert d1.publish("mimamori/v1/d1/readings")
    assert not d1.was_cut_off
    assert not ingest.was_cut_off
    ingest.close()


@pytest.mark.usefixtures("broker_sync")
def test_accounts_are_there_after_a_restart_of_the_broker(
    database: Database, broker: Broker, connect: Connect
) -> None:
    password = credential(database, D1)
    let_in(connect, "d1", password).close()
    broker.stop()
    # Changed while the broker is away: it reads the file when it comes back.
    other = credential(database, D2)
    broker.start(broker.port)
    let_in(connect, "d1", password)
    let_in(connect, "d2", other)


def test_a_call_that_found_no_broker_is_made_again(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    is_there, calls = [False], [0]

    def call() -> bool:
        calls[0] += 1
        return is_there[0]

    keeper = BrokerSync(database, tmp_path, call, rest_s=0.0)
    credential(database, D1)
    keeper.turn()
    keeper.turn()
    assert calls == [2]
    is_there[0] = True
    keeper.turn()
    keeper.turn()
    assert calls == [3]


def test_many_changes_at_once_are_one_call(database: Database, tmp_path: Path) -> None:
    calls = [0]

    def call() -> bool:
        calls[0] += 1
        return True

    keeper = BrokerSync(database, tmp_path, call, rest_s=3600)
    for number in range(5):
        credential(database, BrokerAccount(f"d{number}", AccountKind.DEVICE))
        keeper.turn()
    assert calls == [1]
    # All are in the file already: a broker that starts meanwhile knows them.
    assert len((tmp_path / "passwords").read_text(encoding="ascii").splitlines()) == 5


def test_names_that_the_database_does_not_know_stay_in_the_password_file(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "passwords").write_text("ingest:$7$1\n", encoding="ascii")
    credential(database, D1)
    BrokerSync(database, tmp_path, lambda: True).turn()
    with database.transaction() as connection:
        broker_accounts.revoke(connection, "d1", NOW, user=None)
    credential(database, D2)
    BrokerSync(database, tmp_path, lambda: True).turn()
    names = [line.partition(":")[0] for line in (tmp_path / "passwords").read_text().splitlines()]
    assert names == ["ingest", "d2"]


def test_nobody_but_a_mosquitto_is_signalled(tmp_path: Path) -> None:
    assert not hang_up(tmp_path)
    (tmp_path / "mosquitto.pid").write_text(str(os.getpid()), encoding="ascii")
    assert not hang_up(tmp_path)
    (tmp_path / "mosquitto.pid").write_text("nonsense", encoding="ascii")
    assert not hang_up(tmp_path)


def test_the_process_lets_a_new_device_in(
    database: Database, database_url: str, broker: Broker, processes: Processes, connect: Connect
) -> None:
    processes.start("deploy.broker_sync", service_settings(database_url, broker), str(broker.folder))
    let_in(connect, "d1", credential(database, D1))
