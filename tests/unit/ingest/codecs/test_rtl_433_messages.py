"""rtl_433's events and fields, by its documentation and the fields of its decoders."""

import json

import pytest

from core.domain.evidence.device_profile import DeviceProfile, ProfileField, ProfileSource
from ingest.codecs import decode
from ingest.codecs.result import Decoded
from tests.support.decoding import Case, assert_says, said

_EVENTS = "gw/g12/rtl_433/pi/events"


def _event(model: str, **fields: object) -> dict[str, object]:
    return {"model": model, "id": 9, **fields}


_CASES = [
    Case("a thermometer on a channel", _EVENTS, {"time": "1785564012", "model": "Acurite-Tower", "id": 9, "channel": "A", "battery_ok": 1, "temperature_C": 21.3, "humidity": 48, "mic": "CHECKSUM"}, {"device_id": "Acurite-Tower/A/9", "temperature_c": 21.3, "humidity_pct": 48, "battery_low": False, "time": "2026-08-01T06:00:12Z"}, ("battery_pct",)),
    Case("a time with its zone", _EVENTS, _event("X", time="2026-08-01T06:00:12+0900", motion=1), {"motion": True, "time": "2026-07-31T21:00:12Z"}),
    Case("a time of the wall, in a zone that nobody says, is not used", _EVENTS, _event("X", time="2026-08-01 06:00:12", motion=1), {"motion": True}, ("time", "time_local")),
    Case("a subtype is part of the name", _EVENTS, _event("Interlogix-Security", subtype="motion", battery_ok=0), {"device_id": "Interlogix-Security/motion/9", "battery_low": True}),
    Case("the loops of a door sensor", _EVENTS, _event("Interlogix-Security", subtype="contact", switch1="OPEN", switch2="CLOSED"), {"contact_open#1": True, "contact_open#2": False}),
    Case("the loops of a movement sensor", _EVENTS, _event("Interlogix-Security", subtype="motion", switch1="OPEN"), {"motion#1": True}),
    Case("a detector of heat", _EVENTS, _event("Interlogix-Security", subtype="heat", switch1="OPEN"), {"smoke#1": True}),
    Case("heat is over", _EVENTS, _event("Interlogix-Security", subtype="heat", switch1="CLOSED"), {"smoke#1": False}),
    Case("a remote control", _EVENTS, _event("Interlogix-Security", subtype="keyfob", switch1="CLOSED", switch3="OPEN"), {"button#3": "single"}),
    Case("loops of what is not known", _EVENTS, _event("Interlogix-Security", subtype="unknown", switch1="OPEN"), {"input_on#1": True}),
    Case("a loop on a topic of its own", "gw/g12/rtl_433/pi/devices/Interlogix-Security/contact/9/switch1", "OPEN", {"contact_open#1": True}),
    Case("a battery by its level", _EVENTS, _event("X", battery_ok=0.59, battery_mV=2508), {"battery_pct": 59, "battery_v": pytest.approx(2.508)}, ("battery_low",)),
    Case("Fahrenheit", _EVENTS, _event("X", temperature_F=68), {"temperature_c": pytest.approx(20)}),
    Case("two probes", _EVENTS, _event("X", temperature_1_C=20, temperature_2_C=4), {"temperature_c#1": 20, "temperature_c#2": 4}),
    Case("a door", _EVENTS, _event("DSC-Security", closed=1, event=0, tamper=0), {"contact_open": False, "tamper": False}),
    Case("a sensor that names its state", _EVENTS, _event("Kerui-Security", state="open"), {"contact_open": True}),
    Case("movement is over", _EVENTS, _event("X10-Security", event="MOTION READY"), {"motion": False}),
    Case("movement", _EVENTS, _event("X10-Security", event="MOTION TRIPPED"), {"motion": True}),
    Case("a panic button", _EVENTS, _event("X10-Security", event="PANIC"), {"sos": True}),
    Case("a leak by a field", _EVENTS, _event("Acurite-1190", leak_detected=1), {"water_leak": True}),
    Case("a leak by an event", _EVENTS, _event("Govee-Water", event="Water Leak"), {"water_leak": True}),
    Case("water, of a sensor that says nothing else", _EVENTS, _event("Kerui-Security", water=1, cmd=5, state="water"), {"water_leak": True}),
    Case("a leak of a detector that names only an alarm", _EVENTS, _event("Bresser-Leakage", alarm=1), {"water_leak": True}),
    Case("its leak is over", _EVENTS, _event("Bresser-Leakage", alarm=0), {"water_leak": False}),
    Case("what happened in words beside its number", _EVENTS, _event("Cavius-Security", message=32, text="Fire alarm"), {"smoke": True}),
    Case("water in words", _EVENTS, _event("Cavius-Security", message=16, text="Warning/Water detected"), {"water_leak": True}),
    Case("a panic button held for 3 seconds", _EVENTS, _event("X10-Security", event="PANIC-3SECOND"), {"sos": True}),
    Case("the leak detector's own button", _EVENTS, _event("Govee-Water", event="Button Press"), {"button": "single"}, ("water_leak",)),
    Case("a smoke detector says nothing but that it calls", _EVENTS, _event("Smoke-GS558", unit=1, learn=0), {"smoke": True}),
    Case("a smoke detector that is taught in", _EVENTS, _event("Smoke-GS558", unit=1, learn=1), {"heartbeat": True}, ("smoke",)),
    Case("a key of a remote control", _EVENTS, _event("Remote", button=3, cmd=1), {"button#3": "single"}),
    Case("no alarm", _EVENTS, _event("X", contact_open=1, alarm=0), {"contact_open": True}, ("sos",)),
    Case("a field on a topic of its own has the same name of the device", "gw/g12/rtl_433/pi/devices/Acurite-Tower/A/9/humidity", "48", {"device_id": "Acurite-Tower/A/9", "humidity_pct": 48}),
]  # fmt: skip


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_a_documented_message(case: Case) -> None:
    assert_says(case)


