"""A channel is the component's own number, endpoint or address, whatever else the message holds."""

import json
from typing import Any

import pytest

from ingest.commands.decode import described

_CHIRPSTACK = "application/1/device/0102030405060708/event/up"
_RPC = "shellygw-1/events/rpc"
_BUTTON = "60:ef:ab:00:00:02"


def _readings(topic: str, body: object) -> dict[str, object]:
    found: dict[str, Any] = described(topic, json.dumps(body).encode())
    return {reading["metric"]: reading["value"] for reading in found["readings"]}


def _uplink(**values: object) -> dict[str, object]:
    return {"time": "2026-08-01T06:00:00Z", "data": "AQI=", "object": values}


def _status(**components: object) -> dict[str, object]:
    return {"method": "NotifyStatus", "params": {"ts": 1785564000, **components}}


def _script_event(**data: object) -> dict[str, object]:
    event = {
        "component": "script:1",
        "id": 1,
        "event": "shelly-blu",
        "data": {"pid": 10, "address": _BUTTON, **data},
    }
    return {"method": "NotifyEvent", "params": {"ts": 1785564000, "events": [event]}}


@pytest.mark.parametrize(
    ("topic", "body", "expected"),
    [
        ("shelly-1/status/switch:1", {"id": 1, "output": True}, {"switch_on#1": True}),
        ("shelly-1/status/switch:0", {"id": 0, "output": True}, {"switch_on": True}),
        ("shelly-1/status/input:3", {"id": 3, "state": True}, {"input_on#3": True}),
        (_RPC, _status(**{"temperature:101": {"id": 101, "tC": 21.5}}), {"temperature_c#101": 21.5}),
        ("stat/two/RESULT", {"POWER2": "ON"}, {"switch_on#2": True}),
        ("stat/two/RESULT", {"Switch2": {"Action": "ON"}}, {"input_on#2": True}),
        ("stat/two/RESULT", {"Button3": {"Action": "SINGLE"}}, {"button#3": "single"}),
        ("tele/two/SENSOR", {"DS18B20-2": {"Temperature": 21}}, {"temperature_c#DS18B20-2": 21}),
        ("tele/p/SENSOR", {"ENERGY": {"Power": [7]}}, {"power_w#1": 7}),
        (_CHIRPSTACK, _uplink(gpio_in_2="high"), {"input_on#2": True}),
        (_CHIRPSTACK, _uplink(switch_2="on"), {"switch_on#2": True}),
        (_CHIRPSTACK, _uplink(door_2="open", pir_1="trigger"), {"contact_open#2": True, "motion#1": True}),
        (_CHIRPSTACK, _uplink(co2_3=640), {"co2_ppm#3": 640}),
        (_CHIRPSTACK, _uplink(region_3_occupancy="occupied"), {"presence#3": True}),
        ("zigbee2mqtt/d", {"state_ep2": "ON"}, {"switch_on#ep2": True}),
        ("zigbee2mqtt/d", {"vibration_2": True}, {"vibration#2": True}),
        ("zigbee2mqtt/d", {"state_bottom_left": "ON"}, {"switch_on#bottom_left": True}),
        ("zigbee2mqtt/d/occupancy_2", True, {"motion#2": True}),
    ],
)
def test_a_component_alone_keeps_its_own_number(
    topic: str, body: object, expected: dict[str, object]
) -> None:
    assert _readings(topic, body) == expected


@pytest.mark.parametrize(
    ("topic", "one", "other"),
    [
        ("stat/two/RESULT", {"POWER1": "ON"}, {"POWER2": "OFF"}),
        ("tele/two/SENSOR", {"Switch1": "ON"}, {"Switch2": "OFF"}),
        ("zigbee2mqtt/d", {"state_left": "ON"}, {"state_right": "OFF"}),
        ("tele/b/SENSOR", {"ATC1": {"mac": "a", "Humidity": 1}}, {"ATC2": {"mac": "b", "Humidity": 2}}),
    ],
)
def test_a_component_has_the_same_channel_alone_and_beside_others(
    topic: str, one: dict[str, object], other: dict[str, object]
) -> None:
    assert _readings(topic, one | other) == _readings(topic, one) | _readings(topic, other)


def test_the_components_of_one_shelly_notification_have_the_channels_they_have_alone() -> None:
    one, other = {"switch:0": {"output": True}}, {"switch:2": {"output": False}}
    alone = _readings(_RPC, _status(**one)) | _readings(_RPC, _status(**other))
    assert _readings(_RPC, _status(**one, **other)) == alone == {"switch_on": True, "switch_on#2": False}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"button": 1, "battery": 100}, {"button": "single", "battery_pct": 100}),
        ({"button": [0, 0, 4, 0]}, {"button": "long"}),
        ({"button": 0, "battery": 100}, {"battery_pct": 100}),
        ({"window": 1, "illuminance": 13, "rotation": 0}, {"contact_open": True, "illuminance_lx": 13}),
        ({"motion": 1}, {"motion": True}),
    ],
)
def test_what_a_script_passes_on_of_a_bluetooth_device_is_that_devices(
    data: dict[str, object], expected: dict[str, object]
) -> None:
    with_address = {f"{metric}#{_BUTTON}": value for metric, value in expected.items()}
    assert _readings(_RPC, _script_event(**data)) == with_address


def test_a_bluetooth_object_that_may_be_anything_is_quarantined_and_no_heartbeat() -> None:
    found: dict[str, Any] = described("shellygw-1/status/bthomesensor:200", b'{"id": 200, "value": true}')
    assert found["readings"] == []
    assert [problem["reason"] for problem in found["problems"]] == ["unclear_component"]


def test_a_bluetooth_object_that_says_what_it_is_is_read() -> None:
    said = _readings("shellygw-1/status/bthomesensor:200", {"id": 200, "obj_id": 45, "value": True})
    assert said == {"contact_open#200": True}
