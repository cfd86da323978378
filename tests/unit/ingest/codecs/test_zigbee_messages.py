"""Zigbee2MQTT and Home Assistant discovery, by their documentation."""

import pytest

from tests.support.decoding import Case, assert_says, said

_CASES = [
    Case(
        "a radar that sees somebody is presence, not the movement of a tracker",
        "zigbee2mqtt/living/radar",
        {"presence": True, "illuminance_lux": 120, "target_distance": 1.8, "radar_sensitivity": 7},
        {"presence": True, "illuminance_lx": 120, "device_id": "living/radar"},
        ("device_moving", "motion"),
    ),
    Case(
        "a radar that says only how somebody moves says that somebody is there",
        "zigbee2mqtt/radar",
        {"motion_state": "small", "linkquality": 90},
        {"presence": True, "link_quality": 90},
    ),
    Case("a radar that finds nobody", "zigbee2mqtt/radar", {"presence_state": "none"}, {"presence": False}),
    Case(
        "the plain presence counts for more than the way of moving",
        "zigbee2mqtt/radar",
        {"presence": False, "motion_state": "large"},
        {"presence": False},
    ),
    Case(
        "a flat battery in words",
        "zigbee2mqtt/leak",
        {"water_leak": False, "battery_state": "low"},
        {"water_leak": False, "battery_low": True},
    ),
    Case(
        "the voltage of a battery comes in millivolts",
        "zigbee2mqtt/door",
        {"contact": False, "battery": 91, "voltage": 2985},
        {"contact_open": True, "battery_v": 2.985},
        ("mains_v",),
    ),
    Case(
        "or in volts from some converters",
        "zigbee2mqtt/door",
        {"contact": True, "battery": 91, "voltage": 3.0},
        {"contact_open": False, "battery_v": 3.0},
        ("mains_v",),
    ),
    Case(
        "the voltage of a plug is that of the mains",
        "zigbee2mqtt/tv",
        {"state": "ON", "power": 62.4, "voltage": 101, "current": 0.63, "energy": 12.34},
        {"switch_on": True, "power_w": 62.4, "mains_v": 101, "current_a": 0.63, "energy_kwh": 12.34},
        ("battery_v",),
    ),
    Case(
        "a lock with a battery has no mains",
        "zigbee2mqtt/lock",
        {"state": "UNLOCK", "battery": 55, "voltage": 6000},
        {"battery_v": 6.0},
        ("switch_on", "mains_v"),
    ),
    Case("air pressure in kilopascal", "zigbee2mqtt/air", {"pressure": 101.2}, {"pressure_hpa": 1012.0}),
    Case("air pressure in hectopascal", "zigbee2mqtt/air", {"pressure": 1004.7}, {"pressure_hpa": 1004.7}),
    Case(
        "while one zone leaks, that another does not is no end of the leak",
        "zigbee2mqtt/leak",
        {"water_leak_zone_1": True, "water_leak_zone_2": False, "water_leak": False},
        {"water_leak#zone_1": True, "water_leak#zone_2": None, "water_leak": None},
    ),
    Case(
        "a leak is over in each zone",
        "zigbee2mqtt/leak",
        {"water_leak_zone_1": False, "water_leak_zone_2": False},
        {"water_leak#zone_1": False, "water_leak#zone_2": False},
    ),
    Case(
        "the two alarm bits of one detector are one alarm",
        "zigbee2mqtt/smoke",
        {"smoke_alarm_1": False, "smoke_alarm_2": True},
        {"smoke": True},
    ),
    Case(
        "a flower pot that lacks water is no leak",
        "zigbee2mqtt/pot",
        {"soil_moisture": 11, "water_warning": "alarm"},
        {},
        ("water_leak",),
    ),
    Case(
        "electricity that leaks is no water on the floor",
        "zigbee2mqtt/breaker",
        {"event": "leakage_alarm", "current": 0.4, "power": 80},
        {},
        ("water_leak",),
    ),
    Case(
        "a water heater that draws power and leaks",
        "zigbee2mqtt/boiler",
        {"state": "water_leakage", "leak": True, "power": 900},
        {"water_leak": True},
    ),
    Case(
        "of a breaker that leaks electricity and burns, the fire",
        "zigbee2mqtt/breaker",
        {"fault": "leakage_alarm", "event": "fire_alarm", "current": 0.4},
        {"smoke": True},
    ),
    Case(
        "one part of carbon monoxide in a million is no truth",
        "zigbee2mqtt/co",
        {"carbon_monoxide": False, "co": 1},
        {"carbon_monoxide": False},
    ),
    Case(
        "somebody in one of a radar's areas, and the plain name counts for more",
        "zigbee2mqtt/radar",
        {"mmwave_area1_occupancy": False, "occupancy": True, "mmwave_area2_occupancy": False},
        {"motion": True},
    ),
    Case(
        "somebody in the second of two areas",
        "zigbee2mqtt/radar",
        {"mmwave_area1_occupancy": False, "mmwave_area2_occupancy": True},
        {"motion": True},
    ),
    Case("a pad that is pressed", "zigbee2mqtt/pad", {"pressure": True}, {"presence": True}),
    Case("a fire found by its heat", "zigbee2mqtt/kitchen", {"heat": True, "smoke": False}, {"smoke": True}),
    Case("water on the floor, said shortly", "zigbee2mqtt/bath", {"water": True}, {"water_leak": True}),
    Case(
        "a blind's angle is no movement, nor how strong a shock was",
        "zigbee2mqtt/blind",
        {"tilt": 1, "vibration": 1},
        {},
        ("device_moving", "vibration"),
    ),
    Case(
        "a meter with a battery of its own",
        "zigbee2mqtt/meter",
        {"battery": 90, "voltage": 230.4, "power": 60},
        {"mains_v": 230.4},
        ("battery_v",),
    ),
    Case("gas in the kitchen", "zigbee2mqtt/gas", {"gas": True, "tamper": False}, {"gas_leak": True}),
    Case(
        "carbon monoxide", "zigbee2mqtt/co", {"carbon_monoxide": True, "co": 130}, {"carbon_monoxide": True}
    ),
    Case("smoke in words", "zigbee2mqtt/smoke", {"smoke_state": "alarm"}, {"smoke": True}),
    Case("the panic key of a keypad", "zigbee2mqtt/keypad", {"action": "panic"}, {"sos": True}),
    Case("a remote's arrow", "zigbee2mqtt/remote", {"action": "arrow_left_click"}, {"button": "arrow_left"}),
    Case(
        "a dimmer that is turned", "zigbee2mqtt/knob", {"action": "rotate_right"}, {"button": "rotate_right"}
    ),
    Case("a button of version 1", "zigbee2mqtt/old", {"click": "double"}, {"button": "double"}),
    Case(
        "an action reported twice is one press",
        "zigbee2mqtt/old",
        {"click": "single", "action": "single"},
        {"button": "single"},
    ),
    Case(
        "nothing pressed",
        "zigbee2mqtt/remote",
        {"action": None, "battery": 80},
        {"battery_pct": 80},
        ("button",),
    ),
    Case(
        "a mat in the bed",
        "zigbee2mqtt/bed",
        {"bed_occupancy": True, "battery": 99},
        {"bed_occupied": True},
    ),
    Case("a fall seen by a radar", "zigbee2mqtt/bath", {"fall_down_status": "fall"}, {"fall": True}),
    Case(
        "last seen as text with the offset of the house",
        "zigbee2mqtt/hall",
        {"occupancy": True, "last_seen": "2024-06-10T15:13:20+09:00"},
        {"motion": True, "time": "2024-06-10T06:13:20Z"},
    ),
    Case(
        "last seen as text in UTC",
        "zigbee2mqtt/hall",
        {"occupancy": True, "last_seen": "2024-06-10T06:13:20.000Z"},
        {"time": "2024-06-10T06:13:20Z"},
    ),
    Case(
        "last seen as milliseconds",
        "zigbee2mqtt/hall",
        {"occupancy": False, "last_seen": 1718000000500},
        {"motion": False, "time": "2024-06-10T06:13:20.500000Z"},
    ),
    Case(
        "last seen not known",
        "zigbee2mqtt/hall",
        {"occupancy": True, "last_seen": None},
        {"motion": True},
        ("time",),
    ),
    Case(
        "the temperature of the chip is not the room's",
        "zigbee2mqtt/door",
        {"contact": True, "device_temperature": 31},
        {"contact_open": False},
        ("temperature_c",),
    ),
    Case("availability in plain words", "zigbee2mqtt/hall/availability", "offline", {"online": False}),
    Case("availability as JSON", "zigbee2mqtt/hall/availability", {"state": "online"}, {"online": True}),
    Case("a cleared availability", "zigbee2mqtt/hall/availability", "", {}, ("online",)),
    Case("the bridge in plain words", "zigbee2mqtt/bridge/state", "online", {"bridge_online": True}),
    Case("a cleared bridge", "zigbee2mqtt/bridge/state", "", {}, ("bridge_online",)),
    Case("the bridge's log", "zigbee2mqtt/bridge/logging", {"level": "info", "message": "x"}, {}),
    Case("a device that joined", "zigbee2mqtt/bridge/event", {"type": "device_joined", "data": {}}, {}),
    Case("a command to a lamp", "zigbee2mqtt/lamp/set", {"state": "ON"}, {}, ("switch_on",)),
    Case(
        "one value a topic", "zigbee2mqtt/hall/contact", "false", {"contact_open": True, "device_id": "hall"}
    ),
    Case(
        "one value a topic, of a button",
        "zigbee2mqtt/bed/sos/action",
        "emergency",
        {"sos": True, "device_id": "bed/sos"},
    ),
    Case(
        "one value a topic, of one of two doors",
        "zigbee2mqtt/hall/contact_l2",
        "true",
        {"contact_open#l2": False, "device_id": "hall"},
    ),
    Case(
        "one value a topic, of a radar in words",
        "zigbee2mqtt/hall/presence_state",
        "none",
        {"presence": False, "device_id": "hall"},
    ),
    Case(
        "one value a topic, of a valve that found a leak",
        "zigbee2mqtt/garden/valve/current_device_status",
        "water_leakage",
        {"water_leak": True, "device_id": "garden/valve"},
    ),
    Case(
        "one value a topic that says nothing of a person",
        "zigbee2mqtt/hall/last_seen",
        "2024-06-10T06:13:20Z",
        {},
    ),
    Case(
        "one value a topic, the chip's warmth",
        "zigbee2mqtt/hall/device_temperature",
        "31",
        {},
        ("temperature_c",),
    ),
]


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_a_documented_message(case: Case) -> None:
    assert_says(case)


