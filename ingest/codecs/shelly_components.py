"""The components of second and later Shellys, which come alone or many in one notification.

A value's channel is the number of its component, whatever else is in the message; component 0 is the device itself. Of a Bluetooth
device that a script passes on, the channel is its address.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, cast

from core.domain.metrics import CALLS
from ingest.codecs.bthome import object_name, read_object, read_packet
from ingest.codecs.parsing.button_words import button_word
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.event_words import call_in_field, raised_of
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    aware_time,
    inner,
    number_of,
    objects,
    text_of,
    time_of_epoch,
    truth_of,
)
from ingest.codecs.parsing.other_fields import read_other_fields
from ingest.codecs.parsing.second_times import SUSPECT, checked_time, stated_time
from ingest.codecs.result import Decoded, Measured, Rejected, unclear_call, unclear_component

# The whole press is reported again at its end.
_HALF_PRESSES = {"btn_down", "btn_up"}
_PRESSED = {"input", "bthomedevice", "bthomesensor"}
_ALARMS = {"smoke": "smoke", "flood": "water_leak"}
# Names, and what another field of the component says too.
_REPEATED = {"id", "tF", "rotation"}


class _Field(NamedTuple):
    metric: str
    per_unit: float = 0.0
    """Divides a number; 0 for a truth."""


def _truth(metric: str) -> _Field:
    return _Field(metric)


def _number(metric: str, per_unit: float = 1.0) -> _Field:
    return _Field(metric, per_unit)


_ELECTRICITY = {
    "apower": _number("power_w"),
    "voltage": _number("mains_v"),
    "current": _number("current_a"),
}
# Its temperature is the inside of the plug.
_SWITCH = {"output": _truth("switch_on"), **_ELECTRICITY, "aenergy.total": _number("energy_kwh", 1000)}
_METER = {
    "act_power": _number("power_w"),
    "total_act_power": _number("power_w"),
    **_ELECTRICITY,
    "total_current": _number("current_a"),
}
_ZONE = {name: _truth("presence") for name in ("presence", "state", "value")}
_COMPONENTS: dict[str, dict[str, _Field]] = {
    "switch": _SWITCH,
    "light": _SWITCH,
    "cover": _ELECTRICITY,
    "pm1": _SWITCH,
    "em": _METER,
    "em1": _METER,
    "emdata": {"total_act": _number("energy_kwh", 1000)},
    "em1data": {"total_act_energy": _number("energy_kwh", 1000)},
    "temperature": {"tC": _number("temperature_c")},
    "humidity": {"rh": _number("humidity_pct")},
    "illuminance": {"lux": _number("illuminance_lx")},
    "devicepower": {"battery.percent": _number("battery_pct"), "battery.V": _number("battery_v")},
    "smoke": {"alarm": _truth("smoke")},
    "flood": {"alarm": _truth("water_leak")},
    "motion": {"motion": _truth("motion"), "state": _truth("motion")},
    "presence": _ZONE,
    "presencezone": _ZONE,
    # A push button has no state, and an analogue input gives a share.
    "input": {"state": _truth("input_on")},
    "rgb": _SWITCH,
    "rgbw": _SWITCH,
    "cct": _SWITCH,
    "blutrv": {
        "current_C": _number("temperature_c"),
        "rssi": _number("rssi_dbm"),
        "battery": _number("battery_pct"),
    },
    "occupancy": {"value": _truth("presence")},
    "wifi": {"rssi": _number("rssi_dbm")},
    "bthomedevice": {"rssi": _number("rssi_dbm"), "battery": _number("battery_pct")},
}
# What their owner made and gave a name, which the message does not hold.
_VIRTUAL = {"boolean", "enum"}
_VIRTUAL_BUTTON = "button"
_OF_THE_NOTIFICATION = {"id", "src", "dst", "method", "params", "auth"}
# What these report is about the board and its connections.
_OF_THE_BOARD = {"sys", "ble", "cloud", "mqtt", "ws", "eth", "script", "knx", "matter", "bthome", "ts"}


def read_notification(decoded: Decoded, body: JsonObject) -> Decoded | Rejected:
    """Read NotifyStatus, NotifyFullStatus or NotifyEvent."""
    parameters = inner(body, "params")
    method = text_of(body.get("method"))
    if not method.startswith("Notify") or not parameters:
        return Rejected("wrong_shape", "the message is no notification of a Shelly")
    decoded.time = _moment(parameters.get("ts"))
    if decoded.time == SUSPECT:
        decoded.unread.append("ts")
    if method == "NotifyEvent":
        for event in objects(parameters.get("events")):
            decoded.readings = [*decoded.readings, *_event(decoded, event)]
    else:
        read_status(decoded, parameters)
    named = {name for name, status in parameters.items() if isinstance(status, dict)}
    read_other_fields(decoded, parameters, named | {"ts", "events"}, "params.")
    read_other_fields(decoded, body, _OF_THE_NOTIFICATION)
    return decoded


def read_status(decoded: Decoded, components: JsonObject) -> None:
    """Read the status of components, each by its name."""
    found: list[Measured] = []
    for component, status in components.items():
        if isinstance(status, dict):
            found += _component(decoded, component, cast("JsonObject", status))
    decoded.readings = _once(found)


def _component(decoded: Decoded, component: str, status: JsonObject) -> list[Measured]:
    kind, _, number = component.partition(":")
    if kind == "bthomesensor":
        return _channelled(_bluetooth_object(decoded, component, status), number)
    fields = _COMPONENTS.get(kind, {})
    if not fields:
        found = _unknown(decoded, component, status)
        if kind in _VIRTUAL and not found:
            _refuse_virtual(decoded, component, status.get("value"))
        return _channelled(found, number)
    values = _leaves(status)
    found, read = _known_fields(decoded, component, fields, values)
    count = number_of(values.get("num_objects"))
    if fields is _ZONE and not found and count is not None:
        found.append(Measured("presence", count > 0))
        read.add("num_objects")
    calls = CallFields()
    for name, value in values.items():
        if name in read or value is None:
            continue
        # A call that is read by its name was refused already.
        is_call = name not in fields and calls.add(name, value)
        if name not in _REPEATED and not is_call:
            decoded.unread.append(f"{component}.{name}")
    return _channelled(calls.merged(found, decoded.refused, decoded.unread), number)


def _known_fields(
    decoded: Decoded, component: str, fields: Mapping[str, _Field], values: JsonObject
) -> tuple[list[Measured], set[str]]:
    """Return what the fields say that are read by their names, and these."""
    found: list[Measured] = []
    read: set[str] = set()
    for name, field in fields.items():
        if values.get(name) is None:
            continue
        reading = _read(field, values[name])
        if reading is not None:
            found.append(reading)
            read.add(name)
        elif field.metric in CALLS:
            decoded.refused.append(
                unclear_call(f"{component}.{name}", f"{component}.{name} is neither on nor off")
            )
    return found, read


def _read(field: _Field, value: object) -> Measured | None:
    if field.per_unit:
        number = number_of(value)
        return None if number is None else Measured(field.metric, number / field.per_unit)
    truth = truth_of(value)
    if truth is None and field.metric in CALLS:
        truth = raised_of(field.metric, value)
    return None if truth is None else Measured(field.metric, truth)


def _leaves(status: JsonObject) -> dict[str, object]:
    """Return what a status holds by its paths."""
    found: dict[str, object] = {}
    for name, value in status.items():
        if isinstance(value, dict):
            _add_leaves(found, cast("JsonObject", value), f"{name}.")
        else:
            found[name] = value
    return found


def _add_leaves(found: dict[str, object], inside: JsonObject, path: str) -> None:
    for name, value in inside.items():
        if isinstance(value, dict) and path.count(".") < 3:
            _add_leaves(found, cast("JsonObject", value), f"{path}{name}.")
        else:
            found[f"{path}{name}"] = value


def _unknown(decoded: Decoded, component: str, status: JsonObject) -> list[Measured]:
    """Return the calls in a component of a kind that we do not know."""
    calls = CallFields()
    calls.add(component, status)
    found = calls.merged([], decoded.refused, decoded.unread)
    if component.partition(":")[0] not in _OF_THE_BOARD and not found:
        decoded.unread += [
            f"{component}.{name}"
            for name, value in _leaves(status).items()
            if name not in _REPEATED and value is not None
        ]
    return found


def _refuse_virtual(decoded: Decoded, component: str, value: object) -> None:
    """Refuse the state of what its owner made; where it is a word that calls, as a call."""
    call = call_in_field("event", value) if isinstance(value, str) else None
    if call is not None and call.is_raised is not False:
        decoded.refused.append(unclear_call(component, f"{component} holds a word that may be a call"))
    elif value is not None:
        _refuse_as_unclear(decoded, component)


def _refuse_as_unclear(decoded: Decoded, component: str) -> None:
    decoded.refused.append(unclear_component(component, component))


def _bluetooth_object(decoded: Decoded, component: str, status: JsonObject) -> list[Measured]:
    """Read one object of a Bluetooth device; which, only its configuration says, so that a door may look like a movement."""
    value = status.get("value")
    name = object_name(status.get("obj_id"))
    readings = read_object(name, value) if name else None
    moment = checked_time(_moment(status.get("last_updated_ts")), decoded.time)
    if readings is not None:
        return [Measured(reading.metric, reading.value, moment) for reading in readings]
    if isinstance(value, (bool, str)):
        _refuse_as_unclear(decoded, component)
    elif value is not None:
        decoded.unread.append(f"{component}.value")
    return []


def _event(decoded: Decoded, event: JsonObject) -> list[Measured]:
    name = text_of(event.get("event"))
    moment = checked_time(_moment(event.get("ts")), decoded.time)
    component = text_of(event.get("component"))
    kind, _, number = component.partition(":")
    word = button_word(name) if kind in _PRESSED and name not in _HALF_PRESSES else None
    if word is not None:
        return _channelled([Measured("button", word, moment)], number)
    if kind in _ALARMS and name in {"alarm", f"{kind}.alarm", "alarm_off", f"{kind}.alarm_off"}:
        return _channelled([Measured(_ALARMS[kind], not name.endswith("_off"), moment)], number)
    data = inner(event, "data")
    address = text_of(data.get("address") or data.get("addr"))
    if address:
        return _packet(decoded, data, address, moment, name)
    calls = CallFields()
    # What the component is called says nothing of what happened.
    happened = {key: value for key, value in event.items() if key not in {"component", "id", "ts"}}
    if not calls.add("event", happened):
        if kind == _VIRTUAL_BUTTON:
            _refuse_as_unclear(decoded, component)
        elif kind not in _OF_THE_BOARD and name not in _HALF_PRESSES:
            decoded.unread.append(f"{component}.{name[:40]}")
    return _channelled(calls.merged([], decoded.refused, decoded.unread), "" if kind == "script" else number)


# What a packet says of itself.
_OF_THE_PACKET = {"address", "addr", "pid", "packet_id", "encryption", "BTHome_version", "model"}


def _packet(
    decoded: Decoded, data: JsonObject, address: str, moment: datetime | None, event: str
) -> list[Measured]:
    """Read what a script passes on of a Bluetooth device, under the device's own address; the event may be named after a call."""
    packet = {name: value for name, value in data.items() if name not in _OF_THE_PACKET}
    found, unread = read_packet(packet)
    calls = CallFields()
    calls.add("event", event)
    for name in unread:
        calls.add(name, packet[name])
    found = calls.merged(found, decoded.refused, decoded.unread)
    decoded.unread += [f"data.{name}" for name in unread]
    return _channelled([Measured(one.metric, one.value, moment) for one in found], address.lower())


def _moment(value: object) -> datetime | None:
    # 0 until the clock is set.
    return stated_time(value, (time_of_epoch(value) or aware_time(value)) if value else None)


def _channelled(found: list[Measured], channel: str) -> list[Measured]:
    if channel in {"", "0"}:
        return found
    return [Measured(f"{reading.metric}#{channel}", reading.value, reading.time) for reading in found]


def _once(found: list[Measured]) -> list[Measured]:
    """Keep the first of each name: switch:0 and pm1:0 of one board report the same power."""
    names: dict[str, Measured] = {}
    for reading in found:
        names.setdefault(reading.metric, reading)
    return list(names.values())
