"""Calls and hazards under the names that real devices use, through the codecs: decoded, or in quarantine, never a heartbeat."""

import json
from typing import Any

import pytest

from core.domain.metrics import CALLS
from ingest.commands.decode import described
from tests.support.decoding import said

_CHIRPSTACK = "application/1/device/0102030405060708/event/up"


_NATIVE = "mimamori/v1/d/readings"


def _numbered(metric: str, value: object) -> dict[str, object]:
    reading = {"metric": metric, "value": value, "time": "2026-08-01T06:00:00Z"}
    return {"seq": 1, "readings": [reading]}


def _uplink(**values: object) -> dict[str, object]:
    return {"time": "2026-08-01T06:00:00Z", "fPort": 1, "data": "AQI=", "object": values}


def _shelly_event(component: str, event: str, **data: object) -> dict[str, object]:
    return {
        "method": "NotifyEvent",
        "params": {"ts": 1785564000, "events": [{"component": component, "event": event, "data": data}]},
    }


def _said(topic: str, body: object) -> tuple[dict[str, object], list[str]]:
    payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    found: dict[str, Any] = described(topic, payload)
    readings = {reading["metric"]: reading["value"] for reading in found["readings"]}
    return readings, [problem["reason"] for problem in found["problems"]]


@pytest.mark.parametrize(
    ("topic", "body", "expected"),
    [
        ("zigbee2mqtt/d", {"sos_alarm": True}, {"sos": True}),
        ("zigbee2mqtt/d", {"status": "falling"}, {"fall": True}),
        (
            "zigbee2mqtt/d",
            {"presence": True, "fall_down_status": "maybe_fall"},
            {"presence": True, "fall": True},
        ),
        # Beside the word of a state (somebody there, movement, a contact) the call is what it is about.
        ("zigbee2mqtt/d", {"human_falling": True, "presence": True}, {"presence": True, "fall": True}),
        ("zigbee2mqtt/d", {"motion_sos_2": "ON"}, {"sos#2": True, "motion": None, "motion#2": None}),
        ("zigbee2mqtt/d", {"contact_sos": False}, {"sos": False, "contact_open": None}),
        ("zigbee2mqtt/d", {"gas_presence": True}, {"gas_leak": True, "presence": None}),
        ("zigbee2mqtt/d", {"fire_door_contact": False}, {"contact_open": True, "smoke": None}),
        ("zigbee2mqtt/d", {"water_warning": "alarm"}, {"water_leak": True}),
        ("zigbee2mqtt/d", {"gas_alarm_1": False, "gas_alarm_2": True}, {"gas_leak": True}),
        (
            "zigbee2mqtt/d",
            {"gas": 35, "co": 2, "gas_sensor_state": "alarm", "co_state": "normal"},
            {"gas_leak": True, "carbon_monoxide": False},
        ),
        ("zigbee2mqtt/d", {"gas": 1, "gas_sensor_state": "normal"}, {"gas_leak": False}),
        ("zigbee2mqtt/d/sos_alarm", "true", {"sos": True}),
        ("zigbee2mqtt/d", {"sos": {"value": True}}, {"sos": True}),
        (_CHIRPSTACK, _uplink(fall={"state": "on"}), {"fall": True}),
        (_CHIRPSTACK, _uplink(data=[{"name": "sos", "value": 1}]), {"sos": True}),
        (_CHIRPSTACK, _uplink(data=[{"variable": "fall_alarm", "value": 0}]), {"fall": False}),
        (_CHIRPSTACK, _uplink(events=[{"type": "fall", "state": "cleared"}]), {"fall": False}),
        (_CHIRPSTACK, _uplink(alarm={"type": "smoke", "status": "normal"}), {"smoke": False}),
        (_CHIRPSTACK, _uplink(alarm={"type": "sos", "status": 1}), {"sos": True}),
        (_CHIRPSTACK, _uplink(alarm_type="smoke", alarm_status="normal"), {"smoke": False}),
        (_CHIRPSTACK, _uplink(type="smoke", status="normal"), {"smoke": False}),
        # How the device is takes no call back.
        (_CHIRPSTACK, _uplink(event="sos", status="ok"), {"sos": True}),
        (_CHIRPSTACK, _uplink(type="sos", status="normal"), {"sos": True}),
        ("zigbee2mqtt/d", {"contact_alarm_1": False, "contact_alarm_2": False}, {"contact_open": True}),
        (_CHIRPSTACK, _uplink(Device="R312A", Volt=3, Alarm=1), {"sos": True, "battery_v": 3}),
        (_CHIRPSTACK, _uplink(Device="RA02A", FireAlarm="Alarm"), {"smoke": True}),
        (_CHIRPSTACK, _uplink(event_type="mandown_start"), {"fall": True}),
        (
            _CHIRPSTACK,
            _uplink(event_type="sos_start", batterylevle="80%"),
            {"sos": True, "battery_pct": 80},
        ),
        (
            _CHIRPSTACK,
            _uplink(
                messages=[[{"measurementId": "4200", "measurementValue": [{"eventName": "SOS event."}]}]]
            ),
            {"sos": True},
        ),
        ("stat/board/RESULT", {"SosAlarm": "ON"}, {"sos": True}),
        (_NATIVE, _numbered("panic", value=True), {"sos": True}),
        (_NATIVE, _numbered("help#2", 1), {"sos#2": True}),
        (_NATIVE, _numbered("fall_alarm", value=False), {"fall": False}),
        (_NATIVE, _numbered("fall", "fall_detected"), {"fall": True}),
        (_NATIVE, _numbered("転倒検知", value=True), {"fall": True}),
        ("zigbee2mqtt/d", {"status": "smoke, co"}, {"smoke": True, "carbon_monoxide": True}),
        ("zigbee2mqtt/d", {"alarm": "fire, gas leak"}, {"smoke": True, "gas_leak": True}),
        (_CHIRPSTACK, _uplink(event="smoke and gas"), {"smoke": True, "gas_leak": True}),
        (_CHIRPSTACK, _uplink(event="smoke_and_co_cleared"), {"smoke": False, "carbon_monoxide": False}),
        (_CHIRPSTACK, _uplink(event="smoke clear / gas alarm"), {"smoke": False, "gas_leak": True}),
        (_CHIRPSTACK, _uplink(event="火災・ガス漏れ警報"), {"smoke": True, "gas_leak": True}),
        (_CHIRPSTACK, _uplink(event="sos/off"), {"sos": False}),
        ("stat/board/FALL_ALARM", "ON", {"fall": True}),
        ("tele/b/SENSOR", {"ZbReceived": {"0x1": {"Name": "h", "FallAlarm": 1}}}, {"fall#h": True}),
        ("shellies/s/sensor/fire_alarm", "true", {"smoke": True}),
        ("shellies/s/info", {"gas_sensor": {"alarm_state": "heavy"}}, {"gas_leak": True}),
        ("shellies/s/status", {"sos": True}, {"sos": True}),
        ("shelly-1/status/siren:0", {"id": 0, "smoke_alarm": True}, {"smoke": True}),
        # Of a kind of component that we know, a field that we do not.
        ("shelly-1/status/presence:0", {"id": 0, "fall": True}, {"fall": True}),
        (
            "shelly-1/events/rpc",
            _shelly_event("script:1", "sos_button", address="aa:bb", button=1),
            {"sos#aa:bb": True},
        ),
        ("shellies/s/sensor/gas", "HEAVY", {"gas_leak": True}),
        ("node/binary_sensor/moisture_kitchen/state", "ON", {"water_leak#moisture_kitchen": True}),
        (
            "msh/2/json/c/!1",
            {"from": 9, "type": "detection", "payload": {"text": "SOS DETECTED"}},
            {"sos": True},
        ),
        ("zigbee2mqtt/d", {"action": "sos_click"}, {"sos": True}),
        ("zigbee2mqtt/d", {"button": "SOS"}, {"sos": True}),
        (_CHIRPSTACK, _uplink(report_type="Help report"), {"sos": True}),
        # TEKTELIC SEAL: its emergency button (EB).
        (
            _CHIRPSTACK,
            _uplink(safety_status={"safety_status_eb": "Active", "safety_status_fall": "Fall Cleared"}),
            {"sos": True, "fall": False},
        ),
        (_CHIRPSTACK, _uplink(device_event_type="SOS_MODE_START"), {"sos": True}),
        (_CHIRPSTACK, _uplink(nursecall=1), {"sos": True}),
        (_CHIRPSTACK, _uplink(freefall=True), {"fall": True}),
        (_CHIRPSTACK, _uplink(accident=True), {"fall": True}),
        (_CHIRPSTACK, _uplink(alerts=["SOS"]), {"sos": True}),
        (_CHIRPSTACK, _uplink(event_status="sos_continuous"), {"sos": True}),
        (_CHIRPSTACK, _uplink(smokeAlarm="Local alarm"), {"smoke": True}),
        (_CHIRPSTACK, _uplink(flood="Water Present"), {"water_leak": True}),
        (_CHIRPSTACK, _uplink(flood="Water Not Present"), {"water_leak": False}),
        (_CHIRPSTACK, _uplink(Message="Event: Water, State: Water Present"), {"water_leak": True}),
        (
            "positions",
            {"device": {"uniqueId": "86"}, "position": {"attributes": {"alarm": "accident"}}},
            {"fall": True},
        ),
    ],
)
def test_a_call_is_decoded(topic: str, body: object, expected: dict[str, object]) -> None:
    readings, problems = _said(topic, body)
    assert {name: readings.get(name) for name in expected} == expected
    assert problems == []


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("zigbee2mqtt/d", {"fall_status": "calibrating"}),
        ("zigbee2mqtt/d", {"gas": 35}),
        ("zigbee2mqtt/d", {"co_alarm": 1}),
        ("zigbee2mqtt/d", {"water_leak": 1}),
        ("zigbee2mqtt/d", {"sos": {"by_hand": True}}),
        (_CHIRPSTACK, _uplink(data=[{"name": "fall", "value": "strange"}])),
        (_CHIRPSTACK, _uplink(Alarm=1)),
        ("stat/board/RESULT", {"SosAlarm": "strange"}),
        ("tele/b/SENSOR", {"ZbReceived": {"0x1": {"Name": "h", "FallAlarm": "strange"}}}),
        ("shellies/s/sensor/fire_alarm", "strange"),
        ("shellies/s/sensor/gas", "critical"),
        ("shellies/s/sensor/smoke", "strange"),
        ("shellies/s/info", {"smoke": "strange"}),
        ("shelly-1/status/smoke:0", {"id": 0, "alarm": "strange"}),
        ("shelly-1/status/siren:0", {"id": 0, "smoke_alarm": "strange"}),
        ("positions", {"device": {"uniqueId": "86"}, "position": {"attributes": {"alarm": "jamming"}}}),
        # The button of a Teltonika, of which the server knows no kind.
        ("positions", {"device": {"uniqueId": "86"}, "position": {"attributes": {"alarm": "general"}}}),
        ("zigbee2mqtt/d", {"action": "alarm"}),
        ("zigbee2mqtt/d", {"action": "alarm", "linkquality": 80}),
        ("zigbee2mqtt/d", {"event": "bed alarm"}),
        # Somebody who is there, a plug, a charger or a connection is no reason for an alarm.
        ("zigbee2mqtt/d", {"alarm": True, "presence": True}),
        ("zigbee2mqtt/d", {"alarm": True, "state": "ON", "power": 40}),
        (_CHIRPSTACK, _uplink(alarm="on", occupancy="occupied")),
        ("tele/b/SENSOR", {"ZbReceived": {"0x1": {"Name": "h", "Click": "alarm"}}}),
        ("stat/board/BUTTON1", "ALARM"),
        ("shelly-1/status/enum:200", {"id": 200, "value": "alarm"}),
        (_NATIVE, _numbered("panic", "strange")),
        (_CHIRPSTACK, _uplink(device_mode="SOS mode")),
        ("rtl_433/h/events", {"model": "Akhan-100F14", "id": 9, "data": "0x4 (Panic)"}),
        (_NATIVE, _numbered("alarm", value=True)),
        (_NATIVE, _numbered("fall", 2)),
        (_NATIVE, _numbered("sos", "strange")),
        (_NATIVE, _numbered("gas", 35)),
    ],
)
def test_what_looks_like_a_call_and_is_not_understood_goes_to_quarantine_and_is_no_heartbeat(
    topic: str, body: object
) -> None:
    readings, problems = _said(topic, body)
    assert "heartbeat" not in readings
    assert problems == ["unclear_call"]


