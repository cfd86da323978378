"""What other systems see of residents at a real broker: never more than is known, of nobody who is gone, and for nobody else."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from core.clock import FileClock
from core.domain.alert import EventKind, Severity
from core.monitoring.tally import Tally
from core.settings import load_settings
from core.store.alerts import events
from core.store.database import Connection, Database
from core.store.people.personal import erasures, keys
from deploy.doctor.check import CheckResult
from deploy.doctor.published_states import published_checks
from deploy.local.mosquitto import INGEST, SIMULATOR, Broker
from deploy.mqtt_out.publisher import publish
from ingest.commands.retained_messages import clear_retained
from tests.support.command_line import CommandLine
from tests.support.services.device_client import DeviceClient
from tests.support.services.out_reader import READER, OutReader
from tests.support.services.processes import Process, Processes, service_settings
from tests.support.services.tcp_proxy import TcpProxy
from tests.support.wait import wait_until
from tests.support.wards.api_ward import RESIDENT_A, RESIDENT_B, ApiWard, api_ward

_PUBLISHER = "mimamori-out"
_MODULE = "deploy.mqtt_out.publisher"


@dataclass
class _Published:
    """A ward of which something is published."""

    ward: ApiWard
    broker: Broker
    settings: dict[str, str]
    clock: Path
    start: Callable[..., Process]

    def evaluate(self, resident: int, state: str) -> None:
        """Let the detectors have found something just now."""
        now = self.ward.clock.now()
        self.ward.execute(
            "INSERT INTO evaluation (resident_id, evaluated_through, due_at, state) VALUES (%s, %s, %s, %s), (NULL, %s, %s, 'as_usual')"
            " ON CONFLICT (resident_id) DO UPDATE SET evaluated_through = excluded.evaluated_through, due_at = excluded.due_at,"
            " state = excluded.state",
            resident, now, now + timedelta(hours=1), state, now, now,
        )  # fmt: skip

    def topic(self, resident: int) -> str:
        """Return where a resident's state is retained."""
        ((office, public_id),) = self.ward.execute(
            "SELECT office_id, public_id::text FROM resident WHERE resident_id = %s", resident
        )
        return f"mimamori/v1/out/{office}/residents/{public_id}"


@pytest.fixture
def published(
    database_url: str, broker: Broker, processes: Processes, tmp_path: Path
) -> Iterator[_Published]:
    broker.password(READER)
    clock = tmp_path / "clock"
    settings = service_settings(
        database_url,
        broker,
        mqtt_out="all",
        mqtt_out_username=_PUBLISHER,
        mqtt_out_password=broker.password(_PUBLISHER),
        clock=f"file:{clock}",
    )

    def start(**more: object) -> Process:
        own = {f"MIMAMORI_{name.upper()}": str(value) for name, value in more.items()}
        return processes.start(_MODULE, settings | own)

    with api_ward(database_url, tmp_path) as ward:
        FileClock.write(clock, ward.clock.now())
        yield _Published(ward, broker, settings, clock, start)


class _CountedRests(threading.Event):
    """Counts how often somebody waits for it."""

    rests = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.rests += 1
        return super().wait(timeout)


class _CountedConnections(Database):
    """Counts how often somebody wants a connection of their own."""

    attempts = 0

    def __init__(self, url: str) -> None:
        super().__init__(url, size=1)

    def dedicated_connection(self) -> Connection:
        self.attempts += 1
        return super().dedicated_connection()


def _wait_for(reader: OutReader, resident: int, **wanted: Any) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        state = reader.states().get(resident, {})
        return state if all(state.get(name) == value for name, value in wanted.items()) else None

    state = wait_until(found, 20, what=f"{wanted} of resident {resident}")
    assert state is not None
    return state


