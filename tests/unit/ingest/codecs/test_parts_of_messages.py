"""What stands in a part of a message that no codec reads by its name: two names that say together what happened, and what is beside a call."""

import pytest

from tests.support.decoding import Case, assert_says, said

_UPLINK = "application/1/device/0102030405060708/event/up"
_RADIO = "rtl_433/pi/events"
_MESH = "msh/JP/2/json/LongFast/!7efeee00"
_BLUETOOTH = "home/TheengsGateway/BTtoMQTT/A4C138000102"


def _uplink(**values: object) -> dict[str, object]:
    return {"time": "2026-08-01T06:00:00Z", "object": values}


def _events(*events: dict[str, object]) -> dict[str, object]:
    return _uplink(messages=[[{"type": "Event Status", "measurementValue": list(events)}]])


def _text(payload: object) -> dict[str, object]:
    return {"from": 2130636288, "type": "text", "timestamp": 1785564000, "payload": payload}


def _traccar(protocol: str, attributes: dict[str, object], **more: object) -> dict[str, object]:
    at = "2026-08-01T06:00:00.000+00:00"
    place = {"latitude": 35.7, "longitude": 139.8, "valid": True}
    times = {"serverTime": at, "deviceTime": at, "fixTime": at}
    position = {"protocol": protocol, **times, **place, **more, "attributes": attributes}
    return {"device": {"uniqueId": "86"}, "position": position}


_CASES = [
    Case(
        "a holder and a part say together that it is the emergency button",
        _UPLINK,
        _uplink(safety_status={"eb": 1, "fall": 0}),
        {"sos": True, "fall": False},
    ),
    Case("the end of a class of calls is no call", _UPLINK, _uplink(notification={"notificationClass": "SOS", "notificationType": "SOS_OFF"}), {"sos": False}),
    Case("the begin of a class of calls is one", _UPLINK, _uplink(notification={"notificationClass": "SOS", "notificationType": "SOS_ON"}), {"sos": True}),
    Case("another call of the message counts", _UPLINK, _uplink(header={"sos": 1}, notification={"notificationClass": "SOS", "notificationType": "SOS_OFF"}), {"sos": True}),
    Case("an alert of a fall is one", _UPLINK, _uplink(manDown={"alert": True}), {"fall": True}),
    Case("an alarm of the temperature is no call", _UPLINK, _uplink(temperature_alarm={"status": "alarm"}), {}, ("sos",)),
    Case("what holds a named call does not hide it", _UPLINK, _uplink(light={"status": "SOS"}), {"sos": True}),
    Case("a measurement of 0 is the end", _UPLINK, _uplink(messages=[[{"type": "SOS Event", "measurementValue": 0}]]), {"sos": False}),
    Case("a measurement of 1 is a call", _UPLINK, _uplink(messages=[[{"type": "SOS Event", "measurementValue": "1"}]]), {"sos": True}),
    Case("the code of an event leaves its name a call", _UPLINK, _uplink(messages=[[{"type": "SOS Event", "measurementValue": 7}]]), {"sos": True}),
    Case("SenseCAP: a press is a press", _UPLINK, _events({"id": 8, "eventName": "Press once event."}), {"button": "single"}),
    Case("SenseCAP: it begins to move", _UPLINK, _events({"id": 1, "eventName": "Start moving event."}), {"device_moving": True}),
    Case("SenseCAP: it ends to move", _UPLINK, _events({"id": 2, "eventName": "End movement event."}), {"device_moving": False}),
    Case("SenseCAP: a battery in a list of objects", _UPLINK, _uplink(messages=[{"type": "upload_battery", "battery": 90}]), {"battery_pct": 90}),
    Case("a numbered press", _UPLINK, _uplink(press_2="short"), {"button#2": "short"}),
    Case("a push button", _UPLINK, _uplink(push_button=1), {"input_on": True}),
    Case("a counter of all people", _UPLINK, _uplink(people_counter_all=2), {"presence": True}),
    Case("Homie: a call that is pressed", "homie/d/sos/pressed", "true", {"sos#sos": True}),
    Case("Homie: the button of a call", "homie/d/emergency/button", "true", {"sos#emergency": True}),
    Case("Homie: another button", "homie/d/hall/button", "true", {"input_on#hall": True}),
    Case("SimpliSafe: its words are events", _RADIO, {"model": "SimpliSafe-Keypad", "id": "a", "extradata": "Panic Button"}, {"sos": True}),
    Case("SimpliSafe: its contact", _RADIO, {"model": "SimpliSafe-Sensor", "id": "a", "extradata": "Contact Open"}, {"contact_open": True}),
    Case("X10: a keyfob calls", _RADIO, {"model": "X10-Security", "id": "a", "event": "KEYFOB PANIC"}, {"sos": True}),
    Case("X10: a senior calls", _RADIO, {"model": "X10-Security", "id": "a", "event": "SENIOR ASSISTANCE"}, {"sos": True}),
    Case("Meshtastic: a text without an object", _MESH, _text("SOS"), {"sos": True}),
    Case("Meshtastic: a text that is JSON", _MESH, _text({"sos": True}), {"sos": True}),
    Case("Meshtastic: the sign for SOS", _MESH, _text({"text": "🆘"}), {"sos": True}),
    Case("a movement sensor on a gateway", "home/OMG/HCSR501toMQTT", {"presence": "true"}, {"motion#HCSR501": True}),
    Case("an input of a gateway", "home/OMG/GPIOInputtoMQTT", {"gpio": "HIGH"}, {"input_on#GPIOInput": True}),
    Case("a call by another radio of a gateway", "home/OMG/LORAtoMQTT", {"sos": 1}, {"sos": True}),
    Case("BTHome: long press by its number", _BLUETOOTH, {"model_id": "SBBT", "button": 4}, {"button": "long"}),
    Case("BTHome: a press by its word", _BLUETOOTH, {"model_id": "BTHome", "button": "double_press"}, {"button": "double"}),
    Case("BTHome: an opening", _BLUETOOTH, {"model_id": "BTHome", "opening": True}, {"contact_open": True}),
    Case("Traccar: Teltonika's alarm by its number", "positions", _traccar("teltonika", {"io236": 1}), {"sos": True, "lat": 35.7}),
    Case("Traccar: Teltonika's man down by its number", "positions", _traccar("teltonika", {"io242": 1}), {"fall": True}),
    Case("Traccar: the same number of another tracker", "positions", _traccar("h02", {"io242": 1}), {"lat": 35.7}, ("fall",)),
    Case("Traccar: a negative accuracy is no fix", "positions", _traccar("h02", {}, accuracy=-1), {"position_valid": False}, ("lat",)),
]  # fmt: skip


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_a_part_is_read(case: Case) -> None:
    assert_says(case)


