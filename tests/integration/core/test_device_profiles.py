"""Profiles of devices: entered, tried, followed, and what ingest makes of messages by them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.device_proposal import Proposed
from core.domain.evidence.device_profile import FieldMeaning, ProfileField, ProfileSource
from core.domain.metrics import METRICS_BY_NUMBER, Evidence
from core.store.database import Database
from core.store.devices import proposals
from core.store.telemetry import batches
from ingest.codecs import decode
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from tests.support.command_line import CommandLine
from tests.support.ingest import now, registered_ward


def test_ingest_finds_a_device_with_its_profile(database_url: str, tmp_path: Path) -> None:
    with registered_ward(database_url, tmp_path) as rows, Database(database_url) as database:
        rows.do(
            "WITH made AS (INSERT INTO device_profile (name, version, vendor, model, source, fields, created_at)"
            " VALUES ('no clear', 1, 'maker', 'm1', 'by_hand', '[{\"metric\": \"motion\", \"evidence\": \"pulse\"}]', now())"
            " RETURNING profile_id) UPDATE device SET profile_id = made.profile_id FROM made"
            " WHERE device_id = 'z2m-hall'"
        )
        with database.transaction() as connection:
            found = {one.device_id: one for one in batches.sending_devices(connection, datetime.now(UTC))}
    profile = found["z2m-hall"].profile
    assert profile is not None
    assert (profile.name, profile.version, profile.source) == ("no clear", 1, ProfileSource.BY_HAND)
    assert profile.fields == (ProfileField("motion", Evidence.PULSE),)
    assert found["hall-2"].profile is None


NOW = now() - timedelta(hours=1)
_BUTTON = 'name = "my-button"\n[fields]\nAlarm = { metric = "sos", raised = [7], over = [0] }\n[readings]\nbutton = "call"\n'


@pytest.fixture
def database(database_url: str, tmp_path: Path, mimamori: CommandLine) -> Iterator[Database]:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}
    with registered_ward(database_url, tmp_path), Database(database_url, size=2) as opened:
        yield opened


def take_in(database: Database, topic: str, payload: bytes, at: datetime = NOW) -> None:
    """Store a message as ingest does."""
    message, result = InboundMessage(topic, payload, False, False, at), decode(topic, payload)
    assert isinstance(result, Decoded)
    devices = Devices(database)
    devices.prepare([result.sender], at)
    builder = BatchBuilder(Rules(ZoneInfo("Asia/Tokyo")), devices.find, devices.links, at)
    builder.add(message, result)
    with database.transaction() as connection:
        batches.store_batch(connection, builder.batch, at)


def stored(database: Database, device_id: str) -> list[tuple[str, float]]:
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT metric, value FROM reading JOIN device USING (device_number) WHERE device_id = %s"
            " ORDER BY time, metric",
            (device_id,),
        ).fetchall()
    return [(METRICS_BY_NUMBER[metric].name, value) for metric, value in rows]


def test_a_field_map_is_entered_tried_and_followed_and_lets_the_quarantine_through(
    database: Database, mimamori: CommandLine, tmp_path: Path
) -> None:
    take_in(database, "gw/g1/zigbee2mqtt/hall", b'{"Alarm": 7}')
    take_in(database, "gw/g1/zigbee2mqtt/hall", b'{"Alarm": 9, "action": "hold"}', NOW + timedelta(minutes=1))
    assert stored(database, "z2m-hall") == [("button", 4.0)]
    (tmp_path / "bad.toml").write_text('name = "my-button"\n[fields]\nAlarm = "soss"\n', encoding="utf-8")
    assert (
        "bad.toml, line 3: fields.Alarm: there is no metric"
        in mimamori("device", "profile", "import", "bad.toml").err
    )
    (tmp_path / "button.toml").write_text(_BUTTON, encoding="utf-8")
    assert "my-button is version 1 now" in mimamori("device", "profile", "import", "button.toml").out
    tried = mimamori("device", "profile", "try", "my-button", "z2m-hall").out
    assert "2 messages of z2m-hall wait in quarantine" in tried
    # The press beside the unknown value is a call too.
    assert "would be read:\n  2 times sos true" in tried
    assert "1 times unclear_call: Alarm is a call by the profile" in tried
    assert "1 times button hold -> sos true" in tried
    assert stored(database, "z2m-hall") == [("button", 4.0)], "trying changes nothing"
    assert (
        "z2m-hall follows my-button, version 1,"
        in mimamori("device", "profile", "assign", "my-button", "z2m-hall").out
    )
    assert mimamori("quarantine", "release").out.startswith("1 went through\n1 stay: unclear_call")
    assert ("sos", 1.0) in stored(database, "z2m-hall")
    # From now on a press is a call; what was stored stays.
    take_in(database, "gw/g1/zigbee2mqtt/hall", b'{"action": "single"}', NOW + timedelta(minutes=2))
    assert stored(database, "z2m-hall")[-1] == ("sos", 1.0)


def test_a_field_map_is_tried_on_whom_nobody_registered_and_on_all_of_a_model(
    database: Database, mimamori: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "button.toml").write_text(_BUTTON, encoding="utf-8")
    take_in(database, "gw/g1/zigbee2mqtt/attic", b'{"Alarm": 7}')
    with database.transaction() as connection:
        said = Proposed("zigbee2mqtt:g1/attic", "attic", "Maker B1", frozenset())
        proposals.keep(connection, [said], NOW)
    tried = mimamori("device", "profile", "try", "button.toml", "--sender", "zigbee2mqtt:g1/attic").out
    assert (
        "1 messages of zigbee2mqtt:g1/attic wait in quarantine\nwould be read:\n  1 times sos true" in tried
    )
    tried = mimamori("device", "profile", "try", "button.toml", "--model", "maker-b1").out
    assert "1 messages of 1 devices of the model maker-b1 wait in quarantine" in tried
    assert "  1 of zigbee2mqtt:g1/attic, which nobody registered" in tried
    for asked in ((), ("z2m-hall", "--model", "maker-b1")):
        assert "name one of the three" in mimamori("device", "profile", "try", "button.toml", *asked).err
    assert (
        "no device of the model B9"
        in mimamori("device", "profile", "try", "button.toml", "--model", "B9").err
    )


def test_a_change_is_a_new_version_which_devices_follow_when_they_are_asked_to(
    database: Database, mimamori: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "button.toml"
    file.write_text(_BUTTON, encoding="utf-8")
    assert "version 1 now" in mimamori("device", "profile", "import", "button.toml").out
    assert "version 1 now" in mimamori("device", "profile", "import", "button.toml").out
    assigned = mimamori("device", "profile", "assign", "my-button", "z2m-hall", "--meaning", "bed")
    assert "it means a bed" in assigned.out
    file.write_text(_BUTTON.replace("7", "8"), encoding="utf-8")
    assert "version 2 now" in mimamori("device", "profile", "import", "button.toml").out
    exported = mimamori("device", "profile", "export", "my-button@1").out
    assert 'raised = ["7"]' in exported
    assert 'raised = ["8"]' in mimamori("device", "profile", "export", "my-button").out
    with database.transaction() as connection:
        found = {one.device_id: one for one in batches.sending_devices(connection, NOW)}["z2m-hall"].profile
    assert found is not None
    assert (found.version, found.fields[0].raised) == (1, ("7",))
    assert found.changed_readings[-1].meaning is FieldMeaning.BED
    listed = mimamori("device", "profile", "list").out
    assert any(line.split() == ["my-button", "2", "by", "hand", "1"] for line in listed.splitlines())
    assert "browan-tbdw100" in listed
    shown = mimamori("device", "profile", "show", "browan-tbdw100").out
    assert "contact_open" in shown
    assert "from https://github.com/TheThingsNetwork" in shown
    assert "follows no profile" in mimamori("device", "profile", "assign", "none", "z2m-hall").out
    assert (
        "there is no profile x, version 3" in mimamori("device", "profile", "assign", "x@3", "z2m-hall").err
    )


def test_a_sensor_of_movement_cannot_be_made_a_call(database: Database, mimamori: CommandLine) -> None:
    take_in(database, "gw/g1/zigbee2mqtt/hall", b'{"occupancy": true}')
    answer = mimamori("device", "profile", "assign", "none", "z2m-hall", "--meaning", "call")
    assert answer.code == 65
    assert "z2m-hall cannot mean 'call': it measures motion" in answer.err
    assert "possible are as_measured, bed, chair" in answer.err


def test_the_channel_of_a_board_has_the_meaning_of_its_own_registration(
    database: Database, mimamori: CommandLine
) -> None:
    added = ("--kind", "button", "--home", "3丁目 A-101", "--sender", "zigbee2mqtt:g1/hall#2")
    assert mimamori("device", "add", "cord-1", *added).code == 0
    assert mimamori("device", "profile", "assign", "none", "cord-1", "--meaning", "call").code == 0
    take_in(database, "gw/g1/zigbee2mqtt/hall", b'{"state_1": "ON", "state_2": "ON"}')
    assert stored(database, "cord-1") == [("sos", 1.0)]
    assert stored(database, "z2m-hall") == [("switch_on", 1.0)]


def test_a_device_whose_model_the_library_knows_follows_its_profile_when_it_is_accepted(
    database: Database, mimamori: CommandLine
) -> None:
    definition = {"vendor": "OWON", "model": "SPM915"}
    described = {"friendly_name": "bed", "ieee_address": "0x1", "type": "EndDevice", "definition": definition}
    result = decode("gw/g1/zigbee2mqtt/bridge/devices", json.dumps([described]).encode())
    assert isinstance(result, Decoded)
    with database.transaction() as connection:
        proposals.keep(connection, [one.kept for one in result.proposals], NOW)
    assert mimamori("device", "accept", "1", "--home", "3丁目 A-101", "--kind", "bed").code == 0
    take_in(database, "gw/g1/zigbee2mqtt/bed", b'{"contact": false}')
    assert stored(database, "bed") == [("bed_occupied", 1.0)]
