"""Places in the forms of the device catalogues; what is no fresh, precise fix is not taken for one."""

import json
from typing import Any

import pytest

from ingest.commands.decode import described

_CHIRPSTACK = "application/1/device/0102030405060708/event/up"
_HERE = {"latitude": 35.68, "longitude": 139.76}


def _said(**values: object) -> dict[str, Any]:
    body = {"time": "2026-08-01T06:00:00Z", "data": "AQI=", "object": values}
    return described(_CHIRPSTACK, json.dumps(body).encode())


@pytest.mark.parametrize(
    "values",
    [
        _HERE,
        {"lat": 35.68, "lon": 139.76},
        {"latitudeDeg": 35.68, "longitudeDeg": 139.76, "fixFailed": False},
        {"gpsLat": 35.68, "gpsLon": 139.76},
        {"gps_latitude": 35.68, "gps_longitude": 139.76, "gps_valid": True},
        {"Latitude": 35.68, "Longitud": 139.76, "LON": "ON"},
        {"lat": 35.68, "lon": 139.76, "gps_status": "no error"},
        {"position": {"coordinates": [139.76, 35.68], "gnssFix": _HERE, "status": "SUCCESS"}},
        {"location": {"lat": 35.68, "lng": 139.76}},
        {"gps_1": _HERE},
    ],
)
def test_a_place_is_read_in_every_form(values: dict[str, object]) -> None:
    fixes = _said(**values)["fixes"]
    assert [(fix["lat"], fix["lon"]) for fix in fixes] == [(35.68, 139.76)]
    assert fixes[0]["accuracy_m"] is None


@pytest.mark.parametrize(
    "doubt",
    [
        {"fixFailed": True},
        {"no_fix": True},
        {"gps_quality": 0},
        {"gps_state": "searching"},
        {"gpsFixStatus": "NOK"},
        {"locationType": "LBS"},
        {"isHistory": True},
        {"buffered": True},
        {"gps_valid": False},
        {"gpsFix": 0},
        {"valid": False},
        {"approximate": True},
        {"position_cached": True},
        {"pack_type": "work_gps_fix_failure"},
        {"gps_status": "timeout"},
        {"positionType": "last known"},
        {"position_status": "no fix"},
        {"satellites": 0},
        {"numSats": 0},
        {"fixType": 0},
        {"fix_type": "none"},
        {"accuracy": -1},
        {"positionSource": "cell"},
        {"source": "wifi"},
        {"source": "gateway", "accuracy": 5},
        {"location_source": "SOURCE_REGISTRY"},
        {"gateway": True},
        # A receiver that has nothing now, in words, truths and the letter of NMEA 0183.
        {"gps": "off"},
        {"gps": False},
        {"gpsStatus": "off"},
        {"gpsStatus": "No Fix"},
        {"gpsStatus": 0},
        {"gps_status": "V"},
        {"gnss_state": "sleep"},
        {"gps_enabled": False},
        {"gpsLock": False},
        {"position_status": "unavailable"},
        {"position_fresh": False},
        {"gps_valid": "none"},
        # A message, or a place, that was kept.
        {"dataStatus": "old"},
        {"data_type": "history"},
        {"status": "outdated"},
        {"recordType": "buffered"},
        {"position_data": "stored"},
        {"old": True},
    ],
)
def test_a_place_that_is_no_fresh_fix_is_none_and_the_message_says_so(doubt: dict[str, object]) -> None:
    said = _said(**_HERE, **doubt)
    assert said["fixes"] == []
    assert said["values"]["position_valid"] is False


@pytest.mark.parametrize(
    "beside",
    [
        {"gps": "on"},
        {"gps": True},
        {"gpsStatus": "3D Fix"},
        {"gpsStatus": 1},
        {"gps_status": "A"},
        {"gnss_state": "active"},
        {"dataStatus": "new"},
        {"dataStatus": "not old"},
        {"data_type": "realtime"},
        # What is off is the light, the interval, or the device itself says so of its relay.
        {"LON": "OFF"},
        {"gps_led": "off"},
        {"gpsInterval": 0},
        {"status": "off"},
        {"history_count": 3},
        {"door": "off"},
    ],
)
def test_what_says_nothing_against_a_place_leaves_it(beside: dict[str, object]) -> None:
    said = _said(**_HERE, **beside)
    assert [(fix["lat"], fix["time"]) for fix in said["fixes"]] == [(35.68, "2026-08-01T06:00:00Z")]
    assert "position_valid" not in said["values"]


