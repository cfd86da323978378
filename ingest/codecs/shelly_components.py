"""The components of second and later Shellys, which come alone or many in one notification."""

from collections.abc import Callable

from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.event_words import button_word
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    inner,
    number_of,
    objects,
    text_of,
    time_of_epoch,
    truth_of,
)
from ingest.codecs.result import Decoded, Measured, Rejected

# The whole press is reported again at its end.
_HALF_PRESSES = {"btn_down", "btn_up"}
_PRESSED = {"input", "bthomedevice", "bthomesensor"}
_ALARMS = {"smoke": "smoke", "flood": "water_leak"}


def read_notification(decoded: Decoded, body: JsonObject) -> Decoded | Rejected:
    """Read NotifyStatus, NotifyFullStatus or NotifyEvent."""
    parameters = inner(body, "params")
    method = text_of(body.get("method"))
    if not method.startswith("Notify") or not parameters:
        return Rejected("wrong_shape", "the message is no notification of a Shelly")
    decoded.time = time_of_epoch(parameters.get("ts")) if parameters.get("ts") else None
    if method == "NotifyEvent":
        return _events(decoded, parameters)
    several = _several(list(parameters))
    found: list[Measured] = []
    for component in parameters:
        for reading in readings(component, inner(parameters, component)):
            kind, _, number = component.partition(":")
            name = f"{reading.metric}#{number}" if kind in several else reading.metric
            found.append(Measured(name, reading.value))
    decoded.readings = with_calls(decoded, _once(found), parameters)
    return decoded


def with_calls(decoded: Decoded, found: list[Measured], components: JsonObject) -> list[Measured]:
    """Return readings with the calls of components that we do not read by their kind."""
    calls = CallFields()
    for component, status in components.items():
        if component.partition(":")[0] not in _COMPONENTS:
            calls.add(component, status)
    return calls.merged(found, decoded.refused)


def readings(component: str, status: JsonObject) -> list[Measured]:
    """Return what the status of one component tells."""
    read = _COMPONENTS.get(component.partition(":")[0])
    return [] if read is None else read(status)


def _events(decoded: Decoded, parameters: JsonObject) -> Decoded:
    found: list[Measured] = []
    calls = CallFields()
    events = objects(parameters.get("events"))
    several = _several([text_of(event.get("component")) for event in events])
    for event in events:
        name = text_of(event.get("event"))
        moment = time_of_epoch(event.get("ts")) if event.get("ts") else None
        component, _, number = text_of(event.get("component")).partition(":")
        word = button_word(name) if component in _PRESSED and name not in _HALF_PRESSES else None
        if word is not None:
            found.append(Measured(f"button#{number}" if component in several else "button", word, moment))
        elif component in _ALARMS and name in {
            "alarm",
            f"{component}.alarm",
            "alarm_off",
            f"{component}.alarm_off",
        }:
            found.append(Measured(_ALARMS[component], not name.endswith("_off"), moment))
        elif word is None:
            calls.add("event", event)
    decoded.readings = calls.merged(found, decoded.refused)
    return decoded


def _several(components: list[str]) -> set[str]:
    kinds = [component.partition(":")[0] for component in set(components) if ":" in component]
    return {kind for kind in kinds if kinds.count(kind) > 1}


def _once(found: list[Measured]) -> list[Measured]:
    """Keep the first of each name: switch:0 and pm1:0 of one board tell the same power."""
    names: dict[str, Measured] = {}
    for reading in found:
        names.setdefault(reading.metric, reading)
    return list(names.values())


def _numbers(status: JsonObject, **metrics: str) -> list[Measured]:
    found: list[Measured] = []
    for key, metric in metrics.items():
        number = number_of(status.get(key))
        if number is not None:
            found.append(Measured(metric, number))
    return found


def _truths(status: JsonObject, **metrics: str) -> list[Measured]:
    found: list[Measured] = []
    for key, metric in metrics.items():
        truth = truth_of(status.get(key))
        if truth is not None:
            found.append(Measured(metric, truth))
    return found


def _switch(status: JsonObject) -> list[Measured]:
    # Its temperature is the inside of the plug.
    found = _truths(status, output="switch_on")
    found += _numbers(status, apower="power_w", voltage="mains_v", current="current_a")
    return found + _energy(inner(status, "aenergy").get("total"))


def _meter(status: JsonObject) -> list[Measured]:
    found = _numbers(status, act_power="power_w", total_act_power="power_w", apower="power_w")
    return found + _numbers(status, voltage="mains_v", current="current_a", total_current="current_a")


def _energy(watt_hours: object) -> list[Measured]:
    number = number_of(watt_hours)
    return [] if number is None else [Measured("energy_kwh", number / 1000)]


def _power_supply(status: JsonObject) -> list[Measured]:
    return _numbers(inner(status, "battery"), percent="battery_pct", V="battery_v")


def _input(status: JsonObject) -> list[Measured]:
    # A push button has no state, and an analogue input gives a share.
    state = status.get("state")
    return [Measured("input_on", state)] if isinstance(state, bool) else []


def _zone(status: JsonObject) -> list[Measured]:
    found = _truths(status, presence="presence", state="presence", value="presence")
    count = number_of(status.get("num_objects"))
    return found if found or count is None else [Measured("presence", count > 0)]


_COMPONENTS: dict[str, Callable[[JsonObject], list[Measured]]] = {
    "switch": _switch,
    "light": _switch,
    "cover": lambda status: _numbers(status, apower="power_w", voltage="mains_v", current="current_a"),
    "pm1": _switch,
    "em": _meter,
    "em1": _meter,
    "emdata": lambda status: _energy(status.get("total_act")),
    "em1data": lambda status: _energy(status.get("total_act_energy")),
    "temperature": lambda status: _numbers(status, tC="temperature_c"),
    "humidity": lambda status: _numbers(status, rh="humidity_pct"),
    "illuminance": lambda status: _numbers(status, lux="illuminance_lx"),
    "devicepower": _power_supply,
    "smoke": lambda status: _truths(status, alarm="smoke"),
    "flood": lambda status: _truths(status, alarm="water_leak"),
    "motion": lambda status: _truths(status, motion="motion", state="motion"),
    "presence": _zone,
    "presencezone": _zone,
    "input": _input,
    "rgb": _switch,
    "rgbw": _switch,
    "cct": _switch,
    "blutrv": lambda status: _numbers(
        status, current_C="temperature_c", rssi="rssi_dbm", battery="battery_pct"
    ),
    "occupancy": lambda status: _truths(status, value="presence"),
    "wifi": lambda status: _numbers(status, rssi="rssi_dbm"),
    "bthomedevice": lambda status: _numbers(status, rssi="rssi_dbm", battery="battery_pct"),
}
