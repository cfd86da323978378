"""OwnTracks and Traccar, by their documentation."""

import pytest

from tests.support.decoding import Case, assert_says, said

_PHONE = "owntracks/hanako/phone"
_PLACE = {"lat": 35.7, "lon": 139.8, "tst": 1718000000}
_WHEN = "2024-06-10T06:13:20Z"


def _forwarded(event: dict[str, object] | None = None, **position: object) -> dict[str, object]:
    body: dict[str, object] = {"device": {"id": 7, "uniqueId": "86"}}
    if position:
        body["position"] = {
            "fixTime": "2024-06-10T06:13:20.000+00:00",
            "latitude": 35.7,
            "longitude": 139.8,
            **position,
        }
    if event is not None:
        body["event"] = event
    return body


_OWNTRACKS = [
    Case("a place with everything", _PHONE, {"_type": "location", **_PLACE, "acc": 12, "alt": 5, "vel": 4, "cog": 270, "batt": 61, "bs": 1, "p": 100.9, "conn": "m", "t": "u", "m": 1, "SSID": "home", "inregions": ["home"]}, {"lat": 35.7, "accuracy_m": 12, "speed_kmh": 4, "course_deg": 270, "battery_pct": 61, "charging": False, "pressure_hpa": pytest.approx(1009), "in_regions": ["home"], "time": _WHEN}),
    Case("the name of a wireless network is left out", _PHONE, {"_type": "location", **_PLACE, "SSID": "home", "BSSID": "aa:bb"}, {"lat": 35.7}, ("SSID", "BSSID")),
    Case("a place asked for by us has the time of the fix", _PHONE, {"_type": "location", **_PLACE, "t": "r", "created_at": 1718009999}, {"time": _WHEN}),
    Case("time in milliseconds", _PHONE, {"_type": "location", **_PLACE, "tst": 1718000000000}, {"time": _WHEN}),
    Case("numbers as text", _PHONE, {"_type": "location", "lat": "35.7", "lon": "139.8", "tst": "1718000000"}, {"lat": 35.7, "time": _WHEN}),
    Case("left a region", f"{_PHONE}/event", {"_type": "transition", "event": "leave", "desc": "home", "wtst": 1700000000, "acc": 20, **_PLACE}, {"geofence_event": "leave", "geofence_name": "home", "time": _WHEN, "lat": 35.7}),
    Case("entered a beacon's region without a place", f"{_PHONE}/event", {"_type": "transition", "event": "enter", "desc": "b", "tst": 1718000000, "t": "b"}, {"geofence_event": "enter"}, ("lat",)),
    Case("the connection broke; the time is that of connecting", _PHONE, {"_type": "lwt", "tst": 1717990000}, {"online": False}, ("time",)),
    Case("steps", f"{_PHONE}/step", {"_type": "steps", "tst": 1718000500, "from": 1717990000, "to": 1718000000, "steps": 840}, {"steps_count": 840, "time": _WHEN}),
    Case("a beacon", f"{_PHONE}/beacon", {"_type": "beacon", "uuid": "u", "major": 1, "minor": 2, "tst": 1718000000}, {}),
    Case("a command", f"{_PHONE}/cmd", {"_type": "cmd", "action": "reportLocation"}, {}),
    Case("a list of regions", f"{_PHONE}/waypoints", {"_type": "waypoints", "waypoints": []}, {}),
    Case("how the app is set", f"{_PHONE}/dump", {"_type": "dump", "configuration": {"_type": "configuration"}}, {}),
    Case("how the phone is", f"{_PHONE}/status", {"_type": "status", "android": {"ps": 0}}, {}),
    Case("a cleared place", _PHONE, "", {}),
]  # fmt: skip

_TRACCAR = [
    Case("knots become kilometres an hour", "positions", _forwarded(valid=True, speed=10, attributes={"batteryLevel": 70}), {"speed_kmh": pytest.approx(18.52), "battery_pct": 70}),
    Case("a call for help from where there is no reception has its own time", "positions", _forwarded(valid=True, outdated=True, deviceTime="2024-06-10T07:00:00.000+00:00", attributes={"alarm": "sos"}), {"sos": True, "time": "2024-06-10T07:00:00Z"}, ("lat",)),
    Case("two alarms at once", "positions", _forwarded(valid=True, attributes={"alarm": "sos,lowBattery"}), {"sos": True, "battery_low": True}),
    Case("times as milliseconds", "positions", _forwarded(valid=True, fixTime=1718000000000), {"time": _WHEN}),
    Case("an offset without a colon", "positions", _forwarded(valid=True, fixTime="2024-06-10T06:13:20.000+0000"), {"time": _WHEN}),
    Case("the daily count of steps is no walk", "positions", _forwarded(valid=True, attributes={"steps": 4000}), {"lat": 35.7}, ("steps_count",)),
    Case("an alarm as an event", "events", _forwarded({"type": "alarm", "eventTime": "2024-06-10T06:13:20Z", "attributes": {"alarm": "fallDown"}}), {"fall": True}),
    Case("an event with its position reports an alarm once", "events", _forwarded({"type": "alarm", "eventTime": _WHEN, "attributes": {"alarm": "sos"}}, valid=True, attributes={"alarm": "sos"}), {"sos": True, "lat": 35.7}),
    Case("stopped", "traccar/events", _forwarded({"type": "deviceStopped", "eventTime": _WHEN}), {"device_moving": False}),
    Case("an event of no meaning here", "events", _forwarded({"type": "maintenance", "eventTime": _WHEN}), {"device_id": "86"}),
]  # fmt: skip


@pytest.mark.parametrize("case", [*_OWNTRACKS, *_TRACCAR], ids=str)
def test_a_documented_message(case: Case) -> None:
    assert_says(case)


@pytest.mark.parametrize(
    ("topic", "body", "reason"),
    [
        (_PHONE, {"_type": "location", "lat": 35.7, "lon": 139.8}, "wrong_shape"),
        (_PHONE, {"_type": "location", **_PLACE, "acc": -1}, "no_position"),
        (_PHONE, {"_type": "transition", **_PLACE, "event": "hover"}, "wrong_shape"),
        (_PHONE, {"_type": "steps", "tst": 1718000000, "steps": -1}, "wrong_shape"),
        (_PHONE, {"_type": "weather"}, "wrong_shape"),
        (_PHONE, {"_type": "encrypted", "data": "AAAA"}, "encrypted"),
        ("owntracks/hanako", {}, "unknown_topic"),
        ("positions", {"position": {}, "device": {"uniqueId": "86"}}, "wrong_shape"),
        ("positions", _forwarded(valid=True, latitude=0, longitude=0), "no_position"),
        ("positions", "[]", "wrong_shape"),
    ],
)
def test_what_is_wrong_says_why(topic: str, body: object, reason: str) -> None:
    assert [problem["reason"] for problem in said(topic, body)["problems"]] == [reason]
