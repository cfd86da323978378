"""Tasmota and Shelly, by their documentation."""

import pytest

from tests.support.decoding import Case, assert_says, said

_EVENTS = "shellyplusi4-1/events/rpc"


def _notified(method: str, **parameters: object) -> dict[str, object]:
    return {
        "src": "shelly-1",
        "dst": "shelly-1/events",
        "method": method,
        "params": {"ts": 1718000000, **parameters},
    }


def _components(**components: object) -> dict[str, object]:
    return _notified("NotifyStatus", **components)


_TASMOTA = [
    Case(
        "a thermometer and hygrometer, in the time of the wall",
        "tele/bedroom/SENSOR",
        {
            "Time": "2024-06-10T15:13:20",
            "AM2301": {"Temperature": 27.4, "Humidity": 61.0, "DewPoint": 19.2},
            "TempUnit": "C",
        },
        {"temperature_c": 27.4, "humidity_pct": 61.0, "time_local": "2024-06-10T15:13:20"},
        ("time",),
    ),
    Case(
        "Fahrenheit is not Celsius",
        "tele/bedroom/SENSOR",
        {"DHT11": {"Temperature": 86.0, "Humidity": 50}, "TempUnit": "F"},
        {"temperature_c": 30.0},
    ),
    Case(
        "a thermometer on a wire",
        "tele/bath/SENSOR",
        {"DS18B20": {"Id": "0114550C7F4E", "Temperature": 38.5}, "TempUnit": "C"},
        {"temperature_c": 38.5},
    ),
    Case("the time in UTC counts more", "tele/x/SENSOR", {"Time": "2024-06-10T15:13:20", "Epoch": 1718000000, "Switch1": "ON"}, {"time": "2024-06-10T06:13:20Z", "input_on#1": True}, ("time_local",)),
    Case("a time with an offset", "tele/x/STATE", {"Time": "2024-06-10T15:13:20+09:00", "POWER": "ON"}, {"switch_on": True, "time": "2024-06-10T06:13:20Z"}),
    Case("an air sensor", "tele/x/SENSOR", {"SCD40": {"CarbonDioxide": 812, "Temperature": 22.0, "Humidity": 40}}, {"co2_ppm": 812}),
    Case("a light sensor", "tele/x/SENSOR", {"BH1750": {"Illuminance": 310}}, {"illuminance_lx": 310}),
    Case("numbered analogue inputs", "tele/x/SENSOR", {"ANALOG": {"Temperature1": 21.5}}, {"temperature_c": 21.5}),
    Case(
        "a plug's meter",
        "tele/kettle/SENSOR",
        {"Time": "2024-06-10T15:13:20", "ENERGY": {"TotalStartTime": "2024-01-01T00:00:00", "Total": 3.185, "Yesterday": 0.8, "Today": 0.2, "Power": 1183, "ApparentPower": 1190, "Voltage": 101, "Current": 11.7}},
        {"power_w": 1183, "energy_kwh": 3.185, "mains_v": 101, "current_a": 11.7},
    ),
    Case("a meter of two channels", "tele/two/SENSOR", {"ENERGY": {"Power": [5, 900], "Voltage": 101}}, {"power_w#1": 5, "power_w#2": 900, "mains_v": 101}),
    Case("a wired switch", "stat/x/RESULT", {"Switch1": {"Action": "ON"}}, {"input_on#1": True}, ("switch_on",)),
    Case("two wired switches", "tele/x/SENSOR", {"Switch1": "ON", "Switch2": "OFF"}, {"input_on#1": True, "input_on#2": False}),
    Case("a wired switch that only toggles", "stat/x/RESULT", {"Switch1": {"Action": "TOGGLE"}}, {"button#1": "toggle"}),
    Case("a wired switch as an object", "stat/x/SWITCH2", {"STATE": "ON"}, {"input_on#2": True}),
    Case("a button as an object", "stat/x/BUTTON3", {"ACTION": "DOUBLE"}, {"button#3": "double"}),
    Case("the state of a wired switch in an answer", "stat/x/RESULT", {"Switch2": {"State": "OFF"}}, {"input_on#2": False}),
    Case("a rule's own name as an object", "stat/x/LEAK", {"STATE": "ON"}, {"water_leak": True}),
    Case("a wired switch in plain words", "stat/x/SWITCH1", "OFF", {"input_on#1": False}),
    Case("a held button", "stat/x/RESULT", {"Button1": {"Action": "HOLD"}}, {"button#1": "hold"}),
    Case("the signal of the wireless", "tele/x/STATE", {"Wifi": {"RSSI": 82, "Signal": -59}, "Vcc": 3.1}, {"rssi_dbm": -59}, ("battery_v",)),
    Case(
        "a Zigbee door behind a bridge",
        "tele/bridge/SENSOR",
        {"ZbReceived": {"0xF03B": {"Device": "0xF03B", "Name": "front_door", "ZoneStatusChange": 33, "Contact": 1, "Endpoint": 1, "LinkQuality": 157}}},
        {"contact_open#front_door": True, "link_quality#front_door": 157},
    ),
    Case(
        "a Zigbee movement sensor without a name",
        "tele/bridge/SENSOR",
        {"ZbReceived": {"0x057B": {"Device": "0x057B", "Occupancy": 1, "Illuminance": 20, "LinkQuality": 70}}},
        {"motion#0x057B": True, "illuminance_lx#0x057B": 20},
    ),
    Case("a Zigbee button", "tele/bridge/SENSOR", {"ZbReceived": {"0xFF74": {"Click": "single", "LinkQuality": 60}}}, {"button#0xFF74": "single"}),
    Case("a Bluetooth thermometer", "tele/ble/SENSOR", {"ATC7a5e0c": {"mac": "a4c1387a5e0c", "Temperature": 24.1, "Humidity": 50.2, "Battery": 77, "RSSI": -80}}, {"temperature_c#ATC7a5e0c": 24.1, "battery_pct#ATC7a5e0c": 77}),
    Case("a Bluetooth movement sensor", "tele/ble/SENSOR", {"MJYD2S": {"mac": "x", "PIR": 1, "Battery": 90}}, {"motion#MJYD2S": True}),
    Case("who the board is", "tele/x/INFO1", {"Info1": {"Module": "Generic", "Version": "13.4.0", "FallbackTopic": "cmnd/x" + "y" * 300}}, {}),
    Case("its log", "stat/x/LOGGING", "15:13:20 MQT: " + "x" * 300, {}),
    Case("an answer to a setting", "stat/x/RESULT", {"SetOption19": "OFF"}, {}),
    Case("the last will on", "tele/x/LWT", "Online", {"online": True}),
    Case("a command", "cmnd/x/POWER", "ON", {}, ("switch_on",)),
]  # fmt: skip