@pytest.mark.parametrize("doubt", [{"gps": "off"}, {"gpsStatus": 0}, {"dataStatus": "old"}])
def test_what_stands_around_a_place_holds_for_it_and_for_no_message_without_one(
    doubt: dict[str, object],
) -> None:
    around, inside = _said(location=_HERE, **doubt), _said(location={**_HERE, **doubt})
    assert (around["fixes"], inside["fixes"]) == ([], [])
    assert around["values"]["position_valid"] is inside["values"]["position_valid"] is False
    assert "position_valid" not in _said(pir="trigger", **doubt)["values"]


def test_in_an_object_about_a_place_a_plain_state_is_that_of_its_receiver() -> None:
    assert _said(gnss={**_HERE, "status": "off"})["fixes"] == []
    assert _said(gnss={**_HERE, "status": "on"})["fixes"] != []


@pytest.mark.parametrize(
    "holder", ["lastPosition", "oldPosition", "last_known_location", "gateway_location", "home_position"]
)
def test_a_place_of_earlier_or_of_something_else_is_not_where_the_device_is(holder: str) -> None:
    assert _said(battery=80, **{holder: _HERE})["fixes"] == []


def test_a_flag_of_a_device_without_a_place_is_not_about_one() -> None:
    for flag in ("valid", "cached", "last"):
        for truth in (True, False):
            assert "position_valid" not in _said(pir="trigger", **{flag: truth})["values"]


def test_an_old_place_has_its_age_and_the_call_in_the_same_message_does_not() -> None:
    said = _said(dev_status="sos", lat=35.68, lon=139.76, age=500)
    assert said["fixes"][0]["time"] == "2026-08-01T05:51:40Z"
    assert [(one["metric"], one["time"]) for one in said["readings"]] == [("sos", "2026-08-01T06:00:00Z")]


def test_an_accuracy_of_0_is_not_known() -> None:
    assert _said(**_HERE, acc=0)["fixes"][0]["accuracy_m"] is None
    assert _said(**_HERE, accuracy=12)["fixes"][0]["accuracy_m"] == 12


def test_the_server_does_not_make_a_place_of_a_failed_fix() -> None:
    uplink = {
        "decoded_payload": {"fixFailed": True, **_HERE},
        "normalized_payload": [{"position": _HERE}],
        "locations": {"frm-payload": _HERE},
    }
    body = {"received_at": "2026-08-01T06:00:00Z", "uplink_message": uplink}
    said = described("v3/a@t/devices/d/up", json.dumps(body).encode())
    assert said["fixes"] == []


@pytest.mark.parametrize(
    ("battery", "metric", "value"),
    [
        ("80%", "battery_pct", 80),
        ("3.6V", "battery_v", 3.6),
        ("3600 mV", "battery_v", 3.6),
        (3.6, "battery_v", 3.6),
    ],
)
def test_a_battery_has_the_unit_that_it_is_in(battery: object, metric: str, value: float) -> None:
    for name in ("battery", "batteryLevel", "battery_level"):
        assert _said(**{name: battery})["values"] | {metric: value} == _said(**{name: battery})["values"]


def test_the_inside_of_a_tracker_is_not_the_room() -> None:
    said = _said(gpsLatitude=35.68, gpsLongitude=139.76, temperatureMeasure=31)
    assert "temperature_c" not in said["values"]
    assert "temperatureMeasure" in said["unread"]


@pytest.mark.parametrize(
    ("values", "time"),
    [
        ({**_HERE, "age": 3600}, "2026-08-01T05:00:00Z"),
        ({**_HERE, "gpsAge": 3600}, "2026-08-01T05:00:00Z"),
        ({**_HERE, "position_age_s": 3600}, "2026-08-01T05:00:00Z"),
        ({**_HERE, "fix_age_min": 60}, "2026-08-01T05:00:00Z"),
        ({"position": {"age": 3600, "gnssFix": _HERE}}, "2026-08-01T05:00:00Z"),
        ({**_HERE, "fix_time": "2026-08-01T05:00:00Z"}, "2026-08-01T05:00:00Z"),
        ({**_HERE, "gps_timestamp": 1785560400}, "2026-08-01T05:00:00Z"),
        # How long the receiver took, how old its battery is, and a clock that was never set.
        ({**_HERE, "fix_time": 35}, "2026-08-01T06:00:00Z"),
        ({**_HERE, "battery_age": 3600}, "2026-08-01T06:00:00Z"),
        ({**_HERE, "gps_time": "2006-12-16T05:00:00Z"}, "2026-08-01T05:00:00Z"),
    ],
)
def test_a_place_has_the_time_at_which_it_was_found(values: dict[str, object], time: str) -> None:
    assert [fix["time"] for fix in _said(**values)["fixes"]] == [time]


