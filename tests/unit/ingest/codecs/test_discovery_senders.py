"""A device that Home Assistant's discovery describes is proposed under the name under which its readings come."""

import json
from typing import Any

import pytest

from ingest.commands.decode import described


def _proposed(topic: str, prefix: str) -> list[str]:
    body = {"state_topic": topic, "unique_id": "t1", "device": {"name": "x"}}
    found: dict[str, Any] = described(f"{prefix}homeassistant/sensor/x/config", json.dumps(body).encode())
    return [proposal["sender"] for proposal in found["proposals"]]


@pytest.mark.parametrize("prefix", ["", "gw/g1/"])
@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("zigbee2mqtt/floor/hall", {"occupancy": True}),
        (
            "owntracks/hanako/phone",
            {"_type": "location", "lat": 35.7, "lon": 139.8, "tst": 1785564000},
        ),
        ("tele/kettle/SENSOR", {"ENERGY": {"Power": 3}}),
        ("kettle/tele/STATE", {"POWER": "ON"}),
        ("shellyplus1-1/status/switch:0", {"output": True}),
        ("v3/care@t/devices/d1/up", {"uplink_message": {"decoded_payload": {"pir": "trigger"}}}),
        ("application/1/device/0102/event/up", {"object": {"pir": "trigger"}}),
        ("hall/binary_sensor/motion/state", "ON"),
        ("home/OMG/BTtoMQTT/A4C138000102", {"id": "A4:C1:38:00:01:02", "hum": 40}),
    ],
)
def test_the_proposed_sender_is_that_of_the_readings(topic: str, payload: object, prefix: str) -> None:
    body = payload if isinstance(payload, str) else json.dumps(payload)
    assert _proposed(topic, prefix) == [described(prefix + topic, body.encode())["sender"]]


def test_a_sender_may_say_its_topic_with_the_prefix_of_its_gateway() -> None:
    topic = "gw/g1/hall/binary_sensor/motion/state"
    assert _proposed(topic, "gw/g1/") == ["esphome:g1/hall"]


def test_a_sender_cannot_propose_a_device_of_another_gateway() -> None:
    assert _proposed("gw/g2/hall/binary_sensor/motion/state", "gw/g1/") == [""]
