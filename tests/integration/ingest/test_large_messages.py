"""A large message does not cut a building off: the real broker with our configuration, and ingest behind it."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.store.database import Database
from core.store.operation import connection_loops
from core.store.operation.connection_loops import ConnectionLoop
from deploy.doctor.check import CheckResult
from deploy.doctor.devices import device_checks
from deploy.local.mosquitto import Broker
from deploy.local.ports import free_port
from ingest.codecs.parsing.json_fields import LARGEST_LIST, LARGEST_PAYLOAD
from ingest.monitoring.connection_loops import LOOP_RETURNS, WINDOW
from tests.support.ingest import Rows, now, registered_ward
from tests.support.services.device_client import DeviceClient
from tests.support.services.processes import Processes, service_settings
from tests.support.wait import wait_until

_ZIGBEE = "gw/g1/zigbee2mqtt"
_DEVICES = 300


@pytest.fixture
def rows(database_url: str, tmp_path: Path) -> Iterator[Rows]:
    """Give the rows of a database with a registered ward."""
    with registered_ward(database_url, tmp_path) as found:
        yield found


def _list_of_devices() -> bytes:
    """Return what a bridge says of its devices, some 3 kB each as movement sensors have."""
    exposed = {
        "access": 1,
        "description": "x" * 200,
        "name": "occupancy",
        "property": "occupancy",
        "type": "binary",
    }
    definition = {"vendor": "Aqara", "model": "RTCGQ11LM", "exposes": [exposed] * 9}
    return json.dumps([
        {"friendly_name": f"room{place}", "ieee_address": f"0x{place:016x}", "type": "EndDevice", "definition": definition}
        for place in range(_DEVICES)
    ]).encode()  # fmt: skip


def test_a_bridge_with_300_devices_stays_connected_and_its_devices_are_proposed(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    gateway = DeviceClient(broker.host, broker.devices_port, "g1", broker.password("g1"))
    body = _list_of_devices()
    assert 3 * LARGEST_PAYLOAD < len(body) < LARGEST_LIST
    # As the bridge does each time it connects.
    assert gateway.publish(f"{_ZIGBEE}/bridge/definitions", body, retain=True)
    assert gateway.publish(f"{_ZIGBEE}/bridge/devices", body, retain=True)
    # Of any other kind no message is that large; of this one the beginning is kept, to see what it is.
    assert gateway.publish(f"{_ZIGBEE}/hall", b"[" + b" " * LARGEST_PAYLOAD + b"]")
    assert gateway.publish(f"{_ZIGBEE}/hall", b'{"occupancy": true}')
    wait_until(lambda: rows.count("reading") == 1 and rows.count("device_proposal") == _DEVICES)
    assert not gateway.was_cut_off
    assert rows.of("SELECT reason, length(payload) FROM quarantine") == [("too_large", 4096)]
    gateway.close()


def test_a_gateway_that_the_broker_cuts_off_each_time_it_comes_is_found(
    database_url: str, broker: Broker, processes: Processes
) -> None:
    port = free_port()
    processes.start("ingest", service_settings(database_url, broker, ingest_metrics_port=port))
    password = broker.password("g1")
    for _ in range(LOOP_RETURNS + 1):
        gateway = DeviceClient(
            broker.host,
            broker.devices_port,
            "g1",
            password,
            will=f"{_ZIGBEE}/bridge/state",
            will_body=b'{"state":"offline"}',
        )
        assert gateway.publish(f"{_ZIGBEE}/bridge/state", b'{"state":"online"}')
        assert not gateway.publish(f"{_ZIGBEE}/bridge/devices", b" " * LARGEST_LIST)
        assert gateway.was_cut_off
        gateway.close()

    def metrics() -> list[str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return answer.read().decode().splitlines()

    wait_until(lambda: f'ingest_connection_loop_returns{{codec="zigbee2mqtt"}} {LOOP_RETURNS}.0' in metrics())


def test_the_doctor_says_who_is_cut_off_until_it_is_over(database: Database) -> None:
    moment = now()
    loop = ConnectionLoop("zigbee2mqtt:g1/", 9, moment - timedelta(minutes=4), moment)
    with database.transaction() as connection:
        connection_loops.keep(connection, [loop], moment - WINDOW)
        (check,) = device_checks(connection, moment)
        # Another worker that sees no loop leaves it, and time ends it.
        connection_loops.keep(connection, [], moment - WINDOW)
        assert connection_loops.kept(connection) == [loop]
        connection_loops.keep(connection, [], moment + timedelta(seconds=1))
        assert list(device_checks(connection, moment)) == []
    assert (check.verdict, "everything behind zigbee2mqtt:g1/" in check.found) == (CheckResult.BAD, True)
    assert "9 times" in check.found