_SHELLY = [
    Case("the pulled cord of a wired input", "shellies/shelly1-1/input/0", "1", {"input_on": True}),
    Case("the second relay's meter", "shellies/shelly25-1/relay/1/power", "41.5", {"power_w#1": 41.5}),
    Case("energy of a relay in watt-minutes", "shellies/shelly25-1/relay/0/energy", "120000", {"energy_kwh": 2.0}),
    Case("energy of a meter in watt-hours", "shellies/shellyem-1/emeter/0/total", "2500.0", {"energy_kwh": 2.5}),
    Case("a switched off relay for too much power", "shellies/shellyplug-1/relay/0", "overpower", {"switch_on": False}),
    Case("a long press of the second button", "shellies/shellyix3-1/input_event/1", {"event": "L", "event_cnt": 7}, {"button#1": "long"}),
    Case("a button that only waits", "shellies/shellyix3-1/input_event/0", {"event": "", "event_cnt": 7}, {}, ("button",)),
    Case("a light sensor in the door", "shellies/shellydw2-1/sensor/lux", "230", {"illuminance_lx": 230}),
    Case("a light in words", "shellies/shellydw2-1/sensor/illumination", "bright", {}),
    Case("a tilt that is not measured", "shellies/shellydw2-1/sensor/tilt", "-1", {}),
    Case("a temperature that could not be read", "shellies/shellyht-1/sensor/temperature", "999", {}, ("temperature_c",)),
    Case("gas", "shellies/shellygas-1/sensor/gas", "mild", {"gas_leak": True}),
    Case("no gas", "shellies/shellygas-1/sensor/gas", "none", {"gas_leak": False}),
    Case(
        "everything of a thermometer set to Fahrenheit",
        "shellies/shellyht-1/info",
        {"tmp": {"value": 77.0, "units": "F", "is_valid": True}, "hum": {"value": 45.5}, "bat": {"value": 88, "voltage": 2.95}},
        {"temperature_c": 25.0, "humidity_pct": 45.5, "battery_pct": 88, "battery_v": 2.95},
    ),
    Case(
        "everything of a door sensor",
        "shellies/shellydw2-1/info",
        {"sensor": {"state": "open", "is_valid": True}, "lux": {"value": 12, "illumination": "dark"}, "tmp": {"value": 21.3, "units": "C", "tC": 21.3, "tF": 70.3, "is_valid": True}, "bat": {"value": 98, "voltage": 6.04}},
        {"contact_open": True, "illuminance_lx": 12, "temperature_c": 21.3, "battery_v": 6.04},
    ),
    Case("the inside of a plug is not the room", "shellies/shellyplug-s-1/info", {"temperature": 41.0, "tmp": {"tC": 41.0, "tF": 105.8, "is_valid": True}, "relays": [{"ison": True}]}, {}, ("temperature_c",)),
    Case("the outer thermometer in Fahrenheit has a topic of its own", "shellies/shelly1-1/ext_temperature_f/0", "70.2", {}, ("temperature_c",)),
    Case("the outer thermometer", "shellies/shelly1-1/ext_temperature/0", "21.2", {"temperature_c": 21.2}),
    Case("a closed door of the second generation's input", "shellyplusuni-1/status/input:0", {"id": 0, "state": False}, {"input_on": False}),
    Case("an input without a state", "shellyplusi4-1/status/input:2", {"id": 2, "state": None}, {}, ("input_on",)),
    Case("a plug of the second generation", "shellyplusplugs-1/status/switch:0", {"id": 0, "output": True, "apower": 1204.3, "voltage": 101.2, "current": 11.9, "aenergy": {"total": 5120.5}, "temperature": {"tC": 38.0}}, {"switch_on": True, "power_w": 1204.3, "energy_kwh": 5.1205}, ("temperature_c",)),
    Case("the second of two inputs pressed at once", _EVENTS, _notified("NotifyEvent", events=[{"component": "input:0", "event": "single_push"}, {"component": "input:1", "event": "long_push"}]), {"button": "single", "button#1": "long"}),
    Case("a press known from its two ends is one", _EVENTS, _notified("NotifyEvent", events=[{"component": "input:0", "event": "btn_down"}, {"component": "input:0", "event": "btn_up"}, {"component": "input:0", "event": "double_push"}]), {"button": "double"}),
    Case("a Bluetooth button", _EVENTS, _notified("NotifyEvent", events=[{"component": "bthomedevice:200", "id": 200, "event": "triple_push"}]), {"button#200": "triple"}),
    Case("a Bluetooth device's battery", _EVENTS, _components(**{"bthomedevice:200": {"id": 200, "rssi": -66, "battery": 92, "packet_id": 8}}), {"battery_pct#200": 92, "rssi_dbm#200": -66}),
    Case("a flood", "shellyfloodg4-1/status/flood:0", {"id": 0, "alarm": True, "mute": False}, {"water_leak": True}),
    Case("a smoke alarm as an event", "shellyplussmoke-1/events/rpc", _notified("NotifyEvent", events=[{"component": "smoke:0", "event": "alarm"}]), {"smoke": True}),
    Case("a presence sensor counts people", "shellypresenceg4-1/status/presence:0", {"num_objects": 2}, {"presence": True}),
    Case("three phases", "shellypro3em-1/status/em:0", {"id": 0, "a_act_power": 10, "total_act_power": 431.2, "total_current": 4.4}, {"power_w": 431.2, "current_a": 4.4}),
    Case("a changed setting", _EVENTS, _notified("NotifyEvent", events=[{"component": "sys", "event": "config_changed"}]), {}),
    Case("an answer to a call", "shellyplus1-1/rpc", {"id": 1, "result": {}}, {}),
    Case("gone", "shellyplus1-1/online", "false", {"online": False}),
]  # fmt: skip


