"""ESPHome nodes, by the documentation of their topics and components."""

import pytest

from tests.support.decoding import Case, assert_says, said

_NODE = "gw/g12/hall"

_CASES = [
    Case("a motion sensor, under the id of its component", f"{_NODE}/binary_sensor/hallway_motion/state", "ON", {"motion#hallway_motion": True}),
    Case("a door that is closed", f"{_NODE}/binary_sensor/front_door/state", "OFF", {"contact_open#front_door": False}),
    Case("a radar's moving target", f"{_NODE}/binary_sensor/moving_target/state", "ON", {"motion#moving_target": True}),
    Case("a radar's presence", f"{_NODE}/binary_sensor/bath_presence/state", "ON", {"presence#bath_presence": True}),
    Case("a bed mat", f"{_NODE}/binary_sensor/bed_occupancy/state", "ON", {"bed_occupied#bed_occupancy": True}),
    Case("a wired push button is an input, which the node says again when it connects", f"{_NODE}/binary_sensor/wall_button/state", "ON", {"input_on#wall_button": True}, ("button",)),
    Case("an emergency button on an input", f"{_NODE}/binary_sensor/sos_button/state", "ON", {"sos#sos_button": True}, ("input_on",)),
    Case("the door of an emergency exit is a door", f"{_NODE}/binary_sensor/emergency_exit_door/state", "ON", {"contact_open#emergency_exit_door": True}, ("sos",)),
    Case("a press", f"{_NODE}/event/wall_button/state", {"event_type": "double_press"}, {"button#wall_button": "double"}),
    Case("a press of what is called an emergency button", f"{_NODE}/event/emergency_button/state", {"event_type": "single"}, {"sos#emergency_button": True}, ("button",)),
    Case("smoke", f"{_NODE}/binary_sensor/smoke_alarm/state", "ON", {"smoke#smoke_alarm": True}),
    Case("no smoke", f"{_NODE}/binary_sensor/smoke_alarm/state", "OFF", {"smoke#smoke_alarm": False}),
    Case("the room's temperature", f"{_NODE}/sensor/room_temperature/state", "21.46", {"temperature_c#room_temperature": 21.46}),
    Case("the temperature of the chip is not the room's", f"{_NODE}/sensor/esp32_internal_temperature/state", "52.0", {}, ("temperature_c",)),
    Case("an air conditioner knows the room's temperature", f"{_NODE}/climate/ac/current_temperature/state", "22.1", {"temperature_c#ac": pytest.approx(22.1)}),
    Case("the temperature that is wanted is none", f"{_NODE}/climate/ac/target_temperature/state", "25", {}, ("temperature_c",)),
    Case("a battery in per cent", f"{_NODE}/sensor/battery_level/state", "81", {"battery_pct#battery_level": 81}),
    Case("a battery in volts is no per cent", f"{_NODE}/sensor/battery/state", "3.1", {}, ("battery_pct", "battery_v")),
    Case("the strength of the signal", f"{_NODE}/sensor/wifi_signal/state", "-67", {"rssi_dbm#wifi_signal": -67}),
    Case("the strength of the signal in per cent", f"{_NODE}/sensor/wifi_signal_percent/state", "61", {}, ("rssi_dbm",)),
    Case("a lamp", f"{_NODE}/light/lamp/state", {"state": "ON", "brightness": 128}, {"switch_on#lamp": True}),
    Case("a siren is no call", f"{_NODE}/switch/alarm/state", "ON", {"switch_on#alarm": True}, ("sos",)),
    Case("no number", f"{_NODE}/sensor/room_temperature/state", "nan", {"heartbeat": True}, ("temperature_c",)),
    Case("connected", f"{_NODE}/status", "online", {"online": True, "device_id": "hall"}),
    Case("its last will", f"{_NODE}/status", "offline", {"online": False}),
]  # fmt: skip


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_a_documented_message(case: Case) -> None:
    assert_says(case)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        (f"{_NODE}/switch/relay/command", "ON"),
        ("esphome/discover/hall", {"name": "hall"}),
        (f"{_NODE}/sensor/room_temperature/state", ""),
    ],
)
def test_a_command_and_the_talk_of_its_tools_say_nothing_of_a_device(topic: str, body: object) -> None:
    found = said(topic, body)
    assert (found["readings"], found["problems"]) == ([], [])


@pytest.mark.parametrize(
    ("component", "state", "unread"),
    [
        ("sensor/still_distance", "120", ["sensor/still_distance"]),
        ("binary_sensor/leaving", "ON", ["binary_sensor/leaving"]),
        ("text_sensor/version", "2026.7", ["text_sensor/version"]),
        ("number/motion_timeout", "30", ["number/motion_timeout"]),
    ],
)
def test_a_component_whose_name_says_nothing_certain_is_unread(
    component: str, state: str, unread: list[str]
) -> None:
    assert said(f"{_NODE}/{component}/state", state)["unread"] == unread


@pytest.mark.parametrize("component", ["binary_sensor/hall_alarm", "text_sensor/fall_status", "sensor/gas"])
def test_what_may_be_a_call_and_is_not_understood_goes_to_quarantine(component: str) -> None:
    found = said(f"{_NODE}/{component}/state", "ON" if "binary" in component else "17")
    assert [problem["reason"] for problem in found["problems"]] == ["unclear_call"]


def test_a_shelly_keeps_its_status_topics() -> None:
    assert said("gw/g12/shellyplus1-1/status/switch:0", {"output": True})["format"] == "shelly"
