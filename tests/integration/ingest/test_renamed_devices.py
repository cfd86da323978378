"""A device is known by its address: what its bridge calls it may change, and its readings still are its own."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.evidence.device_profile import ProfileField, ProfileSource
from core.store.database import Database
from core.store.devices import descriptions
from core.store.devices.profiles import followed_by
from core.store.devices.registry import device_in_use
from core.store.telemetry.batches import store_batch
from deploy.doctor.check import CheckResult
from deploy.doctor.devices import device_checks
from deploy.local.mosquitto import Broker
from ingest.codecs import decode
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from tests.support.command_line import CommandLine
from tests.support.ingest import now, registered_ward
from tests.support.paths import TEST_DATA
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until

NOW = now() - timedelta(hours=1)
BRIDGE = "gw/g1/zigbee2mqtt/"
Take = Callable[..., list[str]]


def tasmota(topic: str) -> tuple[str, object]:
    """Return what a Tasmota announces under its address when it has a topic."""
    body = {
        "t": topic,
        "ft": "%prefix%/%topic%/",
        "tp": ["cmnd", "stat", "tele"],
        "mac": "A0B1C2D3E4F5",
        "rl": [1],
    }
    return "gw/g1/tasmota/discovery/A0B1C2D3E4F5/config", body


def things_stack(name: str) -> tuple[str, object]:
    """Return an uplink of a LoRaWAN device under the name that somebody registered it by."""
    body = {
        "end_device_ids": {"device_id": name, "dev_eui": "A840410000000001"},
        "received_at": NOW.isoformat(),
        "uplink_message": {"decoded_payload": {"door": "open"}},
    }
    return f"v3/homes@ward/devices/{name}/up", body


def shelly(prefix: str) -> tuple[str, object]:
    """Return what a Shelly of the second generation says when it connects, under the prefix that somebody set."""
    body = {
        "src": "shellyplus1-a0b1c2d3e4f5",
        "method": "NotifyFullStatus",
        "params": {"switch:0": {"id": 0, "output": True}},
    }
    return f"gw/g1/{prefix}/events/rpc", body


def first_shelly(name: str) -> tuple[str, object]:
    """Return how a Shelly of the first generation announces itself under the name that somebody gave it."""
    return "gw/g1/shellies/announce", {"id": name, "model": "SHDW-2", "mac": "A0B1C2D3E4F5"}


SAID = {one.__name__: (one("door"), one("entrance")) for one in (tasmota, things_stack, shelly, first_shelly)}


@pytest.fixture
def database(database_url: str, tmp_path: Path, mimamori: CommandLine) -> Iterator[Database]:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}
    with registered_ward(database_url, tmp_path), Database(database_url, size=2) as opened:
        for name in ("porch", "porch#2"):
            added = ("--kind", "motion", "--home", "3丁目 A-101", "--sender", f"zigbee2mqtt:g1/{name}")
            assert mimamori("device", "add", name.replace("#", "-"), *added).code == 0
        yield opened


@pytest.fixture
def take(database: Database) -> Take:
    """Give a way to take one message in as the writer does; it returns why it went to quarantine, if it did."""
    devices = Devices(database)

    def one(name: str, body: object, *, minutes: float = 0) -> list[str]:
        at = NOW + timedelta(minutes=minutes)
        topic, payload = BRIDGE + name, json.dumps(body).encode()
        result = decode(topic, payload)
        assert isinstance(result, Decoded)
        devices.prepare([result.sender], at)
        devices.follow_descriptions([said.kept for said in result.proposals], at)
        builder = BatchBuilder(Rules(ZoneInfo("Asia/Tokyo")), devices.find, devices.links, at)
        builder.add(InboundMessage(topic, payload, False, False, at), result)
        with database.transaction() as connection:
            store_batch(connection, builder.batch, at)
        return [refused.reason for refused in builder.batch.refused]

    return one


def listed(**names: str) -> list[dict[str, object]]:
    """Return `bridge/devices` with the names of addresses."""
    return [
        {"friendly_name": name, "ieee_address": address, "type": "EndDevice", "definition": {}}
        for address, name in names.items()
    ]


def readings_of(database: Database, device_id: str) -> int:
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT count(*) FROM reading JOIN device USING (device_number) WHERE device_id = %s AND metric = 1",
            (device_id,),
        ).fetchone()
    return int(row[0]) if row else 0


def sender_of(database: Database, device_id: str) -> str:
    with database.transaction() as connection:
        return device_in_use(connection, device_id).sender


def test_a_device_that_its_bridge_calls_otherwise_goes_on_being_received(
    database: Database, take: Take, mimamori: CommandLine
) -> None:
    take("bridge/devices", listed(a1="porch", a2="hall"))
    take("bridge/devices", listed(a1="玄関", a2="hall"), minutes=1)
    assert take("玄関", {"occupancy": True, "occupancy_2": True}, minutes=2) == []
    assert (readings_of(database, "porch"), readings_of(database, "porch-2")) == (1, 1)
    assert (sender_of(database, "porch"), sender_of(database, "porch-2")) == (
        "zigbee2mqtt:g1/玄関",
        "zigbee2mqtt:g1/玄関#2",
    )
    with database.transaction() as connection:
        (renamed,) = descriptions.renames(connection, NOW)
    assert (renamed.device_id, renamed.former_sender, renamed.sender, renamed.is_followed) == (
        "porch",
        "zigbee2mqtt:g1/porch",
        "zigbee2mqtt:g1/玄関",
        True,
    )
    assert "zigbee2mqtt:g1/玄関" in mimamori("device", "list").out


def test_a_rename_between_two_lists_that_come_at_once_is_followed(database: Database) -> None:
    said = [
        one.kept
        for name in ("porch", "玄関")
        for result in [decode(f"{BRIDGE}bridge/devices", json.dumps(listed(a1=name)).encode())]
        if isinstance(result, Decoded)
        for one in result.proposals
    ]
    with database.transaction() as connection:
        assert descriptions.follow(connection, said, NOW).names == {
            "zigbee2mqtt:g1/porch": "zigbee2mqtt:g1/玄関"
        }


def test_two_devices_that_exchange_their_names_keep_their_readings(database: Database, take: Take) -> None:
    take("bridge/devices", listed(a1="porch", a2="hall"))
    take("bridge/devices", listed(a1="hall", a2="porch"), minutes=1)
    assert take("hall", {"occupancy": True}, minutes=2) == []
    assert (readings_of(database, "porch"), readings_of(database, "z2m-hall")) == (1, 0)
    with database.transaction() as connection:
        assert {one.device_id for one in descriptions.renames(connection, NOW)} == {"porch", "z2m-hall"}


def test_a_name_that_another_device_keeps_is_not_taken_and_that_is_noted_once(
    database: Database, take: Take
) -> None:
    # The bridge never said by which address the second one is known.
    take("bridge/devices", listed(a1="porch"))
    for minute in (1, 2):
        take("bridge/devices", listed(a1="hall"), minutes=minute)
    assert sender_of(database, "porch") == "zigbee2mqtt:g1/porch"
    with database.transaction() as connection:
        assert [one.is_followed for one in descriptions.renames(connection, NOW)] == [False]


def test_the_doctor_names_what_was_renamed(database: Database, take: Take) -> None:
    take("bridge/devices", listed(a1="porch"))
    take("bridge/devices", listed(a1="門"), minutes=1)
    take("bridge/devices", listed(a1="hall"), minutes=2)
    with database.transaction() as connection:
        found = [(one.verdict, one.found) for one in device_checks(connection, now())]
    assert found == [
        (CheckResult.BAD, "porch sends as zigbee2mqtt:g1/hall now, under which another device is registered"),
        (CheckResult.GOOD, "1 devices renamed at their bridge in 7 days: porch (zigbee2mqtt:g1/門)"),
    ]


def test_a_new_device_under_the_name_of_a_broken_one_takes_its_place(database: Database, take: Take) -> None:
    take("bridge/devices", listed(a1="hall"))
    take("bridge/devices", listed(a9="hall"), minutes=1)
    take("bridge/devices", listed(a9="corridor"), minutes=2)
    assert sender_of(database, "z2m-hall") == "zigbee2mqtt:g1/corridor"


def test_the_same_address_behind_another_bridge_is_another_device(database: Database, take: Take) -> None:
    take("bridge/devices", listed(a1="porch"))
    result = decode("gw/g2/zigbee2mqtt/bridge/devices", json.dumps(listed(a1="attic")).encode())
    assert isinstance(result, Decoded)
    with database.transaction() as connection:
        assert not descriptions.follow(connection, [one.kept for one in result.proposals], NOW)
    assert sender_of(database, "porch") == "zigbee2mqtt:g1/porch"


def test_a_device_whose_name_is_spelled_otherwise_is_known_by_its_address_from_then_on(
    database: Database, take: Take
) -> None:
    take("bridge/devices", listed(a1="PORCH", a2="hall"))
    take("bridge/devices", listed(a1="attic", a2="hall"), minutes=1)
    assert sender_of(database, "porch") == "zigbee2mqtt:g1/attic"


def test_two_devices_of_a_bridge_whose_names_differ_in_case_only_stay_two(
    database: Database, take: Take
) -> None:
    take("bridge/devices", listed(a1="porch", a2="Porch"))
    take("bridge/devices", listed(a1="porch", a2="attic"), minutes=1)
    assert sender_of(database, "porch") == "zigbee2mqtt:g1/porch"


@pytest.mark.parametrize(("before", "after"), [*SAID.values()], ids=[*SAID])
def test_a_device_with_a_permanent_address_is_followed_to_its_new_name(
    before: tuple[str, object], after: tuple[str, object], database: Database, mimamori: CommandLine
) -> None:
    said: list[Decoded] = []
    for topic, body in (before, after):
        result = decode(topic, json.dumps(body).encode())
        assert isinstance(result, Decoded)
        said.append(result)
    senders = [one.proposals[0].sender for one in said]
    assert senders[0] != senders[1]
    added = ("--kind", "other", "--home", "3丁目 A-101", "--sender", senders[0])
    assert mimamori("device", "add", "named", *added).code == 0
    for result in said:
        with database.transaction() as connection:
            descriptions.follow(connection, [one.kept for one in result.proposals], NOW)
    assert sender_of(database, "named") == senders[1]


def test_a_name_in_other_case_or_with_composed_marks_is_the_same(
    database: Database, take: Take, mimamori: CommandLine
) -> None:
    added = ("--kind", "motion", "--home", "3丁目 A-101", "--sender", "zigbee2mqtt:g1/トイレ\u3099")
    assert mimamori("device", "add", "toilet-9", *added).code == 0
    assert take("HALL", {"occupancy": True}) == []
    assert take("トイレ\u3099", {"occupancy": True}, minutes=1) == []
    assert take("hall 2", {"occupancy": True}) == ["unknown_device"]
    assert (readings_of(database, "z2m-hall"), readings_of(database, "toilet-9")) == (1, 1)


def test_what_a_bridge_describes_is_the_profile_of_devices_without_another(
    database: Database, take: Take, mimamori: CommandLine
) -> None:
    current = {"type": "numeric", "name": "current", "property": "current", "access": 1, "unit": "mA"}
    said = [
        {**one, "definition": {"vendor": "M", "model": "P", "exposes": [current]}}
        for one in listed(a1="porch", a2="hall")
    ]
    assert mimamori("device", "profile", "assign", "owon-spm915", "porch").code == 0
    take("bridge/devices", said)
    take("hall", {"current": 250}, minutes=1)
    with database.transaction() as connection:
        followed = followed_by(connection, device_in_use(connection, "z2m-hall").number).stored
        chosen = followed_by(connection, device_in_use(connection, "porch").number).stored
        rows = connection.execute("SELECT value FROM reading WHERE metric = 14").fetchall()
    assert followed is not None
    assert followed.profile.source is ProfileSource.EXPOSES
    assert followed.profile.fields == (ProfileField("current_a", field="current", unit="mA"),)
    assert chosen is not None
    assert chosen.profile.name == "owon-spm915"
    assert rows == [(0.25,)]


def test_a_rename_at_a_running_bridge_is_followed_once_and_not_taken_back(
    database_url: str, tmp_path: Path, broker: Broker, processes: Processes
) -> None:
    steps = (TEST_DATA / "cases" / "c18-rename.steps").read_text(encoding="utf-8").splitlines()
    said = [line.split("\t") for line in steps if "\t" in line]
    with registered_ward(database_url, tmp_path) as rows:
        ingest = processes.start("ingest", service_settings(database_url, broker))
        renames = "SELECT former_sender, sender, is_followed FROM device_rename ORDER BY at, sender"
        names = [("zigbee2mqtt:g1/hall", "zigbee2mqtt:g1/廊下", True)]
        with Publisher(broker) as bridge:
            for topic, payload, *flags in said:
                bridge.publish(f"gw/g1/{topic}", payload.encode(), retain=flags == ["r"])
            bridge.flush()
            wait_until(lambda: rows.of("SELECT 1 FROM reading WHERE metric = 1"))
            assert rows.of(renames) == names
            # Whoever connects anew gets the retained list once more, and the bridge says it again at its own start.
            ingest.kill()
            processes.start("ingest", service_settings(database_url, broker))
            bridge.publish(f"gw/g1/{said[-2][0]}", said[-2][1].encode(), retain=True)
            bridge.publish("gw/g1/zigbee2mqtt/廊下", b'{"occupancy": false}')
            bridge.publish("gw/g1/zigbee2mqtt/廊下", b'{"occupancy": true, "battery": 96}')
            bridge.flush()
            wait_until(lambda: rows.of("SELECT 1 FROM reading WHERE metric = 40 AND value = 96"))
        assert rows.of(renames) == names
        assert rows.of("SELECT sender FROM device_proposal") == [], "it is registered, under whichever name"
        found = rows.of(
            "SELECT DISTINCT device_id FROM reading JOIN device USING (device_number) WHERE metric = 1"
        )
        assert found == [("z2m-hall",)]


def test_a_device_that_was_given_a_home_a_moment_ago_is_in_it_with_its_next_message(
    database: Database, mimamori: CommandLine
) -> None:
    devices, sender = Devices(database), "zigbee2mqtt:g1/porch"
    assert mimamori("device", "unassign", "porch").code == 0
    devices.prepare([sender], datetime.now(UTC))
    in_store = devices.find(sender)
    assert in_store is not None
    assert in_store.zone is None

    # Whoever fits a button tries it at once.
    assert mimamori("device", "move", "porch", "--home", "3丁目 A-101").code == 0
    devices.prepare([sender], datetime.now(UTC))
    fitted = devices.find(sender)
    assert fitted is not None
    assert fitted.zone is not None