@pytest.mark.parametrize(
    ("topic", "body", "expected"),
    [
        # ELSYS counts how well the probe conducts, Quandify how bad it is.
        (_CHIRPSTACK, _uplink(waterleak=2), {"water_leak": True}),
        (_CHIRPSTACK, _uplink(waterleak=255), {"water_leak": True}),
        (_CHIRPSTACK, _uplink(leakStatus=3), {"water_leak": True}),
        (_CHIRPSTACK, _uplink(leak_status="2"), {"water_leak": True}),
        (_CHIRPSTACK, _uplink(water_leak_2=3), {"water_leak": True}),
        (_CHIRPSTACK, _uplink(data=[{"name": "leak", "value": 4}]), {"water_leak": True}),
        (_NATIVE, _numbered("water_leak", 2), {"water_leak": True}),
        (_NATIVE, _numbered("water_leak#2", 2), {"water_leak#2": True}),
        (_NATIVE, _numbered("flood", 3), {"water_leak": True}),
        ("homie/5/d/kitchen/leak", "2", {"water_leak#kitchen": True}),
        ("rtl_433/h/events", {"model": "X", "id": 9, "leak": 10}, {"water_leak": True}),
        ("shellies/s/sensor/leak", "2", {"water_leak": True}),
        ("tele/b/SENSOR", {"ZbReceived": {"0x1": {"Name": "h", "WaterLeak": 2}}}, {"water_leak#h": True}),
        ("positions", {"device": {"uniqueId": "8"}, "position": {"attributes": {"leak": 2}}}, {"water_leak": True}),
        (_CHIRPSTACK, _uplink(waterleak=0), {"water_leak": False}),
        (_CHIRPSTACK, _uplink(leakStatus=0), {"water_leak": False}),
        (_NATIVE, _numbered("water_leak", 0), {"water_leak": False}),
    ],
)  # fmt: skip
def test_a_number_of_a_leak_says_how_much_of_it_there_is(
    topic: str, body: object, expected: dict[str, object]
) -> None:
    readings, problems = _said(topic, body)
    assert {name: readings.get(name) for name in expected} == expected
    assert problems == []