def test_a_bare_code_that_may_be_a_call_is_no_heartbeat() -> None:
    found = said(_EVENTS, _event("Generic-Remote", cmd=3, tristate="00", battery_ok=1))
    assert [problem["reason"] for problem in found["problems"]] == ["unclear_component"]
    assert "heartbeat" not in found["values"]


def test_an_alarm_in_the_words_of_a_code_goes_to_quarantine_as_a_call() -> None:
    found = said(_EVENTS, _event("Chuango-Security", cmd="Alarm", cmd_id=2))
    assert [problem["reason"] for problem in found["problems"]] == ["unclear_call"]
    assert found["readings"] == []


def test_a_profile_says_what_a_bare_code_means() -> None:
    field = ProfileField("sos", field="cmd", raised=("*",))
    profile = DeviceProfile("pendant", 1, "", "", ProfileSource.BY_HAND, (field,))
    result = decode(_EVENTS, json.dumps(_event("Generic-Remote", cmd=3)).encode(), profile)
    assert isinstance(result, Decoded)
    assert [(one.metric, one.value) for one in result.readings] == [("sos", True)]
    assert result.refused == []


def test_an_alarm_of_something_unnamed_goes_to_quarantine() -> None:
    found = said(_EVENTS, _event("X", alarm=1))
    assert [problem["reason"] for problem in found["problems"]] == ["unclear_call"]


def test_one_bad_field_loses_itself_only_and_is_named() -> None:
    found = said(_EVENTS, _event("X", temperature_C="nan", humidity=48, strange=1))
    assert found["values"]["humidity_pct"] == 48
    assert found["unread"] == ["temperature_C", "strange"]


def test_the_receivers_own_statistics_say_nothing_of_a_device() -> None:
    found = said("gw/g12/rtl_433/pi/states", {"enabled": 180})
    assert (found["readings"], found["problems"]) == ([], [])


def test_an_event_without_a_model_is_refused() -> None:
    assert said(_EVENTS, {"id": 9})["problems"][0]["reason"] == "wrong_shape"