def test_the_devices_of_a_bridge_are_proposed_for_registration() -> None:
    found = said(
        "gw/g1/zigbee2mqtt/bridge/devices",
        [
            {"friendly_name": "Coordinator", "type": "Coordinator"},
            {
                "friendly_name": "hall/door",
                "type": "EndDevice",
                "ieee_address": "0x00158d0000000001",
                "definition": {"vendor": "Aqara", "model": "MCCGQ11LM"},
            },
        ],
    )
    proposal = found["proposals"][0]
    assert (proposal["sender"], proposal["model"]) == ("zigbee2mqtt:g1/hall/door", "Aqara MCCGQ11LM")


def test_one_device_description_with_several_parts_proposes_each() -> None:
    found = said(
        "homeassistant/device/0xa1/config",
        {
            "dev": {"ids": "0xa1", "name": "kettle", "mf": "Tuya", "mdl": "TS011F"},
            "o": {"name": "zigbee2mqtt"},
            "cmps": {
                "p1": {"p": "sensor", "dev_cla": "power", "unit_of_meas": "W", "uniq_id": "0xa1_power"},
                "s1": {"p": "switch", "uniq_id": "0xa1_switch", "stat_t": "zigbee2mqtt/kettle"},
                "gone": {"p": "sensor"},
            },
            "stat_t": "zigbee2mqtt/kettle",
        },
    )
    assert [proposal["sender"] for proposal in found["proposals"]][:2] == [
        "zigbee2mqtt:/kettle",
        "zigbee2mqtt:/kettle",
    ]
    assert found["proposals"][0]["model"] == "Tuya TS011F"


