"""Devices whose network server names their model are read by it: registered ones at once, others when they are accepted."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.metrics import CONTACT_OPEN
from deploy.local.mosquitto import Broker
from tests.support.command_line import CommandLine
from tests.support.ingest import Rows, now, registered_ward
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until


@pytest.fixture
def rows(database_url: str, tmp_path: Path, mimamori: CommandLine) -> Iterator[Rows]:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}
    with registered_ward(database_url, tmp_path) as found:
        yield found


def uplink(status: int) -> bytes:
    return json.dumps(
        {
            "received_at": now().isoformat(),
            "uplink_message": {
                "decoded_payload": {"status": status},
                "version_ids": {"brand_id": "browan", "model_id": "tbdw100"},
            },
        }
    ).encode()


def opened(rows: Rows, device_id: str) -> list[float]:
    found = rows.of(
        "SELECT value FROM reading JOIN device USING (device_number) WHERE device_id = %s AND metric = %s ORDER BY time",
        (device_id, CONTACT_OPEN.number),
    )
    return [value for (value,) in found]


def test_a_model_that_the_network_server_names_is_read_as_the_library_says(
    database_url: str, rows: Rows, broker: Broker, processes: Processes, mimamori: CommandLine
) -> None:
    rows.do(
        "UPDATE device SET sender = 'the_things_stack:g1/care@t/door-1', kind = 'door' WHERE device_id = 'z2m-hall'"
    )
    processes.start("ingest", service_settings(database_url, broker))
    with Publisher(broker) as server:
        server.publish("gw/g1/v3/care@t/devices/door-1/up", uplink(1))
        server.publish("gw/g1/v3/care@t/devices/door-2/up", uplink(0))
        server.flush()
        wait_until(lambda: opened(rows, "z2m-hall") == [1.0])
        wait_until(lambda: rows.of("SELECT 1 FROM device_proposal"))
    assert rows.of(
        "SELECT p.source, p.model FROM device JOIN device_profile AS p USING (profile_id) WHERE device_id = 'z2m-hall'"
    ) == [("discovery", "browan tbdw100")]
    # A registered device proposes nothing.
    ((number, sender),) = rows.of("SELECT proposal_id, sender FROM device_proposal")
    assert sender == "the_things_stack:g1/care@t/door-2"
    assert "is read:\n  status -> contact_open" in mimamori("device", "proposal", str(number)).out
    mimamori("device", "accept", str(number), "--home", str(rows.of("SELECT min(name) FROM home")[0][0]))
    assert "1 went through" in mimamori("quarantine", "release").out
    assert opened(rows, "door-2") == [0.0]
    assert rows.of(
        "SELECT p.name, device.kind FROM device JOIN device_profile AS p USING (profile_id) WHERE device_id = 'door-2'"
    ) == [("browan-tbdw100", "door")]