def test_a_place_from_networks_that_says_how_exact_it_is_is_one() -> None:
    fixes = _said(**_HERE, source="wifi", accuracy=40, satellites=5, fix_type=3)["fixes"]
    assert [fix["accuracy_m"] for fix in fixes] == [40]


@pytest.mark.parametrize("source", ["SOURCE_REGISTRY", "SOURCE_GATEWAY", "SOURCE_IP_GEOLOCATION"])
def test_a_place_that_a_server_did_not_find_is_none(source: str) -> None:
    body = {"location_solved": {"location": {**_HERE, "source": source}}}
    said = described("v3/care/devices/d/location/solved", json.dumps(body).encode())
    assert (said["fixes"], said["problems"]) == ([], [])


def test_a_place_that_was_entered_at_chirpstack_is_none() -> None:
    body = {"time": "2026-08-01T06:00:00Z", "location": {**_HERE, "source": "CONFIG"}}
    said = described(_CHIRPSTACK.replace("/up", "/location"), json.dumps(body).encode())
    assert (said["fixes"], said["problems"]) == ([], [])


_NOBODY_KNOWS = "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("beside", "time"),
    [
        ({"timestamp": 1785478000}, "2026-07-31T06:06:40Z"),
        ({"utc": "2026-07-31T06:00:00Z"}, "2026-07-31T06:00:00Z"),
        ({"buffered": True, "gps_timestamp": 1785478000}, "2026-07-31T06:06:40Z"),
        ({"secondsSinceFix": 7200}, "2026-08-01T04:00:00Z"),
        # Also one of five minutes ago, which no clock would show.
        ({"dataStatus": "old", "timestamp": 1785563700}, "2026-08-01T05:55:00Z"),
        ({"isHistory": True, "timestamp": 1785563700}, "2026-08-01T05:55:00Z"),
        # The receiver is off now; the place is from before, and says when.
        ({"gps": "off", "fix_time": "2026-08-01T05:00:00Z"}, "2026-08-01T05:00:00Z"),
        # A clock that is nine hours ahead, or 500 days behind, or was set wrong by more: nobody knows when it was there.
        ({"timestamp": 1785596400}, _NOBODY_KNOWS),
        ({"timestamp": 1742364000}, _NOBODY_KNOWS),
        ({"timestamp": 1262304000}, _NOBODY_KNOWS),
        # 1024 weeks back, as receivers fall.
        ({"timestamp": 1785564000 - 1024 * 604800}, "2026-08-01T06:00:00Z"),
        ({"timestamp": 3}, "2026-08-01T06:00:00Z"),
    ],
)
def test_a_message_that_was_kept_has_the_time_at_which_it_was_made(
    beside: dict[str, object], time: str
) -> None:
    assert [fix["time"] for fix in _said(**_HERE, **beside)["fixes"]] == [time]


def _forwarded(protocol: str, **attributes: object) -> dict[str, Any]:
    at = "2026-08-01T06:00:00Z"
    place = {"fixTime": at, "serverTime": at, **_HERE, "valid": True}
    position = {**place, "protocol": protocol, "attributes": attributes}
    return described("positions", json.dumps({"device": {"uniqueId": "8"}, "position": position}).encode())


@pytest.mark.parametrize(
    "attributes",
    [
        {"sat": 0},
        {"source": "lbs"},
        {"locationType": "wifi"},
        {"gps": "off"},
        {"gpsStatus": 0},
        {"gpsFix": False},
        {"gpsStatus": "searching"},
    ],
)
def test_a_place_of_a_network_is_no_fix_of_a_tracker_behind_traccar_either(
    attributes: dict[str, object],
) -> None:
    said = _forwarded("osmand", **attributes)
    assert (said["fixes"], said["values"]["position_valid"]) == ([], False)


@pytest.mark.parametrize(
    ("protocol", "attributes", "fixes"),
    [
        # AVL parameter 69 of Teltonika: only 1 is a fix. Of other makers nobody says what 2 is.
        ("teltonika", {"gpsStatus": 1}, 1),
        ("teltonika", {"gpsStatus": 2}, 0),
        ("teltonika", {"gpsStatus": 3}, 0),
        ("meitrack", {"gpsStatus": 2}, 1),
        # What is about something else than the place.
        ("osmand", {"error": True, "status": "off", "last": True}, 1),
    ],
)
def test_behind_traccar_the_state_of_the_receiver_is_that_of_its_maker(
    protocol: str, attributes: dict[str, object], fixes: int
) -> None:
    assert len(_forwarded(protocol, **attributes)["fixes"]) == fixes
