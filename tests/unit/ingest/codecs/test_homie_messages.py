"""Homie devices of version 4 and 5, by the convention."""

import pytest

from core.domain.device import DeviceKind
from core.domain.device_proposal import likely_kind
from ingest.codecs import decode
from ingest.codecs.result import Decoded
from tests.support.decoding import Case, assert_says, said

_4, _5 = "gw/g12/homie/hall-1", "gw/g12/homie/5/hall-1"

_CASES = [
    Case("a contact, under its node", f"{_4}/front-door/contact", "open", {"contact_open#front-door": True, "device_id": "hall-1"}),
    Case("the same in version 5", f"{_5}/front-door/contact", "closed", {"contact_open#front-door": False, "device_id": "hall-1"}),
    Case("a generic property is called by its node", f"{_4}/motion/state", "true", {"motion#motion": True}),
    Case("a bed", f"{_5}/bed/occupied", "true", {"bed_occupied#bed": True}, ("presence",)),
    Case("a room whose name begins with bed", f"{_5}/bedroom/presence", "true", {"presence#bedroom": True}, ("bed_occupied",)),
    Case("one of two thermometers of a node", f"{_4}/climate/temperature-2", "21.5", {"temperature_c#climate/temperature-2": 21.5}),
    Case("a boolean power is a switch", f"{_4}/lamp/power", "true", {"switch_on#lamp": True}, ("power_w",)),
    Case("a number of power is a load", f"{_4}/plug/power", "12.5", {"power_w#plug": 12.5}, ("switch_on",)),
    Case("one watt is no truth", f"{_4}/plug/power", "1", {"power_w#plug": 1}, ("switch_on",)),
    Case("pressure in Pa", f"{_4}/climate/pressure", "101325", {"pressure_hpa#climate": pytest.approx(1013.25)}),
    Case("a momentary event", f"{_4}/wall/action", "double", {"button#wall": "double"}),
    Case("a press on a node that is called by its purpose", f"{_4}/emergency/action", "press", {"sos#emergency": True}, ("button",)),
    Case("a fall", f"{_5}/radar/fall", "true", {"fall#radar": True}),
    Case("a lamp for emergencies is a lamp", f"{_4}/emergency-lamp/power", "true", {"switch_on#emergency-lamp": True}, ("sos",)),
    Case("how often somebody called is no call", f"{_4}/radar/sos-count", "3", {}, ("sos",)),
    Case("not a number", f"{_5}/climate/temperature", "NaN", {"heartbeat": True}, ("temperature_c",)),
    Case("connected", f"{_4}/$state", "ready", {"online": True}),
    Case("connected, and something is wrong with it", f"{_4}/$state", "alert", {"online": True}),
    Case("badly disconnected", f"{_5}/$state", "lost", {"online": False}),
    Case("asleep is not lost", f"{_5}/$state", "sleeping", {"heartbeat": True}, ("online",)),
    Case("the charge of the battery by the extension for statistics", f"{_4}/$stats/battery", "80", {"battery_pct": 80}),
    Case("a warning for people that speaks of a leak", f"{_5}/$alert/water", "Water leak detected", {"water_leak": True}),
    Case("a warning that is over", f"{_5}/$alert/leak", "", {"water_leak": False}),
    Case("another warning", f"{_5}/$alert/battery", "Battery is low", {"heartbeat": True}, ("water_leak", "sos")),
]  # fmt: skip


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_a_documented_message(case: Case) -> None:
    assert_says(case)


@pytest.mark.parametrize(
    "topic",
    [
        f"{_4}/lamp/power/set",
        f"{_5}/lamp/power/$target",
        f"{_4}/lamp/$properties",
        f"{_4}/$nodes",
        "gw/g12/homie/$broadcast/alert",
    ],
)
def test_commands_and_descriptions_say_nothing_of_a_device(topic: str) -> None:
    found = said(topic, "true")
    assert (found["readings"], found["problems"]) == ([], [])


def test_the_description_proposes_a_device_of_the_kind_that_its_properties_show() -> None:
    motion = b'{"pir":{"properties":{"motion":{"datatype":"boolean"}}},"climate":{"properties":{"temperature":{}}}}'
    result = decode(f"{_5}/$description", b'{"homie":"5.0","name":"Hall","nodes":%s}' % motion)
    assert isinstance(result, Decoded)
    assert {one.sender for one in result.proposals} == {"homie:g12/hall-1"}
    classes = [word for one in result.proposals for word in one.kept.device_classes]
    assert likely_kind(classes) is DeviceKind.MOTION


def test_a_warning_that_looks_like_a_call_and_is_not_understood_goes_to_quarantine() -> None:
    problems = said(f"{_5}/$alert/x", "Somebody may need help in the bath")["problems"]
    assert [problem["reason"] for problem in problems] == ["unclear_call"]
