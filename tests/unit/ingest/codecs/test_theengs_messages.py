"""OpenMQTTGateway and Theengs Gateway, by their documentation and the properties of their decoders."""

import pytest

from tests.support.decoding import Case, assert_says, said

_HOME = "gw/g12/home/OMG"
_RECEIVED = f"{_HOME}/BTtoMQTT/A4C138000102"


def _device(model: str, **properties: object) -> dict[str, object]:
    return {"id": "A4:C1:38:00:01:02", "rssi": -70, "brand": "B", "model_id": model, **properties}


_CASES = [
    Case("a thermometer", _RECEIVED, _device("LYWSD03MMC", type="THB", tempc=21.3, tempf=70.3, hum=48, batt=80, volt=2.9), {"temperature_c": 21.3, "humidity_pct": 48, "battery_pct": 80, "battery_v": 2.9, "rssi_dbm": -70, "device_id": "a4:c1:38:00:01:02"}),
    Case("heard by another gateway", "gw/g12/home/Theengs Gateway 2/BTtoMQTT/a4c138000102", _device("X", hum=40), {"device_id": "a4:c1:38:00:01:02", "humidity_pct": 40}),
    Case("another base topic", "gw/g12/flat/OMG/BTtoMQTT/A4C138000102", _device("X", hum=40), {"humidity_pct": 40}),
    Case("values as text, as older versions wrote them", _RECEIVED, _device("X", hum="52.6", tempc="19.2"), {"humidity_pct": 52.6, "temperature_c": 19.2}),
    Case("a door that was left open", _RECEIVED, _device("W120150X", contact="timeout not closed", movement=True, batt=90), {"contact_open": True, "motion": True, "battery_pct": 90}),
    Case("a closed door", _RECEIVED, _device("SBDW-002C", open=False, rot=0), {"contact_open": False}),
    Case("movement as a truth of its own name", _RECEIVED, _device("MUE4094RT", pres=True), {"motion": True}, ("presence", "pressure_hpa")),
    Case("pressure under the same name", _RECEIVED, _device("RuuviTag", pres=1009.2), {"pressure_hpa": 1009.2}, ("motion",)),
    Case("one key of four", _RECEIVED, _device("SBBT-004CEU", button1=0, button2=1, button3=0, button4=0), {"button#2": "single"}),
    Case("a key that is held", _RECEIVED, _device("SBBT-002C", button=11), {"button": "hold"}),
    Case("a button that only says that it is there", _RECEIVED, _device("SBBT-002C", button=0, batt=100), {"battery_pct": 100}, ("button",)),
    Case("the temperature of a roast is not the room's", _RECEIVED, _device("BBQ", type="BBQ", tempc=71), {"rssi_dbm": -70}, ("temperature_c",)),
    Case("a leak", _RECEIVED, _device("X", leak=True), {"water_leak": True}),
    Case("a tag that is away is nobody's absence", _RECEIVED, _device("TRACK", presence="absent"), {"rssi_dbm": -70}, ("presence",)),
    Case("a sensor of rtl_433 behind the same gateway", f"{_HOME}/RTL_433toMQTT", {"model": "Kerui-Security", "id": 9, "motion": 1, "protocol": "Kerui", "rssi": -80}, {"motion": True, "device_id": "Kerui-Security/9"}, ("rssi_dbm",)),
    Case("the gateway came", f"{_HOME}/LWT", "online", {"bridge_online": True, "device_id": "OMG"}),
    Case("the gateway's last will", f"{_HOME}/LWT", "offline", {"bridge_online": False}),
]  # fmt: skip


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_a_documented_message(case: Case) -> None:
    assert_says(case)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        # A neighbour's headset, a beacon under its UUID, the gateway's own state, raw advertisements for another decoder.
        (_RECEIVED, {"id": "5A:C1:38:00:01:02", "rssi": -60, "distance": 3.2, "servicedata": "fe"}),
        (f"{_HOME}/BTtoMQTT/1de4b189115e45f6b44e509352269977", {"id": "1de4b189115e45f6b44e509352269977"}),
        (f"{_HOME}/SYStoMQTT", {"uptime": 1}),
        (f"{_HOME}/BTtoMQTT/undecoded", {"id": "A4:C1:38:00:01:02", "servicedata": "fe"}),
        ("gw/g12/home/home_presence/OMG", {"id": "A4:C1:38:00:01:02", "distance": 2}),
        (f"{_HOME}/RTL_433toMQTT", {"model": "status", "protocol": "debug"}),
    ],
)
def test_what_is_no_sensor_of_the_home_leaves_no_trace(topic: str, body: object) -> None:
    found = said(topic, body)
    assert (found["sender"], found["readings"], found["problems"]) == (None, [], [])


def test_an_encrypted_advertisement_says_what_to_do() -> None:
    problems = said(_RECEIVED, _device("SBBT-002C", encr=2, cipher="ab", ctr="00", mic="01"))["problems"]
    assert [problem["reason"] for problem in problems] == ["encrypted"]
    assert "bindkey" in problems[0]["detail"]


def test_a_bare_radio_code_may_be_a_call_and_goes_to_quarantine() -> None:
    problems = said(f"{_HOME}/433toMQTT", {"value": 1315156, "protocol": 1, "length": 24})["problems"]
    assert [problem["reason"] for problem in problems] == ["unclear_component"]


def test_one_bad_property_loses_itself_only_and_is_named() -> None:
    found = said(_RECEIVED, _device("X", tempc="nan", hum=40, strange=1))
    assert found["values"]["humidity_pct"] == 40
    assert found["unread"] == ["tempc", "strange"]
