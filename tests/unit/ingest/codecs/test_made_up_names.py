"""Names cost nothing to make up: however many come, and however long they are, they do not fill the memory."""

import gc
import json
import tracemalloc
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from core.domain.device import DeviceKind
from core.store.telemetry.batches import SendingDevice
from ingest.codecs import CODECS, decode
from ingest.mqtt.message import InboundMessage
from ingest.mqtt.topics import source_of
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.limits import Rules
from ingest.processing.links import Links

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
LENGTH = 20_000
MESSAGES = 15


def fields(name: str) -> dict[str, object]:
    """Return what no device says, in the forms that are read by their words."""
    return {
        name: 1,
        f"sos_{name}": True,
        f"state_{name}": "on",
        "action": name,
        "event": f"{name},{name[:9]}",
        "location": {name: 35.6, "lat": 35.6, "lon": 139.7, "source": name, "fix": name},
        name[:20]: {"latitude": 1, name: name, "name": name, "value": name},
    }


def message(codec: str, name: str) -> tuple[str, object]:
    """Return a message in a codec's form in which every name is made up."""
    own = fields(name)
    return {
        "native": (f"mimamori/v1/{name}/readings", {"seq": 1, "readings": [{"metric": name, "value": 1}]}),
        "owntracks": (f"owntracks/{name}/x", {"_type": "location", "lat": 1, "lon": 2, "tst": 3, **own}),
        "zigbee2mqtt": (f"zigbee2mqtt/{name}", own),
        "tasmota": (f"tele/{name}/SENSOR", own),
        "shelly": (f"{name}/status/switch:0", own),
        "the_things_stack": (
            f"v3/a@t/devices/{name}/up",
            {
                "end_device_ids": {"dev_eui": name},
                "uplink_message": {"decoded_payload": own, "version_ids": {"model_id": name}},
            },
        ),
        "chirpstack": (f"application/1/device/{name}/event/up", {"object": own}),
        "traccar": ("positions", {"device": {"uniqueId": name}, "position": {"attributes": own}}),
        "homeassistant": (f"homeassistant/sensor/{name}/config", {"unique_id": name, "state_topic": name}),
        "esphome": (f"{name}/binary_sensor/{name}/state", own),
        "homie": (f"homie/5/{name}/door/{name}", own),
        "rtl_433": (f"rtl_433/{name}/events", {"model": name, "id": name, **own}),
        "theengs": (f"home/{name}/BTtoMQTT/{name}", {"id": name, **own}),
        "meshtastic": (f"msh/JP/2/json/{name}/!a1b2c3d4", {"from": 1, "type": "text", "payload": own}),
        "teltonika": ("352093081452251/data", {"state": {"reported": own}}),
    }[codec]


def receive(codec: str, name: str) -> None:
    """Take in a message from a registered device."""
    topic, payload = message(codec, name)
    source = source_of(topic)
    assert source is not None and source.codec == codec
    result = decode(topic, json.dumps(payload).encode())
    builder = BatchBuilder(Rules(ZoneInfo("UTC")), registered, Links(), NOW)
    builder.add(InboundMessage(topic, b"{}", retained=False, repeated=False, received_at=NOW), result)


def registered(sender: str) -> SendingDevice:
    return SendingDevice(1, "d", sender, DeviceKind.OTHER, None, None)


@pytest.mark.parametrize("codec", sorted(CODECS))
def test_long_names_are_not_kept(codec: str) -> None:
    receive(codec, "warm" * (LENGTH // 4))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(MESSAGES):
            receive(codec, f"{number:05}" * (LENGTH // 5))
            receive(codec, f"{chr(97 + number % 26)}{chr(97 + number // 26)}" * (LENGTH // 2))
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()

    # Kept once, they would be 600,000 characters or more.
    assert grown < 150_000
