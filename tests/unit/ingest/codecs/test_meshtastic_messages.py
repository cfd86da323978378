"""Messages of a Meshtastic mesh, by the firmware that writes them as JSON."""

from datetime import UTC, datetime

import pytest

from tests.support.decoding import Case, assert_says, said

_MESH = "gw/g12/msh/JP/2/json/Care/!a1b2c3d4"
_PLACE: dict[str, object] = {"latitude_i": 357308416, "longitude_i": 1398273024}


def _message(kind: str, payload: dict[str, object], **fields: object) -> dict[str, object]:
    return {
        "from": 2130636288,
        "sender": "!a1b2c3d4",
        "timestamp": 1785564012,
        "type": kind,
        "payload": payload,
        **fields,
    }


_CASES = [
    Case("a place, of the node and not of the gateway that heard it", _MESH, _message("position", {**_PLACE, "precision_bits": 32, "time": 1785564000}), {"lat": pytest.approx(35.7308416), "lon": pytest.approx(139.8273024), "device_id": "!7efeee00"}, ("accuracy_m",)),
    Case("a place that its channel cut down", _MESH, _message("position", {**_PLACE, "precision_bits": 19, "time": 1785564000}), {"accuracy_m": pytest.approx(45.6, abs=0.1)}),
    Case("a node without a fix", _MESH, _message("position", {"latitude_i": 0, "longitude_i": 0, "time": 1785564000}), {"position_valid": False}, ("lat",)),
    Case("the climate", _MESH, _message("telemetry", {"temperature": 21.5, "relative_humidity": 48, "barometric_pressure": 1009, "lux": 80}), {"temperature_c": 21.5, "humidity_pct": 48, "pressure_hpa": 1009, "illuminance_lx": 80}),
    Case("the battery of the node", _MESH, _message("telemetry", {"battery_level": 77, "voltage": 3.9, "air_util_tx": 0.4}), {"battery_pct": 77, "battery_v": 3.9}),
    Case("the voltage that a sensor measures is not its battery's", _MESH, _message("telemetry", {"voltage": 12.1, "temperature": 20}), {"temperature_c": 20}, ("battery_v",)),
    Case("on the charger", _MESH, _message("telemetry", {"battery_level": 101, "voltage": 4.2}), {"charging": True}, ("battery_pct",)),
    Case("movement, with the bell", _MESH, _message("detection", {"text": "Motion detected\a"}), {"motion": True}),
    Case("movement is over", _MESH, _message("detection", {"text": "Motion state: 0"}), {"motion": False}),
    Case("an input that is called as it likes", _MESH, _message("detection", {"text": "居間 detected"}), {"input_on": True}),
    Case("a button for help on the input", _MESH, _message("detection", {"text": "SOS button detected"}), {"sos": True}, ("input_on",)),
    Case("a call in words", _MESH, _message("text", {"text": "SOS"}), {"sos": True}),
    Case("how well it was heard", _MESH, _message("waypoint", {"latitude_i": 1}, rssi=-101, snr=-4.5), {"rssi_dbm": -101, "snr_db": -4.5}, ("lat",)),
    Case("the gateway's last will", "gw/g12/msh/JP/2/stat/!a1b2c3d4", "offline", {"bridge_online": False, "device_id": "!a1b2c3d4"}),
]  # fmt: skip


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_a_documented_message(case: Case) -> None:
    assert_says(case)


@pytest.mark.parametrize("text", ["I may need help with something", "\a"])
def test_a_text_that_may_be_a_call_goes_to_quarantine(text: str) -> None:
    problems = said(_MESH, _message("text", {"text": text}))["problems"]
    assert [problem["reason"] for problem in problems] == ["unclear_call"]
    # What somebody wrote is nobody's business.
    assert "something" not in problems[0]["detail"]


def test_other_texts_show_nothing_but_that_the_node_is_in_contact() -> None:
    found = said(_MESH, _message("text", {"text": "good morning"}))
    assert (set(found["values"]), found["unread"]) == ({"heartbeat", "device_id", "time"}, ["payload.text"])


def test_a_place_without_a_time_may_be_an_old_one() -> None:
    found = said(_MESH, _message("position", _PLACE))
    assert [problem["reason"] for problem in found["problems"]] == ["no_position"]
    assert found["fixes"] == []


@pytest.mark.parametrize(("behind_s", "said_at"), [(3600, 1785560412), (1024 * 7 * 86400, 1785564012)])
def test_the_time_of_a_fix_is_checked_by_the_gateways(behind_s: int, said_at: int) -> None:
    payload = {**_PLACE, "time": 1785564012 - behind_s}
    fixes = said(_MESH, _message("position", payload))["fixes"]
    assert [datetime.fromisoformat(fix["time"]) for fix in fixes] == [datetime.fromtimestamp(said_at, UTC)]


def test_a_node_that_presents_itself_is_proposed() -> None:
    found = said(_MESH, _message("nodeinfo", {"id": "!7efeee00", "longname": "Hanako", "hardware": 10}))
    assert [proposal["sender"] for proposal in found["proposals"]] == ["meshtastic:g12/!7efeee00"]


def test_the_same_messages_in_another_form_are_left_out() -> None:
    found = said("gw/g12/msh/JP/2/e/Care/!a1b2c3d4", "\x08")
    assert (found["readings"], found["problems"]) == ([], [])


def test_a_message_of_no_node_is_refused() -> None:
    assert said(_MESH, {"type": "text", "payload": {}})["problems"][0]["reason"] == "wrong_shape"
