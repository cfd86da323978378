"""Messages of the known families beyond the recorded ones, by the formats' documentation."""

import json
from typing import Any

import pytest

from ingest.commands.decode import described

_TTS = "v3/care@t/devices/d1/up"
_CHIRPSTACK = "application/a/device/24e1/event/up"


def _said(topic: str, body: object) -> dict[str, Any]:
    payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return described(topic, payload)


def _uplink(**values: object) -> dict[str, object]:
    return {"received_at": "2024-06-10T06:13:20.014773143Z", "uplink_message": {"decoded_payload": values}}


@pytest.mark.parametrize(
    ("topic", "body", "expected"),
    [
        # Zigbee2MQTT
        ("zigbee2mqtt/bridge/state", "offline", {"bridge_online": False}),
        ("zigbee2mqtt/hall/availability", "online", {"online": True}),
        (
            "zigbee2mqtt/hall",
            {"occupancy": True, "last_seen": 1718000000000},
            {"motion": True, "time": "2024-06-10T06:13:20Z"},
        ),
        (
            "zigbee2mqtt/wall",
            {"state_left": "ON", "state_right": "OFF"},
            {"switch_on#left": True, "switch_on#right": False},
        ),
        (
            "zigbee2mqtt/remote",
            {"action": "1_double", "battery": 55},
            {"button": "double", "battery_pct": 55},
        ),
        ("zigbee2mqtt/remote", {"action": "", "battery": 55}, {"battery_pct": 55}),
        (
            "zigbee2mqtt/leak",
            {"water_leak": True, "battery_low": True},
            {"water_leak": True, "battery_low": True},
        ),
        (
            "zigbee2mqtt/air",
            {"temperature": 21.5, "humidity": None, "co2": 640},
            {"temperature_c": 21.5, "co2_ppm": 640},
        ),
        ("zigbee2mqtt/hall/occupancy", "true", {"motion": True, "device_id": "hall"}),
        # OwnTracks
        (
            "owntracks/hanako/phone",
            {
                "_type": "location",
                "lat": 35.7,
                "lon": 139.8,
                "tst": 1718000000,
                "batt": -1,
                "cog": -1,
                "bs": 3,
            },
            {"lat": 35.7, "charging": True},
        ),
        (
            "owntracks/hanako/phone/step",
            {"_type": "steps", "tst": 1718000000, "steps": 120},
            {"steps_count": 120},
        ),
        # Tasmota
        ("tele/plug/STATE", {"Time": "2024-06-10T15:13:20", "POWER1": "OFF"}, {"switch_on#1": False}),
        ("stat/plug/RESULT", {"POWER2": "ON", "POWER1": "OFF"}, {"switch_on#1": False, "switch_on#2": True}),
        ("stat/plug/POWER", "ON", {"switch_on": True}),
        ("stat/button/RESULT", {"Button1": {"Action": "DOUBLE"}}, {"button#1": "double"}),
        (
            "tele/attic/SENSOR",
            {
                "Time": "2024-06-10T15:13:20",
                "BME280": {"Temperature": 77, "Humidity": 40, "Pressure": 750},
                "TempUnit": "F",
                "PressureUnit": "mmHg",
            },
            {"temperature_c": pytest.approx(25), "pressure_hpa": pytest.approx(999.918), "humidity_pct": 40},
        ),
        (
            "tele/two/SENSOR",
            {
                "DS18B20-1": {"Temperature": 20},
                "DS18B20-2": {"Temperature": 21},
                "ESP32": {"Temperature": 50},
            },
            {"temperature_c#DS18B20-1": 20, "temperature_c#DS18B20-2": 21},
        ),
        ("hall/tele/LWT", "Online", {"online": True, "device_id": "hall"}),
        # Shelly
        ("shellies/shellyht-1/sensor/temperature", "21.5", {"temperature_c": 21.5}),
        ("shellies/shellyflood-1/sensor/flood", "true", {"water_leak": True}),
        ("shellies/shellybutton1-1/input_event/0", {"event": "SS", "event_cnt": 3}, {"button": "double"}),
        ("shellies/shellyplug-s-1/relay/0", "on", {"switch_on": True}),
        ("shellies/shellyplug-s-1/relay/0/energy", "60000", {"energy_kwh": 1.0}),
        ("shellies/shellyplug-s-1/online", "false", {"online": False}),
        ("shellyplus1-1/online", "true", {"online": True}),
        (
            "shellyplusi4-1/events/rpc",
            {
                "src": "x",
                "method": "NotifyEvent",
                "params": {
                    "ts": 1718000000.5,
                    "events": [{"component": "input:1", "event": "single_push", "ts": 1718000000.5}],
                },
            },
            {"button#1": "single", "time": "2024-06-10T06:13:20.500000Z"},
        ),
        (
            "shellypro2-1/events/rpc",
            {
                "method": "NotifyStatus",
                "params": {"ts": 1718000000, "switch:0": {"output": True}, "switch:1": {"output": False}},
            },
            {"switch_on": True, "switch_on#1": False},
        ),
        # LoRaWAN
        (
            _TTS,
            _uplink(battery=88, button_event={"status": "short press"}),
            {"button": "short", "battery_pct": 88},
        ),
        (_TTS, _uplink(press="long"), {"button": "long"}),
        (
            _TTS,
            _uplink(TempC_SHT="24.31", Hum_SHT="55.0", BatV=3.05),
            {"temperature_c": 24.31, "humidity_pct": 55, "battery_v": 3.05},
        ),
        (_TTS, _uplink(DOOR_OPEN_STATUS=1, BAT_V=3.0, ALARM=1), {"contact_open": True, "battery_v": 3.0}),
        (
            _TTS,
            _uplink(Alarm="TRUE", Sound_key="OPEN", BatV=3.2, TempC_SHT41=20.1),
            {"sos": True, "temperature_c": 20.1},
        ),
        (
            _CHIRPSTACK,
            {
                "time": "2024-06-10T06:13:19.775+00:00",
                "object": {
                    "gpsLatitude": 35.7,
                    "gpsLongitude": 139.8,
                    "horizontalAccuracy": 7.84,
                    "batteryVoltage": 3.59,
                    "sosFlag": 1,
                    "dynamicMotionState": "MOVING",
                    "age": 80,
                },
            },
            {
                "lat": 35.7,
                "accuracy_m": 7.84,
                "sos": True,
                "device_moving": True,
                "time": "2024-06-10T06:11:59.775000Z",
            },
        ),
        (
            "application/a/device/24e1/event/location",
            {
                "time": "2024-06-10T06:13:19Z",
                "location": {"latitude": 35.7, "longitude": 139.8, "accuracy": 40},
            },
            {"lat": 35.7, "accuracy_m": 40},
        ),
        # Traccar
        (
            "positions",
            {
                "position": {
                    "valid": False,
                    "latitude": 35.7,
                    "longitude": 139.8,
                    "fixTime": "2024-06-10T06:13:20Z",
                    "attributes": {"alarm": "sos"},
                },
                "device": {"uniqueId": "86"},
            },
            {"position_valid": False, "sos": True},
        ),
        (
            "events",
            {
                "event": {"type": "deviceOffline", "eventTime": "2024-06-10T06:13:20Z"},
                "device": {"uniqueId": "86"},
            },
            {"online": False},
        ),
    ],
)
def test_a_message_says_what_its_documentation_says(
    topic: str, body: object, expected: dict[str, object]
) -> None:
    found = _said(topic, body)
    assert found["problems"] == []
    values = found["values"]
    assert {name: values.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("topic", "body", "name"),
    [
        ("zigbee2mqtt/cube", {"action": "tilt"}, "button"),
        ("zigbee2mqtt/plug", {"state": "ON", "power": 3, "device_temperature": 40}, "temperature_c"),
        ("zigbee2mqtt/lock", {"state": "LOCK"}, "switch_on"),
        (_TTS, _uplink(DOOR_OPEN_STATUS=1, ALARM=1), "sos"),
        ("shellies/shellyplug-s-1/temperature", "40.1", "temperature_c"),
        (
            "application/a/device/24e1/event/status",
            {"batteryLevel": 0, "batteryLevelUnavailable": True},
            "battery_pct",
        ),
        ("tele/plug/SENSOR", {"ESP32": {"Temperature": 50}}, "temperature_c"),
    ],
)
def test_nothing_is_read_into_a_message(topic: str, body: object, name: str) -> None:
    found = _said(topic, body)
    assert name not in str(found["values"])