@pytest.mark.parametrize(
    "values",
    [
        # No byte, no whole number; and numbers of which nobody says what they are.
        {"waterleak": 256},
        {"leak": 2.5},
        {"leak": -1},
        {"leak": "2,5"},
        {"water_alarm": 7},
        {"smoke": 2},
        {"smoke_status": 3},
        {"fall": 2},
        {"sos": 3},
    ],
)
def test_any_other_number_of_a_hazard_or_a_call_is_unclear(values: dict[str, object]) -> None:
    readings, problems = _said(_CHIRPSTACK, _uplink(**values))
    assert problems == ["unclear_call"]
    assert not any(readings.get(metric) for metric in CALLS)


@pytest.mark.parametrize(
    ("topic", "body", "is_call"),
    [
        # That a button is there is no call, and that it is not there ends none.
        (_CHIRPSTACK, _uplink(sos="present"), False),
        (_CHIRPSTACK, _uplink(sos="absent"), False),
        (_CHIRPSTACK, _uplink(sos_button="Present"), False),
        (_CHIRPSTACK, _uplink(event="SOS button present"), False),
        (_CHIRPSTACK, _uplink(leak_probe="present"), False),
        (_CHIRPSTACK, _uplink(smoke_detector="present"), False),
        ("zigbee2mqtt/d", {"sos": "present"}, False),
        ("stat/board/RESULT", {"SosAlarm": "PRESENT"}, False),
        ("homie/5/d/bath/sos", "present", False),
        (_NATIVE, _numbered("sos", "present"), False),
        ("positions", {"device": {"uniqueId": "8"}, "position": {"attributes": {"sos": "present"}}}, False),
        # That water, smoke or gas is there is what its detector is for.
        (_CHIRPSTACK, _uplink(flood="present"), True),
        (_CHIRPSTACK, _uplink(water_leak="present"), True),
        (_CHIRPSTACK, _uplink(smoke="present"), True),
        (_CHIRPSTACK, _uplink(sos="pressed"), True),
        (_CHIRPSTACK, _uplink(sos_button="pressed"), True),
        (_NATIVE, _numbered("smoke", "present"), True),
    ],
)  # fmt: skip
def test_present_says_of_a_hazard_that_it_is_there_and_of_a_button_that_it_is(
    topic: str, body: object, is_call: bool
) -> None:
    readings, problems = _said(topic, body)
    assert any(readings.get(metric) is True for metric in CALLS) is is_call
    assert problems == ([] if is_call else ["unclear_call"])
    assert not any(readings.get(metric) is False for metric in CALLS)