def test_a_state_follows_what_is_known_and_says_when_nothing_is(published: _Published) -> None:
    published.evaluate(RESIDENT_A, "as_usual")
    now = published.ward.clock.now()
    published.ward.execute(
        "INSERT INTO device_contact (device_number, last_received_at, last_time)"
        " SELECT device_number, %s, %s FROM device WHERE device_id = 'hall-a'", now, now,
    )  # fmt: skip
    published.start()
    with OutReader(published.broker) as reader:
        calm = _wait_for(reader, RESIDENT_A, state="as_usual")
        assert (calm["alert"], calm["coverage"], calm["devices_expected"]) == ("none", 100, 1)
        # Of somebody whom nobody evaluated nothing is said to be well.
        lost = _wait_for(reader, RESIDENT_B, state="cannot_tell")
        assert (lost["alert"], lost["coverage"]) == ("cannot_tell", 0)

        number = published.ward.open_alert(severity=Severity.EMERGENCY)
        # Beside an open alert nobody is said to be as usual.
        assert _wait_for(reader, RESIDENT_A, state="alert", alert="emergency")["open_alerts"] == 1
        (event,) = wait_until(lambda: reader.events, what="the alert's event")
        assert (event["event_type"], event["alert"], event["severity"]) == ("opened", number, "emergency")

        # The detectors stand still; half a minute later nobody knows any more.
        FileClock.write(published.clock, now + timedelta(seconds=31))
        _wait_for(reader, RESIDENT_A, state="cannot_tell", alert="emergency")
        assert reader.availability == b"online"
    said = b" ".join([*reader.last.values(), *(one.encode() for one in reader.last)]).decode()
    assert not [
        word for word in ("花子", "たなか", "03-1111", "35.65", "139.79", "home A", "area A") if word in said
    ]


