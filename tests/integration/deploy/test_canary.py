"""A canary flies the way of every device's message, and says where it fell."""

import json
from datetime import UTC, datetime
from pathlib import Path

from core.credentials.provider_signatures import new_webhook_secret
from core.store.database import Database
from deploy.local.mosquitto import Broker
from tests.support.alerting import webhook_sink
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


def test_a_call_of_a_canary_comes_through_to_the_sink_and_disturbs_nobody(
    mimamori: CommandLine, database_url: str, broker: Broker, processes: Processes, tmp_path: Path
) -> None:
    register_small_ward(database_url, tmp_path)
    with webhook_sink() as sink:
        mimamori.settings = service_settings(
            database_url, broker, canary_sink=f"http://127.0.0.1:{sink.port}/canary#{new_webhook_secret()}"
        )
        # By mistake in a home where somebody lives, where a button would ring for them.
        added = mimamori(
            "device", "add", _DEVICE, "--kind", "canary", "--heartbeat-s", "60", "--home", "3丁目 A-101"
        )
        assert added.code == 0, added.err
        broker.set_password(_DEVICE, "canary's own")
        words = ("canary", _DEVICE, "--password-file", "-", "--call", "--patience")
        assert "none has come through to its sink ever" in mimamori("doctor").out

        processes.start("ingest", mimamori.settings)
        fallen = json.loads(mimamori(*words, "3", stdin="canary's own\n").out)
        assert fallen["stored_ms"] is not None
        assert "the detectors did not find it" in fallen["problem"]

        detectors = processes.start("detectors", mimamori.settings)
        # The latest of the calls that wait is the one that is taken up.
        result = mimamori(*words, "60", stdin="canary's own\n")
        assert result.code == 0, result.out
        flight = json.loads(result.out)
        order = [flight[f"{leg}_ms"] for leg in ("signed_in", "broker", "stored", "found", "delivered")]
        assert order == sorted(order)
        assert {event["type"] for event in sink.received} == {"canary.call"}
        assert sink.received[-1]["data"]["pressed_at"] == flight["at"]
        assert all(headers["webhook-signature"] for headers in sink.headers)
        assert "the latest came through in" in mimamori("doctor").out

        sink.status = 500
        result = mimamori(*words, "15", stdin="canary's own\n")
        assert "no sender took it to the sink (http_500)" in json.loads(result.out)["problem"]
    with Database(database_url, size=1) as database, database.transaction() as connection:
        (disturbed,) = connection.execute(
            b"SELECT (SELECT count(*) FROM alert) + (SELECT count(*) FROM notice) + (SELECT count(*) FROM unassigned_call)"
        ).fetchall()
        assert disturbed == (0,)
        # Nor does it count as a sign of life of whoever lives there.
        assert connection.execute(b"SELECT count(*) FROM home_latest").fetchone() == (0,)
    assert detectors.is_running


def test_a_canary_needs_a_device_and_a_password(mimamori: CommandLine, tmp_path: Path) -> None:
    assert "is no device id" in mimamori("canary", "HALL 1", "--password-file", "-").err
    empty = tmp_path / "empty"
    empty.write_text("\n", encoding="utf-8")
    assert "holds no password" in mimamori("canary", "hall-1", "--password-file", str(empty)).err
    assert "cannot be read" in mimamori("canary", "hall-1", "--password-file", str(tmp_path / "none")).err
