"""A large message does not cut a building off: the real broker with our configuration, and ingest behind it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.mosquitto import Broker
from ingest.codecs.parsing.json_fields import LARGEST_LIST, LARGEST_PAYLOAD
from tests.support.ingest import Rows, registered_ward
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
