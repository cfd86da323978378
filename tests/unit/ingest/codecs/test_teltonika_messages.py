"""Records of Teltonika trackers, by the wiki's pages on the codec JSON and the parameters of personal trackers."""

import pytest

from tests.support.decoding import Case, assert_says, said

_DATA = "gw/g12/352093081452251/data"


def _record(**fields: object) -> dict[str, object]:
    record: dict[str, object] = {
        "ts": 1785564012000,
        "pr": 0,
        "latlng": "35.7308,139.8273",
        "sat": "9",
        "evt": 0,
    }
    return {"state": {"reported": {**record, **fields}}}


_CASES = [
    Case("a place with everything", _DATA, _record(alt="12", ang="90", sp="3"), {"lat": 35.7308, "lon": 139.8273, "altitude_m": 12, "course_deg": 90, "speed_kmh": 3, "time": "2026-08-01T06:00:12Z", "device_id": "352093081452251"}),
    Case("the place of the last fix is none", _DATA, _record(sat="0", sp="0", ang="0"), {"position_valid": False}, ("lat",)),
    Case("the receiver has a fix", _DATA, _record(**{"69": 1}), {"lat": 35.7308}, ("position_valid",)),
    *(Case(f"the receiver says {state}", _DATA, _record(**{"69": state}), {"position_valid": False}, ("lat",)) for state in (0, 2, 3, 4, "2")),
    Case("no place", _DATA, _record(latlng="0.000000,0.000000"), {"position_valid": False}, ("lat",)),
    Case("the south and the west", _DATA, _record(latlng="-33.4,-70.6"), {"lat": -33.4, "lon": -70.6}),
    Case("the alarm button", _DATA, _record(evt=236, pr=2, **{"236": 1}), {"sos": True, "lat": 35.7308}),
    Case("the alarm button by the event alone", _DATA, _record(evt=236), {"sos": True}),
    Case("no alarm", _DATA, _record(**{"236": 0}), {"sos": False}),
    Case("somebody lies", _DATA, _record(evt=242, **{"242": 1}), {"fall": True}),
    Case("the battery", _DATA, _record(**{"113": 77, "67": 3912, "116": 1}), {"battery_pct": 77, "battery_v": pytest.approx(3.912), "charging": True}),
    Case("the tracker moves", _DATA, _record(**{"240": 1}), {"device_moving": True}, ("motion",)),
    Case("an answer to a command", _DATA, {"RSP": "ok"}, {"device_id": "352093081452251"}, ("heartbeat",)),
]  # fmt: skip


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_a_documented_record(case: Case) -> None:
    assert_says(case)


def test_an_alarm_of_a_value_that_nobody_knows_goes_to_quarantine() -> None:
    problems = said(_DATA, _record(**{"236": 7}))["problems"]
    assert [problem["reason"] for problem in problems] == ["unclear_call"]


def test_one_bad_parameter_loses_itself_only_and_is_named() -> None:
    found = said(_DATA, _record(**{"113": "nan", "67": 3912, "66": 12000}))
    assert found["values"]["battery_v"] == pytest.approx(3.912)
    assert found["unread"] == ["113", "66"]


def test_another_protocol_says_what_to_set() -> None:
    problems = said(_DATA, {"payload": "00"})["problems"]
    assert problems[0]["reason"] == "wrong_shape"
    assert "Codec JSON" in problems[0]["detail"]


def test_only_an_imei_in_front_makes_it_a_teltonika() -> None:
    assert said("gw/g12/boiler/data", {})["format"] is None
