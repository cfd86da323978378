"""Devices that gateways describe are proposed, and registered with one command."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.device import DeviceKind
from core.domain.device_proposal import Proposed
from core.store.database import Database
from core.store.devices import proposals
from core.store.telemetry.batches import store_batch
from ingest.codecs import decode
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from tests.support.command_line import CommandLine
from tests.support.wards.ward_files import register_small_ward

NOW = datetime(2026, 8, 3, 9, tzinfo=UTC)
DISCOVERY = b"""{"name": "Motion", "device_class": "%s", "state_topic": "zigbee2mqtt/Hallway 2",
"unique_id": "0x1_%s", "device": {"name": "Hallway 2", "manufacturer": "Aqara", "model": "RTCGQ11LM"}}"""
Take = Callable[..., None]


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    register_small_ward(database_url, tmp_path)
    with Database(database_url, size=2) as opened:
        yield opened


@pytest.fixture
def take(database: Database) -> Take:
    """Give a way to take one discovery message in."""

    def one(word: bytes = b"motion", now: datetime = NOW) -> None:
        topic = f"gw/g1/homeassistant/binary_sensor/0x1/{word.decode()}/config"
        message = InboundMessage(topic, DISCOVERY % (word, word), True, False, now)
        devices = Devices(database)
        builder = BatchBuilder(Rules(ZoneInfo("Asia/Tokyo")), devices.find, devices.links, now)
        builder.add(message, decode(message.topic, message.payload))
        assert not builder.batch.refused
        with database.transaction() as connection:
            store_batch(connection, builder.batch, now)

    return one


def waiting(database: Database) -> list[proposals.DeviceProposal]:
    with database.transaction() as connection:
        return proposals.waiting(connection)


def test_what_a_gateway_says_of_one_device_is_one_proposal(database: Database, take: Take) -> None:
    take(b"battery")
    take(b"motion", NOW + timedelta(days=1))
    (found,) = waiting(database)
    assert (found.sender, found.name, found.model) == (
        "zigbee2mqtt:g1/Hallway 2",
        "Hallway 2",
        "Aqara RTCGQ11LM",
    )
    assert found.device_classes == ("battery", "motion")
    assert (found.kind, found.device_id) == (DeviceKind.MOTION, "hallway-2")
    assert (found.first_seen_at, found.last_seen_at) == (NOW, NOW + timedelta(days=1))


def test_one_command_registers_a_proposed_device(
    database: Database, take: Take, mimamori: CommandLine, database_url: str
) -> None:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}
    assert mimamori("device", "proposals").out.startswith("no gateway describes")
    take()
    assert "zigbee2mqtt:g1/Hallway 2" in mimamori("device", "proposals").out
    mimamori.settings |= {"COLUMNS": "80"}
    narrow = mimamori("device", "proposals").out
    assert "…" not in narrow, "nothing of a sender is cut off"
    cells = [line.split("│")[2].strip() for line in narrow.splitlines() if line.startswith("│")]
    assert "zigbee2mqtt:g1/Hallway2" in "".join(cells).replace(" ", "")
    assert mimamori("device", "accept", "1", "--home", "nowhere").err.startswith("there is no home nowhere")
    accepted = mimamori("device", "accept", "1", "--home", "3丁目 A-101", "--place", "hall")
    assert accepted.out.startswith(
        "Registered hallway-2 (motion), which sends as zigbee2mqtt:g1/Hallway 2.\n"
    )
    assert "hallway-2" in mimamori("device", "list").out
    # The gateway goes on describing it.
    take(now=NOW + timedelta(days=1))
    assert waiting(database) == []
    assert "no proposal 1 waits" in mimamori("device", "accept", "1", "--home", "3丁目 A-101").err


def test_a_dismissed_device_is_not_proposed_again(
    database: Database, take: Take, mimamori: CommandLine, database_url: str
) -> None:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}
    take()
    assert mimamori("device", "dismiss", "1").code == 0
    take(now=NOW + timedelta(days=1))
    assert waiting(database) == []


def test_a_gateway_gone_wild_fills_nothing_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposals, "MOST", 3)
    for start in (0, 3):
        said = [
            Proposed(f"zigbee2mqtt:g1/{n}", f"\x00{n}" * 300, "", frozenset())
            for n in range(start, start + 3)
        ]
        with database.transaction() as connection:
            proposals.keep(connection, said, NOW)
    found = waiting(database)
    assert [one.sender[-1] for one in found] == ["0", "1", "2"]
    assert max(len(one.name) for one in found) == 200


@pytest.mark.parametrize(
    ("name", "made"),
    [("Hallway 2", "hallway-2"), ("玄関 door", "door"), ("玄関", None), ("__x__", "x"), ("A" * 99, "a" * 64)],
)
def test_an_id_is_made_of_the_name_where_that_is_possible(name: str, made: str | None) -> None:
    assert proposals.DeviceProposal(1, "s:x", name, "", (), NOW, NOW).device_id == made