def test_a_buttons_trigger_proposes_the_button_and_not_its_topic() -> None:
    found = said(
        "homeassistant/device_automation/0xb2/action_single/config",
        {
            "automation_type": "trigger",
            "type": "action",
            "subtype": "single",
            "payload": "single",
            "topic": "zigbee2mqtt/bed/button/action",
            "device": {"identifiers": ["zigbee2mqtt_0xb2"], "name": "bed/button"},
        },
    )
    assert found["proposals"][0]["sender"] == "zigbee2mqtt:/bed/button"


def test_a_base_topic_may_stand_at_the_end() -> None:
    found = said(
        "homeassistant/binary_sensor/x/config",
        {"~": "shellies/shellydw2-1", "stat_t": "~/sensor/state", "uniq_id": "u", "dev": {"name": "door"}},
    )
    assert found["proposals"][0]["sender"] == "shelly:/shellydw2-1"


@pytest.mark.parametrize(
    ("topic", "body", "reason"),
    [
        ("zigbee2mqtt/hall", "[1, 2]", "wrong_shape"),
        ("zigbee2mqtt/hall/availability", "perhaps", "wrong_shape"),
        ("zigbee2mqtt/hall/unheard_of", "17", "wrong_shape"),
        ("zigbee2mqtt/cube", '{"action": "fall"}', "unclear_call"),
        ("zigbee2mqtt/kitchen", '{"gas": 1, "linkquality": 90}', "unclear_call"),
        ("zigbee2mqtt/bridge/devices", "{", "not_json"),
        ("homeassistant/sensor/x/config", "{", "not_json"),
    ],
)
def test_what_is_wrong_says_why(topic: str, body: str, reason: str) -> None:
    assert [problem["reason"] for problem in said(topic, body)["problems"]] == [reason]
