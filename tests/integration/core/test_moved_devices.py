"""Devices that move, are shared or replaced: what they measured belongs to whose they were at that time, however late it comes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.store.database import Connection, Database
from core.store.devices import moves
from core.store.devices.registry import Placement
from core.store.telemetry import readings, rule_windows
from core.store.telemetry.batches import store_batch
from ingest.codecs import decode
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from tests.support.ingest import Rows, fixes
from tests.support.ingest import readings as body
from tests.support.wards.ward_files import register, small_ward, write_ward

# A whole second, since the boundary itself is tried.
NOW = datetime.now(UTC).replace(microsecond=0)
MOVED = NOW - timedelta(hours=1)
BEFORE, AFTER = MOVED - timedelta(minutes=5), MOVED + timedelta(minutes=5)
LEAD, OTHER, NEIGHBOUR = 1, 2, 3
FIRST, SECOND = 1, 2
Publish = Callable[[str, str, bytes], None]
SINCE = "2026-01-01T00:00:00+09:00"


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """Give a ward of a home with two residents, and a neighbour's."""
    ward = small_ward()
    first = ward["homes"][0]
    office = first["office"]
    first["residents"].append({"key": "r2", "name": "山田一郎", "watched_from": SINCE})
    first["devices"].append(
        {"device_id": "tracker-1", "sender": "native:tracker-1", "kind": "tracker", "resident": "r2"}
    )
    for device in first["devices"]:
        device["since"] = SINCE
    ward["homes"].append(
        {
            "name": "3丁目 A-102",
            "office": office,
            "residents": [{"key": "r3", "name": "佐藤次郎", "watched_from": SINCE}],
        }
    )
    with Database(database_url, size=2) as opened:
        with opened.transaction() as connection:
            register(connection, write_ward(tmp_path, ward))
        yield opened


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """Give a connection whose transactions end with each statement."""
    held = database.dedicated_connection()
    yield held
    held.close()


@pytest.fixture
def publish(database: Database) -> Publish:
    """Give a way to take one message in, through all that ingest does with it but the broker."""
    rules = Rules(zone=ZoneInfo("Asia/Tokyo"))

    def one(device: str, kind: str, payload: bytes) -> None:
        received_at = datetime.now(UTC)
        message = InboundMessage(f"mimamori/v1/{device}/{kind}", payload, False, False, received_at)
        found = decode(message.topic, message.payload)
        assert isinstance(found, Decoded)
        devices = Devices(database)
        devices.prepare([found.sender], received_at)
        builder = BatchBuilder(rules, devices.find, devices.links, NOW - timedelta(days=1))
        builder.add(message, found)
        builder.finish(devices.links)
        assert not builder.batch.refused
        with database.transaction() as connection:
            store_batch(connection, builder.batch, received_at)

    return one


def life_signs(connection: Connection, home: int, resident: int) -> list[datetime]:
    found = rule_windows.life_signs(connection, home, resident, NOW - timedelta(days=1), NOW)
    return sorted(datetime.fromtimestamp(time, UTC) for signs in found for time in signs.times)


def shown(connection: Connection, resident: int) -> list[datetime]:
    found = readings.readings(
        connection, resident, metric=None, since=NOW - timedelta(days=1), until=NOW, limit=100, after=None
    )
    return [one.time for one in found]


def test_late_readings_belong_to_the_home_of_their_time(connection: Connection, publish: Publish) -> None:
    moves.move_device(connection, "hall-1", Placement(SECOND, None), NOW, since=MOVED)
    connection.execute("DELETE FROM home_change")
    # One message, sent after the move: from before it, of its very moment, and from after it.
    moments = (BEFORE, MOVED - timedelta(microseconds=1), MOVED, AFTER)
    publish("hall-1", "readings", body(1, *(("motion", True, moment) for moment in moments)))

    assert life_signs(connection, FIRST, LEAD) == shown(connection, LEAD) == list(moments[:2])
    assert life_signs(connection, SECOND, NEIGHBOUR) == shown(connection, NEIGHBOUR) == list(moments[2:])
    rows = Rows(connection)
    assert rows.of("SELECT home_id, life_sign_at FROM home_latest ORDER BY home_id") == [
        (FIRST, moments[1]),
        (SECOND, AFTER),
    ]
    assert {home for (home,) in rows.of("SELECT home_id FROM home_change")} == {FIRST, SECOND}


def test_a_move_recorded_afterwards_takes_along_what_came_since(
    connection: Connection, publish: Publish
) -> None:
    for seq, moment in enumerate((BEFORE, AFTER), 1):
        publish("hall-1", "readings", body(seq, ("motion", True, moment), ("temperature_c", 31.0, moment)))
    connection.execute("DELETE FROM home_change")
    moves.move_device(connection, "hall-1", Placement(SECOND, None), NOW, since=MOVED)

    assert life_signs(connection, FIRST, LEAD) == [BEFORE]
    assert life_signs(connection, SECOND, NEIGHBOUR) == [AFTER]
    rows = Rows(connection)
    assert rows.of("SELECT home_id, life_sign_at FROM home_latest ORDER BY home_id") == [
        (FIRST, BEFORE),
        (SECOND, AFTER),
    ]
    # Both are evaluated again from the move on.
    changes = rows.of("SELECT DISTINCT home_id, earliest FROM home_change ORDER BY home_id")
    assert changes == [(FIRST, MOVED), (SECOND, MOVED)]