@pytest.mark.parametrize(
    ("topic", "body", "unread"),
    [
        (_UPLINK, _uplink(alarm={"id": 3, "type": "fall", "status": "alarm triggered"}), ["alarm.id"]),
        (_UPLINK, _uplink(sos={"value": True, "battery": 3}), ["sos.battery"]),
        (_UPLINK, _uplink(alarmStatus={"manDown": True, "low": 1}), ["alarmStatus.low"]),
        (_UPLINK, _uplink(header={"sos": True, "multiFrame": False}), ["header.multiFrame"]),
        (_UPLINK, _events({"id": 4, "eventName": "Shock event."}), ["messages.Event Status"]),
        (_UPLINK, _uplink(battery=0.93), ["battery"]),
        ("zigbee2mqtt/d", {"sos": {"value": True, "odd": 3}}, ["sos.odd"]),
        (
            "positions",
            _traccar("h02", {"computed": {"sos": True, "odd": 3}}),
            ["computed.odd"],
        ),
        ("home/OMG/IRtoMQTT", {"value": 5}, ["IR.value"]),
        (_RADIO, {"model": "Akhan-100F14", "id": 1, "data": "0x1 (Lock)"}, ["data"]),
        ("stat/d/RESULT", {"PIR1": {"Action": "ON"}}, ["PIR1.Action"]),
        (
            "d/events/rpc",
            {
                "method": "NotifyEvent",
                "params": {"ts": 1785564000, "events": [{"component": "switch:0", "event": "overpower"}]},
            },
            ["switch:0.overpower"],
        ),
        ("350612071234567/data", {"state": {"reported": {"ts": 1785564000000, "evt": 247}}}, ["evt"]),
        (_MESH, _text(["a"]), ["payload"]),
    ],
)
def test_what_stands_beside_a_call_is_named(topic: str, body: object, unread: list[str]) -> None:
    assert said(topic, body)["unread"] == unread


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("hall/alarm_control_panel/house/state", "triggered"),
        (_RADIO, {"model": "Akhan-100F14", "id": 1, "data": "0x8 (Alarm)"}),
        (_RADIO, {"model": "SimpliSafe-Sensor", "id": "a", "extradata": "Alarm"}),
    ],
)
def test_an_alarm_of_nobody_knows_what_waits(topic: str, body: object) -> None:
    found = said(topic, body)
    assert [problem["reason"] for problem in found["problems"]] == ["unclear_call"]
    assert "heartbeat" not in found["values"]