@pytest.mark.parametrize("case", [*_TASMOTA, *_SHELLY], ids=str)
def test_a_documented_message(case: Case) -> None:
    assert_says(case)


def test_a_shelly_that_presents_itself_is_proposed_for_registration() -> None:
    body = {
        "id": "shellydw2-1",
        "model": "SHDW-2",
        "mac": "AABBCCDDEEFF",
        "ip": "192.0.2.7",
        "fw_ver": "v1.14",
    }
    for topic in ("gw/g1/shellies/announce", "gw/g1/shellies/shellydw2-1/announce"):
        found = said(topic, body)
        assert [(proposal["sender"], proposal["model"]) for proposal in found["proposals"]] == [
            ("shelly:g1/shellydw2-1", "Shelly SHDW-2")
        ]
        # Where in the house's network it is stays there.
        assert "192.0.2.7" not in str(found)


@pytest.mark.parametrize(
    ("topic", "body", "reason"),
    [
        ("tele/x/SENSOR", "not json", "not_json"),
        ("tele/x/SENSOR", "[]", "wrong_shape"),
        ("stat/x/DOOR", "ajar", "wrong_shape"),
        ("tele/SENSOR", "{}", "unknown_topic"),
        ("shellies/shellydw2-1/sensor/state", "ajar", "wrong_shape"),
        ("shellyplus1-1/events/rpc", "{}", "wrong_shape"),
        ("shellyplus1-1/events/rpc", "nope", "not_json"),
        ("shellyplus1-1/status/switch:0", "true", "wrong_shape"),
    ],
)
def test_what_is_wrong_says_why(topic: str, body: str, reason: str) -> None:
    assert [problem["reason"] for problem in said(topic, body)["problems"]] == [reason]
