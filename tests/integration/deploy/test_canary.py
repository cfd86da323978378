"""A canary flies the way of every device's message, and says where it fell."""

import json
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.mosquitto import Broker
from tests.support.command_line import CommandLine
from tests.support.services.processes import Processes, service_settings
from tests.support.wards.ward_files import register_small_ward

_DEVICE = "canary-1"


def test_a_canary_is_followed_into_the_database_and_says_where_it_fell(
    mimamori: CommandLine, database_url: str, broker: Broker, processes: Processes, tmp_path: Path
) -> None:
    mimamori.settings = service_settings(database_url, broker)
    register_small_ward(database_url, tmp_path)
    added = mimamori(
        "device", "add", _DEVICE, "--kind", "canary", "--heartbeat-s", "60", "--home", "3丁目 A-101"
    )
    assert added.code == 0, added.err
    broker.set_password(_DEVICE, "canary's own")
    words = ("canary", _DEVICE, "--password-file", "-", "--patience")

    # Without ingest the broker takes it, and nobody stores it.
    result = mimamori(*words, "1", stdin="canary's own\n")
    fallen = json.loads(result.out)
    assert (result.code, fallen["stored_ms"]) == (1, None)
    assert "ingest did not store it" in fallen["problem"]

    # With ingest it arrives, and the legs of the way are in order.
    processes.start("ingest", mimamori.settings)
    result = mimamori(*words, "60", stdin="canary's own\n")
    assert result.code == 0, result.out
    flight = json.loads(result.out)
    assert 0 < flight["signed_in_ms"] <= flight["broker_ms"] <= flight["stored_ms"]
    assert datetime.fromisoformat(flight["at"]) <= datetime.now(UTC)
    assert "canary" in mimamori("doctor").out

    # With another's password it does not get in; the password is in no line.
    result = mimamori(*words, "5", stdin="somebody else's\n")
    assert result.code == 1
    assert "the broker refuses the device" in json.loads(result.out)["problem"]
    assert "somebody" not in result.out + result.err

    broker.stop()
    result = mimamori(*words, "5", stdin="canary's own\n")
    assert "no broker answers" in json.loads(result.out)["problem"]


def test_a_canary_needs_a_device_and_a_password(mimamori: CommandLine, tmp_path: Path) -> None:
    assert "is no device id" in mimamori("canary", "HALL 1", "--password-file", "-").err
    empty = tmp_path / "empty"
    empty.write_text("\n", encoding="utf-8")
    assert "holds no password" in mimamori("canary", "hall-1", "--password-file", str(empty)).err
    assert "cannot be read" in mimamori("canary", "hall-1", "--password-file", str(tmp_path / "none")).err
