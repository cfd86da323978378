"""What devices and their servers say of themselves: what of it is read, and how the rest is read by the profile that follows."""

import json
from collections.abc import Mapping

import pytest

from core.domain.device_proposal import ModelDescription
from core.domain.evidence.device_profile import DeviceProfile, ProfileSource
from core.domain.metrics import Evidence
from ingest.codecs import decode
from ingest.codecs.result import Decoded, ProposedDevice

_NODE = {"name": "bath-node", "sw": "esphome v2024.6", "mdl": "esp32dev", "mf": "espressif"}
_TASMOTA: dict[str, object] = {
    "dn": "Kettle", "md": "Sonoff T1 3CH", "t": "kettle", "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"],
    "rl": [1, 1, 0], "swc": [-1, 1, -1], "btn": [1, 0], "so": {"73": 1}, "ver": 1,
}  # fmt: skip


def proposed(topic: str, body: Mapping[str, object]) -> list[ProposedDevice]:
    result = decode(topic, json.dumps(body).encode())
    assert isinstance(result, Decoded)
    return list(result.proposals)


def entity(component: str, object_id: str, **said: object) -> ModelDescription:
    """Return what ESPHome's discovery of one component describes."""
    topic = f"bath-node/{component}/{object_id}/state"
    body = {"stat_t": topic, "uniq_id": object_id, "dev": _NODE, **said}
    (one,) = proposed(f"homeassistant/{component}/bath-node/{object_id}/config", body)
    assert one.sender == "esphome:/bath-node"
    return one.described


def read_by(described: ModelDescription, topic: str, payload: bytes) -> list[tuple[str, object]]:
    profile = DeviceProfile("p", 1, "", "", ProfileSource.DISCOVERY, described.fields)
    result = decode(topic, payload, profile)
    assert isinstance(result, Decoded)
    return [(one.metric, one.value) for one in result.readings]


def test_an_entity_whose_name_says_nothing_is_read_by_its_class() -> None:
    described = entity("binary_sensor", "sensor_3", dev_cla="door")
    assert described.understood == ("binary_sensor/sensor_3/state -> contact_open",)
    topic = "bath-node/binary_sensor/sensor_3/state"
    assert read_by(described, topic, b"ON") == [("contact_open#sensor_3", True)]
    assert read_by(described, topic, b"OFF") == [("contact_open#sensor_3", False)]
    # Another component of the node is not meant.
    assert read_by(described, "bath-node/binary_sensor/other/state", b"ON") == [("heartbeat", True)]


def test_an_entity_that_is_read_by_its_name_needs_no_field() -> None:
    described = entity("binary_sensor", "pir", dev_cla="motion")
    assert described.fields == ()
    assert described.understood == (
        "binary_sensor/pir/state: ON -> motion#pir",
        "binary_sensor/pir/state: OFF -> motion#pir",
    )


@pytest.mark.parametrize(
    ("object_id", "word"), [("pir", "motion"), ("sensor_4", "motion"), ("sensor_5", "vibration")]
)
def test_movement_without_an_end_is_a_pulse(object_id: str, word: str) -> None:
    (field,) = entity("binary_sensor", object_id, dev_cla=word, off_dly=30).fields
    assert (field.metric, field.channel, field.evidence) == (word, object_id, Evidence.PULSE)


@pytest.mark.parametrize("word", ["occupancy", "presence", "door"])
def test_who_is_only_said_to_be_there_is_no_pulse_whatever_the_delay(word: str) -> None:
    (field,) = entity("binary_sensor", "sensor_4", dev_cla=word, off_dly=30).fields
    assert field.evidence is None


def test_numbers_are_read_in_the_unit_that_is_said() -> None:
    described = entity("sensor", "room_temperature", dev_cla="temperature", unit_of_meas="°F")
    topic = "bath-node/sensor/room_temperature/state"
    assert read_by(described, topic, b"68") == [("temperature_c#room_temperature", 20.0)]
    assert entity("sensor", "room_temperature", dev_cla="temperature", unit_of_meas="°C").fields == ()
    # Of a unit that is no way to ours nothing is read.
    assert entity("sensor", "sensor_9", dev_cla="power", unit_of_meas="BTU/h").unread == (
        "sensor/sensor_9/state",
    )


def test_what_is_not_read_is_named() -> None:
    assert entity("binary_sensor", "sensor_6", dev_cla="sound").unread == ("binary_sensor/sensor_6/state",)
    events = entity("event", "doorbell", evt_typ=["single", "whistle"])
    assert events.understood == ("event/doorbell/state: single -> button#doorbell",)
    assert events.unread == ("event/doorbell/state: whistle",)


