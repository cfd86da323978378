"""A sensor that never says "clear" is shown with the way to mend it, and nothing is guessed for it."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.reading import ReadingFlag
from core.store.database import Database
from core.store.devices.single_states import single_states
from core.store.telemetry.batches import store_batch
from deploy.doctor.check import CheckResult
from deploy.doctor.devices import device_checks
from deploy.local.mosquitto import Broker
from ingest.codecs import decode
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from tests.support.command_line import CommandLine
from tests.support.ingest import Rows, now, registered_ward
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until

HALL = "gw/g1/zigbee2mqtt/hall"
BEGAN = now() - timedelta(hours=3)


@pytest.fixture
def rows(database_url: str, tmp_path: Path, mimamori: CommandLine) -> Iterator[Rows]:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}
    with registered_ward(database_url, tmp_path) as found:
        yield found


def said(at: datetime, **values: object) -> bytes:
    return json.dumps({**values, "last_seen": at.isoformat()}).encode()


def take_in(database: Database, messages: list[tuple[datetime, bytes]], *, repeated: bool = False) -> None:
    """Store messages in one batch, each received at its time."""
    devices = Devices(database)
    devices.prepare(["zigbee2mqtt:g1/hall"], messages[-1][0])
    builder = BatchBuilder(Rules(ZoneInfo("Asia/Tokyo")), devices.find, devices.links, BEGAN)
    for at, payload in messages:
        builder.add(InboundMessage(HALL, payload, False, repeated, at), decode(HALL, payload))
    builder.finish(devices.links)
    with database.transaction() as connection:
        store_batch(connection, builder.batch, messages[-1][0])


def movements(count: int, apart: timedelta = timedelta(minutes=5)) -> list[tuple[datetime, bytes]]:
    moments = [BEGAN + place * apart for place in range(count)]
    return [(at, said(at, occupancy=True)) for at in moments]


def found(database: Database) -> list[tuple[str, str, int]]:
    with database.transaction() as connection:
        return [(one.device_id, one.metric.name, one.said) for one in single_states(connection)]


def test_a_sensor_that_never_says_clear_is_named_and_counts_once_it_follows_the_profile(
    database_url: str, rows: Rows, broker: Broker, processes: Processes, mimamori: CommandLine
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    with Publisher(broker) as bridge:
        for _, payload in movements(24):
            bridge.publish(HALL, payload)
        bridge.flush()
        wait_until(lambda: rows.of("SELECT 1 FROM device_state WHERE said = 24"))
        assert not rows.of("SELECT 1 FROM reading WHERE is_life_sign(flags)"), "nothing is guessed"
        with Database(database_url, size=1) as database, database.transaction() as connection:
            (one,) = single_states(connection)
            (check,) = [one for one in device_checks(connection, now()) if one.name == "one state only"]
        assert (one.device_id, one.metric.name, one.said, round(one.per_hour)) == (
            "z2m-hall",
            "motion",
            24,
            12,
        )
        assert check.verdict is CheckResult.LOOK
        assert "z2m-hall said motion 24 times since" in check.found
        assert check.advice.endswith("mimamori device profile assign pulse z2m-hall")

        assert "follows pulse" in mimamori("device", "profile", "assign", "pulse", "z2m-hall").out

        def counts() -> bool:
            bridge.publish(HALL, said(now(), occupancy=True))
            bridge.flush()
            return bool(rows.of("SELECT 1 FROM reading WHERE is_life_sign(flags)"))

        wait_until(counts)
    with Database(database_url, size=1) as database:
        assert found(database) == []


def test_a_sensor_is_named_from_the_twentieth_time_on_and_after_an_hour(
    database: Database, rows: Rows
) -> None:
    del rows
    for message in movements(19):
        take_in(database, [message])
    assert found(database) == []
    at = BEGAN + timedelta(minutes=95)
    take_in(database, [(at, said(at, occupancy=True))])
    assert found(database) == [("z2m-hall", "motion", 20)]


def test_a_busy_hour_is_not_long_enough(database: Database, rows: Rows) -> None:
    del rows
    take_in(database, movements(30, timedelta(minutes=2)))
    assert found(database) == []
    at = BEGAN + timedelta(minutes=60)
    take_in(database, [(at, said(at, occupancy=True))])
    assert found(database) == [("z2m-hall", "motion", 31)]


@pytest.mark.parametrize("place", [0, 12, 23])
def test_one_clear_at_any_time_shows_that_the_sensor_says_it(
    database: Database, rows: Rows, place: int
) -> None:
    del rows
    messages = movements(24)
    at = messages[place][0] + timedelta(minutes=1)
    take_in(database, sorted([*messages, (at, said(at, occupancy=False))]))
    assert found(database) == []


def test_a_clear_that_comes_late_shows_it_too(database: Database, rows: Rows) -> None:
    del rows
    take_in(database, movements(24))
    assert found(database) == [("z2m-hall", "motion", 24)]
    at = BEGAN + timedelta(minutes=7)
    take_in(database, [(at, said(at, occupancy=False))])
    assert found(database) == []


def test_a_burst_and_what_comes_a_second_time_are_one_saying(database: Database, rows: Rows) -> None:
    del rows
    for at, _ in movements(24):
        again = at + timedelta(seconds=2)
        take_in(database, [(at, said(at, occupancy=True)), (again, said(again, occupancy=True))])
    assert found(database) == [("z2m-hall", "motion", 24)]
    at = BEGAN + timedelta(hours=2)
    take_in(database, [(at, b'{"occupancy": true}')], repeated=True)
    assert found(database) == [("z2m-hall", "motion", 24)]


def test_presence_has_a_day_and_no_profile_that_would_believe_it(database: Database, rows: Rows) -> None:
    rows.do("UPDATE device SET kind = 'motion' WHERE device_id = 'z2m-hall'")
    for hours in range(0, 24):
        at = BEGAN + timedelta(hours=hours)
        take_in(database, [(at, said(at, presence=True))])
    assert found(database) == []
    at = BEGAN + timedelta(hours=24)
    take_in(database, [(at, said(at, presence=True))])
    assert found(database) == [("z2m-hall", "presence", 25)]
    with database.transaction() as connection:
        (check,) = [one for one in device_checks(connection, at) if one.name == "one state only"]
    assert check.advice.startswith("let it say the end too")


def test_a_door_that_was_never_opened_and_a_call_are_not_named(database: Database, rows: Rows) -> None:
    rows.do("UPDATE device SET kind = 'door' WHERE device_id = 'z2m-hall'")
    moments = [BEGAN + timedelta(hours=hours) for hours in range(48)]
    take_in(database, [(at, said(at, contact=True)) for at in moments])
    take_in(database, [(at, said(at, sos=True)) for at in moments])
    assert found(database) == []
    take_in(
        database,
        [(at + timedelta(hours=72), said(at + timedelta(hours=72), contact=False)) for at in moments],
    )
    assert found(database) == []


def test_a_sensor_is_counted_anew_under_another_profile(
    database: Database, rows: Rows, mimamori: CommandLine
) -> None:
    take_in(database, movements(24))
    mimamori("device", "profile", "assign", "browan-tbms100", "z2m-hall")
    assert rows.of("SELECT said, lowest FROM device_state") == [(0, None)]
    assert found(database) == []
    assert not [
        flags
        for (flags,) in rows.of("SELECT flags FROM reading")
        if ReadingFlag.LIFE_SIGN in ReadingFlag(flags)
    ]


def test_proposals_say_which_profile_a_sensor_without_a_clear_needs(
    database: Database, rows: Rows, mimamori: CommandLine
) -> None:
    del rows
    topic = "gw/g1/homeassistant/binary_sensor/0x1/occupancy/config"
    payload = json.dumps(
        {
            "name": "Occupancy",
            "device_class": "occupancy",
            "state_topic": "zigbee2mqtt/new",
            "unique_id": "0x1_occupancy",
            "device": {"name": "new", "manufacturer": "Maker", "model": "M1"},
        }
    ).encode()
    builder = BatchBuilder(
        Rules(ZoneInfo("Asia/Tokyo")), lambda _sender: None, Devices(database).links, BEGAN
    )
    builder.add(InboundMessage(topic, payload, True, False, BEGAN), decode(topic, payload))
    with database.transaction() as connection:
        store_batch(connection, builder.batch, BEGAN)
    assert "mimamori device profile assign pulse DEVICE" in mimamori("device", "proposals").out