def _tracked(**attributes: object) -> dict[str, object]:
    at = "2026-08-01T06:00:00Z"
    position = {"fixTime": at, "serverTime": at, "latitude": 35.7, "longitude": 139.7, "valid": True}
    return {"device": {"uniqueId": "86"}, "position": {**position, "attributes": attributes}}


def _event(kind: str, **attributes: object) -> dict[str, object]:
    event = {"type": kind, "eventTime": "2026-08-01T06:00:00Z", "attributes": attributes}
    return {"device": {"uniqueId": "86"}, "event": event}


_RECORD = {"ts": 1785564000000, "latlng": "35.7,139.7", "sat": 7}
_PHONE = {"_type": "location", "tst": 1785564000, "lat": 35.7, "lon": 139.7}


@pytest.mark.parametrize(
    ("topic", "body", "expected"),
    [
        ("positions", _tracked(sos=True), {"sos": True}),
        ("positions", _tracked(status="man down"), {"fall": True}),
        ("positions", _tracked(alarm=["sos", "fallDown"]), {"sos": True, "fall": True}),
        ("positions", _tracked(alarm="sos;fallDown"), {"sos": True, "fall": True}),
        ("positions", _tracked(alarm={"sos": True, "vibration": False}), {"sos": True}),
        ("positions", _tracked(alarm="general,sos"), {"sos": True}),
        ("positions", _tracked(alarm="vibration,general"), {"vibration": True}),
        ("positions", _tracked(alarm="clear"), {}),
        ("positions", _tracked(alarm=False, result="SOS ON"), {}),
        ("events", _event("sos"), {"sos": True}),
        ("events", _event("textMessage", message="SOS"), {"sos": True}),
        ("352093081234567/data", {"state": {"reported": {**_RECORD, "fallDown": 1}}}, {"fall": True}),
        ("owntracks/u/d", {**_PHONE, "panic": True}, {"sos": True}),
    ],
)
def test_a_tracker_calls_under_a_name_of_its_own(
    topic: str, body: object, expected: dict[str, object]
) -> None:
    readings, problems = _said(topic, body)
    readings.pop("heartbeat", None)
    assert (readings, problems) == (expected, [])


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("positions", _tracked(alarm=True)),
        ("positions", _tracked(emergency="strange")),
        # Whatever alarm the server has no name for.
        ("positions", _tracked(alarm="general")),
        ("events", _event("alarm")),
        ("352093081234567/data", {"state": {"reported": {**_RECORD, "sos": "strange"}}}),
        ("owntracks/u/d", {**_PHONE, "emergency": "strange"}),
    ],
)
def test_a_call_of_a_tracker_that_is_not_understood_goes_to_quarantine(topic: str, body: object) -> None:
    assert _said(topic, body) == ({}, ["unclear_call"])


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("shelly-1/events/rpc", _shelly_event("smoke:0", "smoke.alarm_test")),
        ("shellies/s/sensor/gas", "NONE"),
        (_CHIRPSTACK, _uplink(smoke_chamber_polution=3)),
        ("positions", _tracked(alarm="LOWBATTERY")),
        ("positions", _tracked(alarm="overSpeed")),
        (_CHIRPSTACK, _uplink(device_type="sos", ticks_emergency_state=1, accidental_press=1)),
        ("positions", _tracked(alarm="GEOFENCEEXIT")),
        ("node/binary_sensor/soil_moisture/state", "ON"),
    ],
)
def test_a_test_an_end_and_another_alarm_are_none_in_any_case(topic: str, body: object) -> None:
    readings, problems = _said(topic, body)
    assert problems == []
    assert not {name.partition("#")[0] for name, value in readings.items() if value is True} & set(CALLS)


