"""A client that is closed leaves nothing behind, and every client of ours is closed in the one way."""

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from core.mqtt_client import close_client
from tests.support.wait import wait_until

_ROOT = Path(__file__).parents[3]
_CODE = ("core", "ingest", "detectors", "api", "simulator", "deploy", "tests")


class Owner:
    """Whoever keeps a client whose callbacks are its own: both are collected together, in any order."""

    def __init__(self, port: int) -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="any", protocol=mqtt.MQTTv5)
        self.client.on_connect = self.on_connect
        self.client.connect_async("127.0.0.1", port)
        self.client.loop_start()

    def on_connect(self, *_: object) -> None: ...


@pytest.fixture
def port() -> Iterator[int]:
    """Give the port of a broker that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def open_sockets() -> set[str]:
    """Return the sockets that this process has open, by the names that the system gives them."""
    found: set[str] = set()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # that of the list itself
            found.add(str(each.readlink()))
    return {each for each in found if each.startswith("socket:")}


def test_a_closed_client_has_no_open_socket_even_where_it_belongs_to_a_cycle(port: int) -> None:
    before = open_sockets()
    owner = Owner(port)
    wait_until(lambda: owner.client.socket() is not None, what="the connection")
    # The connection, and the pair that wakes the network thread.
    assert len(opened := open_sockets() - before) == 3
    close_client(owner.client)
    assert open_sockets() & opened == set()


def test_a_client_whose_broker_is_away_is_closed_too() -> None:
    before = open_sockets()
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = server.getsockname()[1]
    owner = Owner(nobody)
    close_client(owner.client)
    assert open_sockets() - before == set()


def test_no_client_is_ended_in_another_way() -> None:
    ends = re.compile(r"\.loop_stop\(")
    found = {
        str(path.relative_to(_ROOT))
        for folder in _CODE
        for path in (_ROOT / folder).rglob("*.py")
        if ends.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"core/mqtt_client.py"}