def test_the_doctor_sees_whether_states_are_published_and_disturbs_nobody(
    published: _Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in published.settings.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()

    def results(**changed: object) -> list[CheckResult]:
        return [one.verdict for one in published_checks(settings.model_copy(update=changed))]

    assert results(mqtt_out="") == []
    assert results(mqtt_out="some") == results(mqtt_out_username="") == [CheckResult.BAD]
    assert results(mqtt_out_username="mimamori-nobody") == [CheckResult.BAD]
    # The account is right, and nobody publishes.
    (away,) = published_checks(settings)
    assert (away.verdict, away.found) == (CheckResult.BAD, "other systems see residents as not available")
    published.evaluate(RESIDENT_A, "as_usual")
    process = published.start()
    with OutReader(published.broker) as reader:
        wait_until(lambda: reader.availability == b"online", what="the publisher to be there")
        assert results() == [CheckResult.GOOD]
        assert reader.availability == b"online"
        process.kill()
        wait_until(lambda: reader.availability == b"offline", what="the last will")
    assert list(published_checks(settings)) == [away]


def test_a_publisher_that_dies_is_not_available_and_states_are_there_again_afterwards(
    published: _Published,
) -> None:
    published.evaluate(RESIDENT_A, "as_usual")
    first = published.start()
    with OutReader(published.broker) as reader:
        _wait_for(reader, RESIDENT_A, state="as_usual")
        wait_until(lambda: reader.availability == b"online", what="the publisher to be there")
        first.kill()
        wait_until(lambda: reader.availability == b"offline", what="the last will")
        # Somebody was erased meanwhile, somebody moved to another office, and one changed.
        gone, moved = published.topic(RESIDENT_B), published.topic(RESIDENT_A)
        published.ward.execute(
            "UPDATE resident SET ended_at = now(), end_reason = 'left' WHERE resident_id = 2"
        )
        published.ward.execute("UPDATE resident SET office_id = 2 WHERE resident_id = 1")
        published.evaluate(RESIDENT_A, "different")
        published.start()
        _wait_for(reader, RESIDENT_A, state="different")
        wait_until(lambda: reader.availability == b"online", what="the publisher to be there again")
    with OutReader(published.broker) as later:
        wait_until(later.states, what="what is retained")
        assert set(later.states()) == {RESIDENT_A}
        assert not {gone, moved} & set(later.last)
        assert [topic.split("/")[2] for topic in later.descriptions()] == ["mimamori-2"]


def test_a_broker_that_was_killed_and_lost_what_it_retained_has_it_again(published: _Published) -> None:
    published.evaluate(RESIDENT_A, "as_usual")
    published.start()
    port = published.broker.port
    with OutReader(published.broker) as reader:
        _wait_for(reader, RESIDENT_A, state="as_usual")
    published.broker.kill()
    (published.broker.folder / "mosquitto.db").unlink(missing_ok=True)
    published.evaluate(RESIDENT_A, "different")
    published.broker.start(port)
    with OutReader(published.broker) as reader:
        _wait_for(reader, RESIDENT_A, state="different")
        wait_until(lambda: reader.availability == b"online", what="the publisher to be there again")
        assert len(reader.descriptions()) == 2


def test_while_the_database_is_away_nothing_is_said_to_be_up_to_date(
    published: _Published, database_url: str
) -> None:
    parts = urlsplit(database_url)
    with TcpProxy(parts.hostname or "", parts.port or 5432) as line, OutReader(published.broker) as reader:
        through = parts._replace(
            netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{line.port}".lstrip("@")
        )
        running = published.start(database_url=through.geturl())
        wait_until(lambda: reader.availability == b"online", what="the publisher to be there")
        line.cut()
        wait_until(lambda: reader.availability == b"offline", 20, what="the publisher to say so")
        assert running.is_running
        line.heal()
        wait_until(lambda: reader.availability == b"online", 20, what="the publisher to be there again")


def test_while_database_and_broker_are_both_away_each_is_tried_once_a_second(
    published: _Published, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in published.settings.items():
        monkeypatch.setenv(name, value)
    parts = urlsplit(database_url)
    stop, tally = _CountedRests(), Tally("mqtt_out")
    with TcpProxy(parts.hostname or "", parts.port or 5432) as line:
        through = parts._replace(
            netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{line.port}".lstrip("@")
        )
        database = _CountedConnections(through.geturl())
        running = threading.Thread(
            target=publish, args=(load_settings(), published.ward.clock, database, stop, tally)
        )
        running.start()
        wait_until(lambda: tally.value("mqtt_out_connected"), what="the publisher to be there")
        line.cut()
        wait_until(lambda: not tally.value("mqtt_out_connected"), 20, what="the database to be away")
        port = published.broker.port
        published.broker.kill()
        wait_until(lambda: stop.rests > 0, 20, what="the publisher to rest without a broker")
        before, rests = database.attempts, stop.rests
        wait_until(lambda: stop.rests > rests + 2, 20, what="some rests")
        assert database.attempts - before <= stop.rests - rests + 1
        published.broker.start(port)
        line.heal()
        wait_until(lambda: tally.value("mqtt_out_connected"), 20, what="the publisher to be there again")
        stop.set()
        running.join(20)
        assert not running.is_alive()


def test_a_publisher_that_hangs_is_taken_for_dead(published: _Published) -> None:
    running = published.start()
    with OutReader(published.broker) as reader:
        wait_until(lambda: reader.availability == b"online", what="the publisher to be there")
        os.kill(running.pid, signal.SIGSTOP)
        try:
            # After one and a half times its keep-alive the broker speaks for it.
            wait_until(lambda: reader.availability == b"offline", 60, what="the last will")
        finally:
            os.kill(running.pid, signal.SIGCONT)
        wait_until(lambda: reader.availability == b"online", 20, what="the publisher to be there again")


def test_home_assistant_finds_each_resident_as_one_device_with_its_entities(
    published: _Published,
) -> None:
    published.start(mqtt_out="1", mqtt_out_language="en", base_url="https://mimamori.example.jp")
    with OutReader(published.broker) as reader:
        ((topic, described),) = wait_until(lambda: reader.descriptions().items(), what="the description")
        _wait_for(reader, RESIDENT_A, state="cannot_tell")
    state = published.topic(RESIDENT_A)
    ident = state.rpartition("/")[2]
    assert topic == f"homeassistant/device/mimamori-1/{ident}/config"
    assert described["device"] == {
        "identifiers": [f"mimamori_{ident}"],
        "name": "Resident 1",
        "manufacturer": "Mimamori",
        "model": "Resident",
        "configuration_url": "https://mimamori.example.jp/residents/1",
    }
    assert described["origin"]["name"] == "Mimamori"
    assert described["availability"] == [{"topic": "mimamori/v1/out/availability"}]
    assert described["state_topic"] == state
    parts = described["components"]
    assert {one["platform"] for one in parts.values()} == {"sensor", "event"}
    assert len({one["unique_id"] for one in parts.values()}) == len(parts) == 4
    assert {"alert", "cannot_tell"} <= set(parts["state"]["options"])
    assert (parts["coverage"]["state_class"], parts["coverage"]["unit_of_measurement"]) == (
        "measurement",
        "%",
    )
    assert "opened" in parts["events"]["event_types"]
    # What expires at the broker when nobody renews it expires there too.
    assert all(one["expire_after"] == 900 for one in parts.values() if one["platform"] == "sensor")


def test_an_erasure_takes_back_what_is_retained_of_somebody_also_while_nobody_publishes(
    published: _Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = published.start()
    with OutReader(published.broker) as reader:
        _wait_for(reader, RESIDENT_A, state="cannot_tell")
        running.kill()
        for name, value in published.settings.items():
            monkeypatch.setenv(name, value)
        with published.ward.database.transaction() as connection:
            found = keys.person(connection, RESIDENT_A).keys
        done = clear_retained(load_settings(), found)
        assert (done.cleared, done.left) == (2, 0)
        wait_until(lambda: set(reader.states()) == {RESIDENT_B}, what="the state to be taken back")
        assert len(reader.descriptions()) == 1

        # From the moment an erasure is asked for nothing is published any more.
        with published.ward.database.transaction() as connection:
            for resident in (RESIDENT_A, RESIDENT_B):
                erasures.ask(connection, resident, user=None, now=published.ward.clock.now())
        published.start()
        wait_until(lambda: not reader.states() and not reader.descriptions(), what="nothing to be left")


def test_nobody_but_its_own_account_publishes_there_and_no_device_reads_it(
    published: _Published, database_url: str
) -> None:
    published.start()
    topic = published.topic(RESIDENT_A)
    description = (
        topic.replace("mimamori/v1/out/1/residents/", "homeassistant/device/mimamori-1/") + "/config"
    )
    broker = published.broker
    broker.set_password("gateway-1", "its own word")
    for name in (INGEST, SIMULATOR, READER, "gateway-1"):
        client = DeviceClient(broker.host, broker.port, name, broker.password(name), client_id=f"test-{name}")
        taken = [
            one
            for one in (topic, f"{topic}/events", description, "mimamori/v1/out/availability")
            if client.publish(one)
        ]
        client.close()
        assert not taken, f"{name} may publish {taken}"
    with OutReader(broker) as reader:
        _wait_for(reader, RESIDENT_A, state="cannot_tell")
    for name in (SIMULATOR, "gateway-1"):
        with OutReader(broker, name) as stranger:
            published.ward.open_alert(rule=f"test_{name[:4]}")
            with OutReader(broker) as reader:
                wait_until(lambda: reader.states()[RESIDENT_A]["open_alerts"], what="the alert")
            assert not stranger.last
            assert not stranger.events


def test_events_are_published_once_and_not_those_of_long_ago(published: _Published) -> None:
    published.ward.open_alert(rule="inactivity")
    first = published.start()
    with OutReader(published.broker) as reader:
        _wait_for(reader, RESIDENT_A, open_alerts=1)
        # What was before the first start is no event any more.
        assert not reader.events
        published.ward.open_alert(rule="late_morning")
        wait_until(lambda: len(reader.events) == 1, what="the second alert")
        # Whoever is killed before it has noted that an event is published publishes it again.
        waiting = "SELECT alert_event_id FROM mqtt_out_event"
        wait_until(lambda: not published.ward.execute(waiting), what="the note that it is published")
        first.kill()
        published.ward.open_alert(rule="heat")
        published.start()
        wait_until(lambda: len(reader.events) == 2, what="what came meanwhile")
        assert [one["rule"] for one in reader.events] == ["late_morning", "heat"]
        published.ward.execute("UPDATE alert_event SET at = at - interval '2 hours'")
        published.ward.open_alert(rule="cold")
        wait_until(lambda: len(reader.events) == 3, what="the last")
    assert len({one["id"] for one in reader.events}) == 3


def test_an_event_is_published_however_late_its_transaction_ends(published: _Published) -> None:
    number = published.ward.open_alert()
    published.start()
    with (
        OutReader(published.broker) as reader,
        closing(published.ward.database.dedicated_connection()) as slow,
    ):
        _wait_for(reader, RESIDENT_A, open_alerts=1)
        now = published.ward.clock.now()
        slow.execute("BEGIN")
        late = events.record(slow, number, EventKind.CLAIMED, now, planned_at=now)
        # Others come after it, and are seen before it.
        for _ in range(60):
            with published.ward.database.transaction() as connection:
                events.record(connection, number, EventKind.CLAIMED, now, planned_at=now)
        wait_until(lambda: len(reader.events) == 60, what="the others")
        assert late < min(one["id"] for one in reader.events)
        slow.execute("COMMIT")
        wait_until(lambda: late in {one["id"] for one in reader.events}, what="the late one")
    assert len(reader.events) == 61


def test_where_no_office_is_named_everything_is_taken_back(
    published: _Published, mimamori: CommandLine
) -> None:
    running = published.start()
    with OutReader(published.broker) as reader:
        _wait_for(reader, RESIDENT_A, state="cannot_tell")
        running.kill()
        mimamori.settings = published.settings | {"MIMAMORI_MQTT_OUT": ""}
        assert mimamori("mqtt-out").code == 0
        wait_until(lambda: not any(reader.last.values()), what="everything to be taken back")
        # Nobody keeps events for a publisher that is not wanted.
        published.ward.open_alert()
        assert not published.ward.execute("SELECT FROM mqtt_out_event")
    mimamori.settings = published.settings | {"MIMAMORI_MQTT_OUT": "office A"}
    assert "names no offices" in mimamori("mqtt-out").err
    del mimamori.settings["MIMAMORI_MQTT_OUT_USERNAME"]
    assert "an account of its own" in mimamori("mqtt-out").err


def test_ingest_takes_what_is_published_for_nothing_of_a_device(
    published: _Published, processes: Processes
) -> None:
    processes.start("ingest", published.settings | {"MIMAMORI_INGEST_FILTERS": "#"})
    published.start()
    with OutReader(published.broker) as reader:
        _wait_for(reader, RESIDENT_A, state="cannot_tell")
        published.ward.open_alert()
        wait_until(lambda: reader.events, what="an event")
        # Behind all of it comes one that ingest cannot use.
        device = DeviceClient(
            published.broker.host, published.broker.port, SIMULATOR, published.broker.password(SIMULATOR), client_id="last"
        )  # fmt: skip
        assert device.publish("mimamori/v1/hall-a/readings", b"{}")
        device.close()
    rows = wait_until(lambda: published.ward.execute("SELECT topic FROM quarantine"), what="the quarantine")
    assert rows == [("mimamori/v1/hall-a/readings",)]
    assert not published.ward.execute("SELECT FROM device_proposal")
    assert json.loads(reader.last[published.topic(RESIDENT_A)])["resident"] == RESIDENT_A