@pytest.mark.parametrize("field", ["fall_back", "emergency_light", "co"])
def test_a_word_behind_it_that_is_no_endpoint_makes_it_no_call(field: str) -> None:
    readings, problems = _said("zigbee2mqtt/d", {field: 1, "linkquality": 80})
    assert (readings, problems) == ({"link_quality": 80}, [])


def test_a_value_of_a_tracker_that_is_no_number_is_named() -> None:
    body = _tracked(batteryLevel="nan")
    position = body["position"]
    assert isinstance(position, dict)
    position["latitude"] = "35,7"
    found = described("positions", json.dumps(body).encode())
    assert found["unread"] == ["position.latitude", "attributes.batteryLevel"]


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("shelly-1/status/boolean:200", {"value": True, "source": "rpc"}),
        ("shelly-1/status/enum:200", {"value": "high"}),
        (
            "shelly-1/events/rpc",
            {
                "method": "NotifyEvent",
                "params": {"events": [{"component": "button:200", "event": "single_push"}]},
            },
        ),
        (_CHIRPSTACK, _uplink(button_2=5)),
        (_CHIRPSTACK, _uplink(button="strange")),
    ],
)
def test_what_only_its_owner_can_name_goes_to_quarantine_and_is_no_heartbeat(
    topic: str, body: object
) -> None:
    assert _said(topic, body) == ({}, ["unclear_component"])


