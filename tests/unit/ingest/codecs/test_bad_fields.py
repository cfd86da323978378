"""One bad field loses that field only: the rest is stored, and the loss is counted."""

import json
from typing import Any

import pytest

from ingest.commands.decode import described

_AT = "2026-08-01T06:00:00Z"


def _said(topic: str, text: str) -> tuple[dict[str, object], list[str], list[str]]:
    found: dict[str, Any] = described(topic, text.encode())
    readings = {reading["metric"]: reading["value"] for reading in found["readings"]}
    return readings, found["unread"], [problem["reason"] for problem in found["problems"]]


@pytest.mark.parametrize("bad", ["nan", "NaN", "-inf", "Infinity", "21,5", "", "1e999", '"nan"', '"21,5"'])
@pytest.mark.parametrize(
    ("topic", "text", "expected", "unread"),
    [
        ("zigbee2mqtt/d", '{"temperature": BAD, "occupancy": true}', {"motion": True}, "temperature"),
        ("tele/x/SENSOR", '{"SHT3X":{"Temperature":BAD,"Humidity":40}}', {"humidity_pct": 40}, "SHT3X.Temperature"),
        ("shelly-1/status/switch:0", '{"output": true, "apower": BAD}', {"switch_on": True}, "switch:0.apower"),
        (
            "application/1/device/0102/event/up",
            '{"object": {"temperature": BAD, "pir": "trigger"}}',
            {"motion": True},
            "temperature",
        ),
    ],
)  # fmt: skip
def test_a_value_that_is_none_loses_its_own_field_only(
    bad: str, topic: str, text: str, expected: dict[str, object], unread: str
) -> None:
    readings, not_read, _ = _said(topic, text.replace("BAD", bad))
    assert readings == expected
    assert unread in not_read


def test_a_phones_battery_is_kept_where_its_place_is_none() -> None:
    readings, _, problems = _said(
        "owntracks/a/b", '{"_type": "location", "lat": nan, "lon": 139.7, "tst": 1785564000, "batt": 63}'
    )
    assert readings == {"battery_pct": 63}
    assert problems == ["wrong_shape"]


def test_a_call_beside_a_bad_reading_of_a_native_device_is_taken_in() -> None:
    readings, _, problems = _said(
        "mimamori/v1/hall-1/readings",
        '{"seq": 7, "readings": [{"metric": "temperature_c", "value": nan, "time": "AT"},'
        ' {"metric": "sos", "value": true, "time": "AT"}]}'.replace("AT", _AT),
    )
    assert readings == {"sos": True}
    assert problems == ["not_json", "impossible_value"]


def test_a_call_beside_a_reading_that_does_not_fit_the_schema_is_taken_in() -> None:
    readings, unread, problems = _said(
        "mimamori/v1/hall-1/readings",
        '{"seq": 7, "readings": [{"metric": "temperature_c", "time": "AT"},'
        ' {"metric": "sos", "value": true, "time": "AT"}]}'.replace("AT", _AT),
    )
    assert readings == {"sos": True}
    assert unread == ["readings.0"]
    assert problems == ["wrong_shape"]


def test_what_is_no_json_stays_none() -> None:
    for text in ("nope", '{"a": [}', '{"a": 1, 5: 2}', '{"a" nan}'):
        assert _said("zigbee2mqtt/d", text) == ({}, [], ["not_json"])


def test_a_text_that_holds_such_words_is_left_alone() -> None:
    found = described("zigbee2mqtt/d", b'{"action": "single", "note": "a\\"nan, inf: ,", "temperature": nan}')
    assert found["unread"] == ["note", "temperature"]
    assert json.dumps(found["values"]).count("single") == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"temperature": +5, "sos": true}',
        '{"temperature": .5, "sos": true}',
        '{"temperature": 5., "sos": true}',
        '{"temperature": 05, "sos": true}',
        '{"temperature": ---, "sos": true}',
        '{"humidity": 40.5, "sos": True}',
        '{"sos": true,}',
        '\ufeff{"sos": true}',
        '{"sos": true}\0',
        '{"note": "True, +5,}", "temperature": nan, "sos": true}',
    ],
)
def test_what_is_no_json_loses_no_other_field(text: str) -> None:
    values = described("zigbee2mqtt/d", text.encode())["values"]
    assert isinstance(values, dict)
    assert values["sos"] is True


@pytest.mark.parametrize(
    "topic",
    [
        "mimamori/v1/hall-1/readings",
        "mimamori/v1/hall-1/status",
        "mimamori/v1/tracker-1/fix",
        "zigbee2mqtt/hall",
        "homeassistant/binary_sensor/hall/config",
        "tele/hall/SENSOR",
        "shelly-1/status/switch:0",
        "owntracks/u/d",
        "positions",
        "application/1/device/0102/event/up",
        "v3/care@t/devices/d/up",
        "node/binary_sensor/hall/state",
        "homie/hall/node/property",
        "msh/EU/2/json/L/!a1",
        "home/OMG/BTtoMQTT/AABBCCDDEEFF",
        "rtl_433/h/events",
        "350000000000001/data",
    ],
)
def test_that_the_broker_keeps_a_message_no_more_is_no_message_of_a_device(topic: str) -> None:
    said = described(topic, b"")
    assert (said["readings"], said["fixes"], said["problems"]) == ([], [], [])
