"""A call or a hazard is one under every name, in every style, with every word for it and in every format; and what is none is none."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, product
from typing import Any

import pytest

from core.domain.metrics import CALLS
from ingest.commands.decode import described

Value = bool | int | str
Form = Callable[[str, Value], tuple[str, object]]

# Words of each call that stand by themselves, or with one that only says that it is one.
_NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "sos": (("sos",), ("sos", "alarm"), ("panic",), ("panic", "button"), ("emergency",), ("emergency", "call"), ("help",)),
    "fall": (("fall",), ("fall", "alarm"), ("fall", "detected"), ("fall", "status"), ("man", "down")),
    "smoke": (("smoke",), ("smoke", "alarm"), ("smoke", "detected"), ("fire",), ("fire", "alarm"), ("smoke", "state")),
    "gas_leak": (("gas", "alarm"), ("gas", "leak"), ("gas", "detected"), ("gas", "state")),
    "carbon_monoxide": (("carbon", "monoxide"), ("co", "alarm"), ("carbon", "monoxide", "alarm"), ("co", "state")),
    "water_leak": (("water", "leak"), ("leak",), ("flood",), ("water", "alarm"), ("leak", "detected"), ("water", "leak", "alarm")),
}  # fmt: skip
_STYLES: dict[str, Callable[[tuple[str, ...]], str]] = {
    "snake": "_".join,
    "capitals": lambda parts: "_".join(parts).upper(),
    "camel": lambda parts: parts[0] + "".join(one.capitalize() for one in parts[1:]),
    "pascal": lambda parts: "".join(one.capitalize() for one in parts),
    "kebab": "-".join,
    "title": lambda parts: "_".join(one.capitalize() for one in parts),
    "joined": "".join,
    "spaced": " ".join,
}
_SUFFIXES = ("", "_1", "_2")
_RAISED: tuple[Value, ...] = (
    *(True, 1, "1", "true", "TRUE", "on", "ON", "On", "alarm", "ALARM", "Alarm", "triggered", "detected", "Detected", "yes", "active"),
)  # fmt: skip
_OVER: tuple[Value, ...] = (
    *(False, 0, "0", "false", "FALSE", "off", "OFF", "clear", "Clear", "normal", "NORMAL", "none", "no", "inactive", "idle", "ok", "cleared"),
)  # fmt: skip
_STRANGE: tuple[Value, ...] = ("calibrating", "0x3", "7", 7)
# With one of these a field is a setting or a statistic.
_SETTINGS = (
    "count",
    "sensitivity",
    "volume",
    "threshold",
    "timeout",
    "duration",
    "interval",
    "test",
    "history",
)
_AT = "2026-08-01T06:00:00Z"
_PLACE = {"fixTime": _AT, "serverTime": _AT, "latitude": 35.7, "longitude": 139.7, "valid": True}


def _uplink(values: dict[str, object]) -> dict[str, object]:
    return {"time": _AT, "fPort": 1, "data": "AQI=", "object": values}


def _things_stack(values: dict[str, object]) -> dict[str, object]:
    return {"received_at": _AT, "uplink_message": {"decoded_payload": values, "received_at": _AT}}


_FORMS: dict[str, Form] = {
    "zigbee2mqtt": lambda name, value: ("zigbee2mqtt/d", {name: value, "linkquality": 80}),
    "zigbee2mqtt nested": lambda name, value: ("zigbee2mqtt/d", {"sensor": {name: value}}),
    "zigbee2mqtt attribute": lambda name, value: (f"zigbee2mqtt/d/{name}", _text(value)),
    "tasmota": lambda name, value: ("tele/d/SENSOR", {"Time": "2026-08-01T06:00:00", name: value}),
    "tasmota result": lambda name, value: ("stat/d/RESULT", {name: value}),
    "tasmota zigbee": lambda name, value: ("tele/d/SENSOR", {"ZbReceived": {"0x1": {"Name": "h", name: value}}}),
    "tasmota topic": lambda name, value: (f"stat/d/{name}", _text(value)),
    "chirpstack": lambda name, value: ("application/1/device/01/event/up", _uplink({name: value, "battery": 90})),
    "chirpstack nested": lambda name, value: ("application/1/device/01/event/up", _uplink({"data": {name: value}})),
    "chirpstack value": lambda name, value: ("application/1/device/01/event/up", _uplink({name: {"value": value}})),
    "chirpstack list": lambda name, value: ("application/1/device/01/event/up", _uplink({"data": [{"name": name, "value": value}]})),
    "the_things_stack": lambda name, value: ("v3/a@t/devices/d/up", _things_stack({name: value})),
    "traccar": lambda name, value: ("positions", {"device": {"uniqueId": "8"}, "position": {**_PLACE, "attributes": {name: value}}}),
    "owntracks": lambda name, value: ("owntracks/u/d", {"_type": "location", "tst": 1785564000, "lat": 35.7, "lon": 139.7, name: value}),
    "teltonika": lambda name, value: ("352093081234567/data", {"state": {"reported": {"ts": 1785564000000, name: value}}}),
    "meshtastic": lambda name, value: ("msh/2/json/c/!1", {"from": 9, "type": "telemetry", "payload": {name: value}}),
    "theengs": lambda name, value: ("home/g/BTtoMQTT/AABBCCDDEEFF", {"id": "AA:BB:CC:DD:EE:FF", "model_id": "X", name: value}),
    "rtl_433": lambda name, value: ("rtl_433/h/events", {"model": "X", "id": 9, name: value}),
    "rtl_433 field": lambda name, value: (f"rtl_433/h/devices/X/9/{name}", _text(value)),
    "shelly 1": lambda name, value: ("shellies/s/status", {name: value}),
    "shelly 1 topic": lambda name, value: (f"shellies/s/sensor/{name}", _text(value)),
    "shelly 2": lambda name, value: ("shelly-1/status/thing:0", {"id": 0, name: value}),
    "shelly script": lambda name, value: (
        "shelly-1/events/rpc",
        {"method": "NotifyEvent", "params": {"events": [{"component": "script:1", "event": "x", "data": {"addr": "aa:bb", name: value}}]}},
    ),
    "esphome": lambda name, value: (f"node/binary_sensor/{name}/state", _text(value)),
    "homie": lambda name, value: (f"homie/d/node/{name}", _text(value)),
}  # fmt: skip


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _said(form: str, name: str, value: Value) -> tuple[dict[str, bool], list[str], dict[str, Any]]:
    """Return the calls of a message, the reasons of what is refused of it, and all that is said of it."""
    topic, body = _FORMS[form](name, value)
    payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    found: dict[str, Any] = described(topic, payload)
    calls: dict[str, bool] = {}
    for one in found["readings"]:
        metric = one["metric"].partition("#")[0]
        if metric in CALLS:
            calls[metric] = calls.get(metric, False) or one["value"] is True
    return calls, [one["reason"] for one in found["problems"]], found


def _named(values: Sequence[Value]) -> Iterator[tuple[str, str, Value]]:
    """Give each metric under each name with each value, in every style, with an endpoint behind the name or not."""
    suffixes = cycle(_SUFFIXES)
    for metric, names in _NAMES.items():
        for parts in names:
            # `costate` and `coalarm` are made of other words too.
            styles = [way for style, way in _STYLES.items() if style != "joined" or parts[0] != "co"]
            for place in range(max(len(styles), len(values))):
                name = styles[place % len(styles)](parts) + next(suffixes)
                yield metric, name, values[place % len(values)]


def _may_be_quantity(form: str, metric: str, value: Value) -> bool:
    """Return whether a number may say how much there is: of gas where it is measured, and in a format that has truths of its own."""
    is_number = not isinstance(value, bool) and str(value).isdigit()
    is_gas = metric in {"gas_leak", "carbon_monoxide"}
    return is_number and (form.startswith("zigbee2mqtt") or (is_gas and form == "chirpstack list"))


def test_every_call_of_the_registry_is_tried() -> None:
    assert _NAMES.keys() == set(CALLS)


@pytest.mark.parametrize("form", _FORMS)
def test_a_call_is_raised_whatever_it_is_called_and_however_that_is_said(form: str) -> None:
    lost: list[object] = []
    for metric, name, value in _named(_RAISED):
        calls, problems, _ = _said(form, name, value)
        may_wait = _may_be_quantity(form, metric, value) and not any(calls.values())
        if calls != {metric: True} and not may_wait:
            lost.append((name, value, calls, problems))
    assert lost == []


@pytest.mark.parametrize("form", _FORMS)
def test_a_call_that_is_over_is_neither_raised_nor_a_reason_to_ask(form: str) -> None:
    wrong: list[object] = []
    for _, name, value in _named(_OVER):
        calls, problems, _ = _said(form, name, value)
        if any(calls.values()) or problems:
            wrong.append((name, value, calls, problems))
    assert wrong == []


@pytest.mark.parametrize("form", _FORMS)
def test_a_word_for_a_call_that_nobody_understands_waits_and_is_no_heartbeat(form: str) -> None:
    wrong: list[object] = []
    for metric, name, value in _named(_STRANGE):
        if metric == "carbon_monoxide" and _may_be_quantity(form, metric, value):
            # Detectors of it say the concentration with every message, beside a truth.
            continue
        calls, problems, found = _said(form, name, value)
        if metric == "water_leak" and str(value) == "7" and calls == {metric: True} and not problems:
            # How much of it there is.
            continue
        if any(calls.values()) or "unclear_call" not in problems or "heartbeat" in found["values"]:
            wrong.append((name, value, calls, problems))
    assert wrong == []


@pytest.mark.parametrize("form", _FORMS)
def test_a_setting_or_a_statistic_of_a_call_is_none(form: str) -> None:
    wrong: list[object] = []
    styles, values = cycle(_STYLES.values()), cycle((3, 1, True, "on", "alarm"))
    for names, setting in product(_NAMES.values(), _SETTINGS):
        for parts in names:
            name, value = next(styles)((*parts, setting)), next(values)
            calls, problems, _ = _said(form, name, value)
            if calls or "unclear_call" in problems:
                wrong.append((name, value, calls, problems))
    assert wrong == []