@pytest.mark.parametrize(
    ("topic", "body", "reason"),
    [
        ("owntracks/h/p", {"_type": "encrypted", "data": "AAAA"}, "encrypted"),
        ("owntracks/h/p", {"_type": "location", "lat": 0, "lon": 0, "tst": 1718000000}, "no_position"),
        ("owntracks/h/p", {"_type": "location", "lat": 95, "lon": 0, "tst": 1718000000}, "impossible_value"),
        ("owntracks/h/p", {"_type": "location", "lat": 35, "lon": 139}, "wrong_shape"),
        ("zigbee2mqtt/air", {"temperature": -327.68}, "impossible_value"),
        ("zigbee2mqtt/air", {"humidity": "wet"}, "wrong_shape"),
        ("zigbee2mqtt/air", "not json", "not_json"),
        ("weather/tokyo", "{}", "unknown_topic"),
        (_TTS, {"uplink_message": {"frm_payload": "AAA="}}, "not_decoded"),
        ("tele/x/LWT", "Perhaps", "wrong_shape"),
        ("shellies/x/relay/0/power", "lots", "wrong_shape"),
        ("positions", {"position": {}}, "wrong_shape"),
        ("mimamori/v1/hall-1/readings", {"seq": 0, "readings": []}, "wrong_shape"),
        ("mimamori/v1/hall-1/noise", {}, "unknown_topic"),
        ("mimamori/v1/HALL 1/readings", {}, "unknown_topic"),
        (
            "mimamori/v1/hall-1/readings",
            {"seq": 1, "readings": [{"metric": "mood", "value": 1, "time": "2026-01-01T00:00:00Z"}]},
            "unknown_metric",
        ),
        (
            "mimamori/v1/hall-1/readings",
            {"seq": 1, "readings": [{"metric": "motion", "value": 1, "time": "2026-01-01T00:00:00"}]},
            "wrong_shape",
        ),
        (
            "mimamori/v1/hall-1/readings",
            {"seq": 1, "readings": [{"metric": "motion", "value": 0.5, "time": "2026-01-01T00:00:00Z"}]},
            "impossible_value",
        ),
    ],
)
def test_what_cannot_be_understood_says_why(topic: str, body: object, reason: str) -> None:
    found = _said(topic, body)
    assert [problem["reason"] for problem in found["problems"]] == [reason]


def test_home_assistants_short_names_and_base_topic_are_spelled_out() -> None:
    found = _said(
        "homeassistant/binary_sensor/x/config",
        {
            "~": "zigbee2mqtt",
            "stat_t": "~/hall",
            "dev_cla": "motion",
            "uniq_id": "u1",
            "dev": {"name": "hall"},
        },
    )
    assert found["values"] == {
        "discovery": {"state_topic": "zigbee2mqtt/hall", "device_class": "motion", "unique_id": "u1"},
        "device_id": "hall",
    }
    assert found["proposals"][0]["sender"] == "zigbee2mqtt:/hall"