def test_a_value_from_before_a_move_is_not_the_new_homes(connection: Connection, publish: Publish) -> None:
    publish("hall-1", "readings", body(1, ("temperature_c", 31.0, BEFORE)))
    moves.move_device(connection, "hall-1", Placement(SECOND, None), NOW, since=MOVED)
    values = readings.latest_values(connection, NEIGHBOUR, ["temperature_c"])
    assert values == []
    publish("hall-1", "readings", body(2, ("temperature_c", 24.0, AFTER)))
    assert [one.value for one in readings.latest_values(connection, NEIGHBOUR, ["temperature_c"])] == [24.0]


def test_a_late_press_calls_for_whose_the_button_was(connection: Connection, publish: Publish) -> None:
    moves.move_device(connection, "sos-1", Placement(SECOND, NEIGHBOUR), NOW, since=MOVED)
    publish("sos-1", "readings", body(1, ("sos", True, BEFORE)))

    def presses(home: int, resident: int) -> list[datetime]:
        since = NOW - timedelta(days=1)
        return [
            press.time
            for press in rule_windows.presses(
                connection, home, resident, since, began_from=since - timedelta(days=30), is_lead=True
            )
        ]

    assert presses(FIRST, LEAD) == [BEFORE]
    assert presses(SECOND, NEIGHBOUR) == []
    publish("sos-1", "readings", body(2, ("sos", True, AFTER)))
    assert presses(SECOND, NEIGHBOUR) == [AFTER]


def test_a_press_from_before_the_button_was_anybodys_is_not_lost(
    connection: Connection, publish: Publish
) -> None:
    connection.execute(
        "UPDATE device_assignment SET during = tstzrange(%s, NULL)"
        " WHERE device_number = (SELECT device_number FROM device WHERE device_id = 'sos-1')",
        [MOVED],
    )
    publish("sos-1", "readings", body(1, ("sos", True, BEFORE)))
    since = NOW - timedelta(days=1)
    began_from = since - timedelta(days=30)
    found = rule_windows.presses(connection, FIRST, LEAD, since, began_from=began_from, is_lead=True)
    assert [press.time for press in found] == [BEFORE]
    assert Rows(connection).of("SELECT DISTINCT home_id, urgent FROM home_change") == [(FIRST, True)]


def test_what_a_device_in_store_says_is_nobodys(connection: Connection, publish: Publish) -> None:
    moves.move_device(connection, "hall-1", None, NOW, since=MOVED)
    publish("hall-1", "readings", body(1, ("motion", True, BEFORE), ("motion", True, AFTER)))
    assert life_signs(connection, FIRST, LEAD) == [BEFORE]
    assert life_signs(connection, SECOND, NEIGHBOUR) == []
    assert Rows(connection).count("reading") == 2


def test_a_replaced_device_hands_in_late_what_it_measured_before(
    connection: Connection, publish: Publish
) -> None:
    moves.replace_device(connection, "hall-1", "hall-new", NOW, since=MOVED)
    publish("hall-1", "readings", body(1, ("motion", True, BEFORE), ("motion", True, AFTER)))
    publish("hall-new", "readings", body(1, ("motion", True, AFTER + timedelta(minutes=1))))
    # What the old one still says after the exchange, on somebody's desk, is nobody's.
    assert life_signs(connection, FIRST, LEAD) == [BEFORE, AFTER + timedelta(minutes=1)]
    assert Rows(connection).count("quarantine") == 0


def test_a_shared_tracker_is_followed_for_the_first_resident_of_the_home(
    connection: Connection, publish: Publish
) -> None:
    moves.share_device(connection, "tracker-1", NOW, since=MOVED)
    publish("tracker-1", "fix", fixes(1, (35.6, 139.8, BEFORE), (35.61, 139.81, AFTER)))

    def track(resident: int, *, is_lead: bool) -> list[float]:
        since = NOW - timedelta(days=1)
        return [
            one[1] for one in rule_windows.track(connection, FIRST, resident, since, NOW, is_lead=is_lead)
        ]

    # While it was his own it reported of him; from then on nobody can tell which of the two carries it.
    assert track(OTHER, is_lead=False) == [35.6]
    assert track(LEAD, is_lead=True) == [35.61]


def test_a_shared_sensor_is_a_life_sign_of_everybody_in_the_home(
    connection: Connection, publish: Publish
) -> None:
    publish("hall-1", "readings", body(1, ("motion", True, AFTER)))
    assert life_signs(connection, FIRST, LEAD) == life_signs(connection, FIRST, OTHER) == [AFTER]
    assert shown(connection, LEAD) == shown(connection, OTHER) == [AFTER]