@pytest.mark.parametrize("metric", ["sos_count", "fall_sensitivity", "step_length"])
def test_a_native_reading_that_speaks_of_no_call_is_an_unknown_metric(metric: str) -> None:
    assert _said(_NATIVE, _numbered(metric, 3)) == ({}, ["unknown_metric"])


def test_the_end_of_an_alarm_in_an_action_is_neither_a_call_nor_a_press() -> None:
    assert _said("zigbee2mqtt/d", {"action": "alarm_off"}) == ({"heartbeat": True}, [])


def test_a_call_that_another_service_made_of_an_uplink_is_one_and_nothing_else_is_read_from_it() -> None:
    topic = "application/1/device/0102030405060708/event/integration"
    when = "2026-08-01T06:00:00Z"

    def made(**values: object) -> dict[str, Any]:
        return said(topic, {"time": when, "integrationName": "loracloud", "object": values})

    call = made(sos=True, motion=1, latitude=35.7, longitude=139.8)
    assert [(one["metric"], one["value"]) for one in call["readings"]] == [("sos", True)]
    assert (call["sender"], call["fixes"]) == ("chirpstack:/0102030405060708", [])
    assert [one["reason"] for one in made(fall_state="perhaps")["problems"]] == ["unclear_call"]
    assert made(motion=1, temperature=21)["sender"] is None
