"""No field is dropped in silence: what is not read is counted by sender and shown, names only."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.store.database import Database
from core.store.devices import unread_fields
from deploy.doctor.check import Check, CheckResult
from deploy.doctor.devices import device_checks
from deploy.local.mosquitto import Broker
from tests.support.command_line import CommandLine
from tests.support.ingest import Rows, now, registered_ward
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until

HALL, STRANGER = "zigbee2mqtt:g1/hall", "zigbee2mqtt:g1/new"
_DISCOVERY = json.dumps(
    {
        "name": "Action",
        "device_class": "motion",
        "state_topic": "zigbee2mqtt/new",
        "unique_id": "0x1_motion",
        "device": {"name": "new", "manufacturer": "Maker", "model": "M1"},
    }
).encode()


@pytest.fixture
def rows(database_url: str, tmp_path: Path, mimamori: CommandLine) -> Iterator[Rows]:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}
    with registered_ward(database_url, tmp_path) as found:
        yield found


def checks(database_url: str) -> list[Check]:
    with Database(database_url, size=1) as database, database.transaction() as connection:
        return [one for one in device_checks(connection, now()) if one.name == "unread fields"]


def count(rows: Rows, sender: str, field: str) -> int:
    found = rows.of("SELECT messages FROM unread_field WHERE sender = %s AND field = %s", (sender, field))
    return int(found[0][0]) if found else 0


def test_fields_that_nobody_reads_are_shown_for_devices_and_for_strangers(
    database_url: str, rows: Rows, broker: Broker, processes: Processes, mimamori: CommandLine
) -> None:
    ingest = processes.start("ingest", service_settings(database_url, broker))
    with Publisher(broker) as bridge:
        bridge.publish("gw/g1/homeassistant/binary_sensor/0x1/motion/config", _DISCOVERY)
        for number in range(3):
            bridge.publish(
                "gw/g1/zigbee2mqtt/hall",
                json.dumps({"occupancy": True, "work_state": f"secret {number}"}).encode(),
            )
            bridge.publish("gw/g1/zigbee2mqtt/new", json.dumps({"Alarm_mode": number, "status": 1}).encode())
        bridge.flush()
        wait_until(lambda: count(rows, HALL, "work_state") and count(rows, STRANGER, "status"))
        # What waits in memory is not lost when ingest ends.
        wait_until(lambda: sum(n for (n,) in rows.of("SELECT stored_messages FROM ingest_progress")) == 7)
        ingest.stop()
    assert (count(rows, HALL, "work_state"), count(rows, STRANGER, "status")) == (3, 3)
    assert not rows.of("SELECT 1 FROM unread_field WHERE unread_field::text LIKE '%%secret%%'")
    shown_by_doctor = {one.found: one.verdict for one in checks(database_url)}
    assert shown_by_doctor == {
        "1 devices have fields that are not read: z2m-hall: work_state": CheckResult.GOOD,
        f"1 senders that nobody registered have such fields: {STRANGER}: Alarm_mode, status": CheckResult.GOOD,
    }
    (number,) = rows.of("SELECT proposal_id FROM device_proposal")[0]
    shown = mimamori("device", "proposal", str(number)).out
    assert "came and was not read:\n  Alarm_mode (3 times)\n  status (3 times)" in shown
    assert "Alarm_mode, status" in " ".join(mimamori("device", "proposals").out.split())


def test_a_device_of_which_nothing_is_read_is_to_be_looked_at(database_url: str, rows: Rows) -> None:
    add(database_url, "status")
    (check,) = checks(database_url)
    assert check.verdict is CheckResult.LOOK
    assert check.found == "of z2m-hall nothing but its health is read, not: status"
    rows.do(
        "INSERT INTO device_latest SELECT device_number, 1, now(), 1 FROM device WHERE device_id = 'z2m-hall'"
    )
    assert [one.verdict for one in checks(database_url)] == [CheckResult.GOOD]


def test_counting_begins_anew_with_a_profile_and_under_a_new_name(
    database_url: str, rows: Rows, mimamori: CommandLine
) -> None:
    add(database_url, "status")
    mimamori("device", "profile", "assign", "browan-tbms100", "z2m-hall")
    assert rows.count("unread_field") == 0


def test_a_flood_of_names_is_bounded(database_url: str, rows: Rows) -> None:
    for start in (0, 60):
        add(database_url, *(f"name {number}" for number in range(start, start + 60)))
    assert rows.count("unread_field") == 60
    add(database_url, "name 1")
    assert count(rows, HALL, "name 1") == 2


def test_a_table_full_of_strangers_has_room_for_the_fields_of_a_device(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread_fields, "_MOST", 3)
    at = now()
    with Database(database_url, size=1) as database, database.transaction() as connection:
        for number in range(5):
            unread_fields.add(connection, [unread_fields.UnreadField(f"{STRANGER}{number}", "x", 1, at, at)])
    assert rows.count("unread_field") == 3
    add(database_url, "Alarm")
    assert count(rows, HALL, "Alarm") == 1


def test_strangers_of_one_gateway_push_out_none_of_another(
    database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread_fields, "_MOST", 6)
    at = now() - timedelta(hours=1)

    def come(*senders: str, minutes: int) -> None:
        when = at + timedelta(minutes=minutes)
        found = [unread_fields.UnreadField(sender, "x", 1, when, when) for sender in senders]
        with Database(database_url, size=1) as database, database.transaction() as connection:
            unread_fields.add(connection, found)

    come("theengs:g2/a", "theengs:g2/b", HALL, minutes=0)
    for minute in range(1, 9):
        come(*(f"rtl_433:g1/made-up-{minute}-{place}" for place in range(5)), minutes=minute)
    kept = [sender for (sender,) in rows.of("SELECT sender FROM unread_field ORDER BY sender")]
    # Four of the flood, the newest ones; what another gateway said an hour before, and a device, are there still.
    assert kept == [
        *(f"rtl_433:g1/made-up-8-{place}" for place in range(4)),
        "theengs:g2/a",
        "theengs:g2/b",
        HALL,
    ]


def add(database_url: str, *names: str) -> None:
    at = now()
    with Database(database_url, size=1) as database, database.transaction() as connection:
        unread_fields.add(connection, [unread_fields.UnreadField(HALL, name, 1, at, at) for name in names])


def test_a_sender_that_no_table_can_hold_stops_nobody(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    noise = "".join(f"{number:x}-" for number in range(2000))
    with Publisher(broker) as radio:
        for model in ("a\0b", noise):
            said = {"time": "2026-08-01 06:00:00", "model": model, "id": 1, "odd": 3, "temperature_C": 20.5}
            radio.publish("gw/g1/rtl_433/host/events", json.dumps(said).encode())
        radio.publish("gw/g1/zigbee2mqtt/hall", json.dumps({"occupancy": True, "work_state": 1}).encode())
        radio.flush()
        wait_until(lambda: count(rows, HALL, "work_state"), what="what comes after it")
    kept = [
        sender for (sender,) in rows.of("SELECT sender FROM unread_field WHERE field = 'odd' ORDER BY sender")
    ]
    assert [len(one) <= 200 for one in kept] == [True, True]
    assert "rtl_433:g1/a\N{SYMBOL FOR NULL}b/1" in kept
