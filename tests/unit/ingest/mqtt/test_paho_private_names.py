"""The private names of paho that we build on: paho may change them in any release, so they are named here."""

import ast
import inspect
from importlib.metadata import version

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from core import mqtt_client
from ingest.mqtt import bulk_client
from ingest.mqtt.bulk_client import BulkClient

# With how many arguments we call it; None where it reads or writes a value.
PRIVATE_NAMES = {
    "_create_socket": 0,
    "_in_packet": None,
    "_last_bytes_received": None,
    "_loop_rc_handle": 1,
    "_msgtime_mutex": None,
    "_packet_handle": 0,
    "_packet_queue": 4,
    "_reset_sockets": 0,
    "_sock": None,
    "_sock_recv": 1,
}
_ADVICE = (
    "keep the older paho in pyproject.toml, or adapt core/mqtt_client.py and ingest/mqtt/bulk_client.py,"
    " and run tests/unit/core/test_mqtt_client.py and tests/property/test_bulk_client.py"
)


@pytest.fixture
def client() -> paho.Client:
    return paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, manual_ack=True)


@pytest.mark.parametrize(("name", "arguments"), PRIVATE_NAMES.items(), ids=PRIVATE_NAMES)
def test_paho_still_has_what_we_build_on(client: paho.Client, name: str, arguments: int | None) -> None:
    assert hasattr(client, name), f"paho {version('paho-mqtt')} has no Client.{name} any more: {_ADVICE}"
    if arguments is None:
        return
    try:
        inspect.signature(getattr(client, name)).bind(*range(arguments))
    except TypeError as error:
        pytest.fail(f"Client.{name} of paho {version('paho-mqtt')} is called otherwise ({error}): {_ADVICE}")


def test_a_packet_that_paho_is_given_has_the_fields_of_its_own(client: paho.Client) -> None:
    given = _bulk_client()
    # An answer to a ping: nobody asked for one, and paho only notes it.
    given._read_other(0xD0, b"")  # pyright: ignore[reportPrivateUsage]
    assert given._in_packet.keys() == client._in_packet.keys(), _ADVICE  # pyright: ignore[reportPrivateUsage]


def test_no_other_private_name_of_paho_is_used() -> None:
    trees = [ast.parse(inspect.getsource(module)) for module in (mqtt_client, bulk_client)]
    used = {
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
    }
    inherited = set(dir(paho.Client(CallbackAPIVersion.VERSION2)))
    own = set(dir(_bulk_client())) - inherited
    assert used - own == PRIVATE_NAMES.keys()


def _bulk_client() -> BulkClient:
    def take(_topic: bytes, _payload: bytes, _retained: bool, _repeated: bool, _mid: int) -> None: ...

    return BulkClient("any", take, lambda: None)