def test_a_value_inside_a_message_is_found_by_its_template_and_what_computes_is_left_alone() -> None:
    state_topic = "home/OMG/BTtoMQTT/A4C138000102"
    body: dict[str, object] = {
        "stat_t": state_topic,
        "dev_cla": "opening",
        "pl_on": "true",
        "pl_off": "false",
        "uniq_id": "x",
        "dev": {"name": "Reed"},
    }
    topic = "homeassistant/binary_sensor/A4C138000102-reed/config"
    (one,) = proposed(topic, body | {"val_tpl": "{{ value_json.lid | is_defined }}"})
    message = b'{"id": "A4:C1:38:00:01:02", "lid": true, "rssi": -60}'
    assert ("contact_open", True) in read_by(one.described, state_topic, message)
    for template in (
        "{{ 'ON' if value_json.lid else 'OFF' }}",
        "{{ value_json.shut | iif('false', 'true') }}",
        "{{ value_json.lid | multiply(10) | int }}",
        "{{ value_json.flags | bitwise_and(1) }}",
    ):
        (one,) = proposed(topic, body | {"val_tpl": template})
        assert one.described == ModelDescription(), template


def test_of_zigbee2mqtt_its_own_description_counts() -> None:
    body = {"stat_t": "zigbee2mqtt/hall", "val_tpl": "{{ value_json.x }}", "dev_cla": "door", "uniq_id": "x"}
    (one,) = proposed("homeassistant/binary_sensor/0x1/x/config", body)
    assert one.described == ModelDescription()


@pytest.mark.parametrize("full", ["%prefix%/%topic%/", "gw/g1/%topic%/%prefix%/"])
def test_a_tasmota_says_its_relays_inputs_and_buttons(full: str) -> None:
    found = proposed("gw/g1/tasmota/discovery/E8DB8494B051/config", _TASMOTA | {"ft": full})
    assert {(one.sender, one.name, one.model) for one in found} == {
        ("tasmota:g1/kettle", "Kettle", "Sonoff T1 3CH")
    }
    assert found[0].described.understood == (
        "POWER1 -> switch_on#1",
        "POWER2 -> switch_on#2",
        "Switch2 -> input_on#2",
        "Button1 -> button#1",
    )


def test_a_tasmota_whose_topics_nobody_would_understand_is_not_proposed() -> None:
    topic = "tasmota/discovery/E8DB8494B051/config"
    assert proposed(topic, _TASMOTA | {"tp": ["c", "s", "t"]}) == []
    assert proposed(topic, _TASMOTA | {"tp": None}) == []
    assert proposed("tasmota/discovery/E8DB8494B051/sensors", {"sn": {}}) == []
    # One relay alone has no number, and a button that only switches says nothing.
    (one,) = proposed(topic, _TASMOTA | {"rl": [1], "so": {"73": 0}, "swc": None})
    assert one.described.understood == ("POWER -> switch_on",)


def test_a_shelly_is_proposed_by_the_status_of_all_its_components() -> None:
    params = {
        "ts": 1785564000.0,
        "switch:0": {"id": 0, "output": True, "apower": 3.0},
        "thing:1": {"value": 4},
    }
    body = {"src": "shellyplus1pm-a8032ab12345", "method": "NotifyFullStatus", "params": params}
    found = proposed("gw/g1/kettle/events/rpc", body)
    assert {(one.sender, one.model) for one in found} == {("shelly:g1/kettle", "shellyplus1pm")}
    assert {"switch_on", "power_w"} <= set(found[0].described.understood)
    assert found[0].described.unread == ("thing:1.value",)
    assert proposed("gw/g1/kettle/events/rpc", body | {"method": "NotifyStatus"}) == []


def test_a_network_server_names_the_model_of_a_device() -> None:
    uplink = {"decoded_payload": {"status": 1}, "version_ids": {"brand_id": "browan", "model_id": "tbdw100"}}
    (one,) = proposed("v3/care@t/devices/door-1/up", {"uplink_message": uplink})
    assert (one.sender, one.model) == ("the_things_stack:/care@t/door-1", "browan tbdw100")
    assert one.described.understood == ("status -> contact_open",)
    assert one.kept.device_classes == {"door"}
    info = {"deviceName": "front door", "deviceProfileName": "Browan TBDW100"}
    (one,) = proposed("application/1/device/0102/event/up", {"deviceInfo": info, "object": {"status": 1}})
    assert (one.sender, one.name) == ("chirpstack:/0102", "front door")
    assert [field.metric for field in one.described.fields] == ["contact_open"]
    unknown = {"deviceName": "x", "deviceProfileName": "Maker M9"}
    (one,) = proposed("application/1/device/0102/event/up", {"deviceInfo": unknown, "object": {"status": 1}})
    assert one.described == ModelDescription()
    assert proposed("application/1/device/0102/event/up", {"object": {"status": 1}}) == []
