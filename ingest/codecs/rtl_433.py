"""rtl_433, sensors received by radio: `rtl_433/{host}/events` as JSON, and `rtl_433/{host}/devices/{model}/.../{id}/{field}`.

Format: https://triq.org/rtl_433/DATA_FORMAT.html and OPERATION.html (MQTT output, `-M time`), and the decoders' own fields. A device is its
model, subtype, channel and id, in the order of the default topics; many take a new id with each battery.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from core.domain.metrics import METRICS, MetricKind
from ingest.codecs.parsing.button_words import button_word
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.event_words import call_in_field, call_in_words
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    aware_time,
    json_object,
    number_of,
    plain_text,
    text_of,
    time_of_epoch,
    truth_of,
)
from ingest.codecs.parsing.word_parts import word_parts
from ingest.codecs.result import Decoded, Measured, Rejected, nothing, unclear_component
from ingest.mqtt.topics import Source

_NAMED_BY = ("type", "model", "subtype", "channel", "id")
_TRUTHS = {
    "motion": "motion", "contact_open": "contact_open", "opened": "contact_open", "tamper": "tamper", "switch_on": "switch_on",
    "water": "water_leak",
}  # fmt: skip
_NUMBERS = {
    "temperature_C": "temperature_c", "humidity": "humidity_pct", "pressure_hPa": "pressure_hpa", "battery_V": "battery_v",
    "light_lux": "illuminance_lx", "lux": "illuminance_lx", "co2_ppm": "co2_ppm", "snr": "snr_db",
    "power_W": "power_w", "energy_kWh": "energy_kwh", "current_A": "current_a", "voltage_V": "mains_v",
}  # fmt: skip
# The same in another unit: what it is multiplied with.
_SCALED = {
    "battery_mV": ("battery_v", 0.001),
    "pressure_kPa": ("pressure_hpa", 10.0),
    "pressure_inHg": ("pressure_hpa", 33.86389),
}
# The loops of Interlogix and of what else has several on one radio: `switch1: OPEN`; what is wired to them the subtype says.
_LOOP = re.compile(r"switch(\d+)\Z")
_LOOPS = {"OPEN": True, "CLOSED": False}
_LOOP_OF = {"contact": "contact_open", "motion": "motion", "heat": "smoke", "smoke": "smoke"}
# `temperature_2_C`: one of several of a kind.
_NUMBERED = re.compile(r"(?P<kind>[a-z]+)_(?P<number>\d+)(?P<unit>_[A-Za-z]+)?\Z")
_EVENTS = {"event", "state", "status", "extradata"}
# What happened, in words, of models that have only a number beside it.
_IN_WORDS = {"text": "event", "extradata": "event", "cmd": "event", "data": "event", "code": "event"}
_SILENT = {
    *(*_NAMED_BY, "time", "mic", "mod", "freq", "freq1", "freq2", "rssi", "noise", "protocol", "sequence", "sequence_num"),
    *("heartbeat", "reed_open", "raw", "raw_msg", "code", "data", "learn", "unit", "brand", "description", "duration"),
}  # fmt: skip
_CODES = frozenset({"code", "data"})
_BARE_CODES = frozenset({"cmd", "command", "value"})
# Detectors of one thing, whose `alarm` is of that; of all others it is not said of what.
_ALARM_OF = {"Bresser-Leakage": "water_leak", "Kidde-Smoke": "smoke"}
# That it is in contact at all is what these say, except while they are taught in.
_BY_MODEL = {"Smoke-GS558": "smoke"}


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message of a receiver."""
    levels = source.parts[2:]
    if levels[:1] == ("devices",) and len(levels) > 2:
        return _field(source, levels[1:], payload)
    if levels != ("events",) or not payload:
        # states: how the receiver itself does.
        return nothing("rtl_433")
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    name = device_name(body)
    if not name:
        return Rejected("wrong_shape", "model is missing; rtl_433 must publish events as JSON")
    decoded = Decoded(source.sender(name), name, time=received_at(body))
    read_device(decoded, body)
    return decoded


def _field(source: Source, levels: tuple[str, ...], payload: bytes) -> Decoded | Rejected:
    name, field = "/".join(levels[:-1]), levels[-1]
    if field in _SILENT or not payload:
        return nothing(name)
    text = plain_text(payload)
    if isinstance(text, Rejected):
        return text
    decoded = Decoded(source.sender(name), name)
    # The second level may be the subtype.
    read_device(decoded, {"model": levels[0], "subtype": levels[1], field: text})
    return decoded


def device_name(body: JsonObject) -> str:
    """Return what names a device, as the default topics do; empty where there is no model."""
    if not text_of(body.get("model")):
        return ""
    parts = [body.get(key) for key in _NAMED_BY]
    return "/".join(str(part).replace("/", "-") for part in parts if part is not None and part != "")


def received_at(body: JsonObject) -> datetime | None:
    """Return when it was received, where the receiver says in which zone (`-M time:tz`) or in seconds (`-M time:unix`).

    It passes on at once what it receives, so our time is better than a time of a wall whose zone may be set wrongly.
    """
    return aware_time(body.get("time")) or time_of_epoch(body.get("time"))


def read_device(decoded: Decoded, body: JsonObject) -> None:
    """Read the fields of a device."""
    found: dict[str, Measured] = {}
    calls = CallFields()
    for key, value in body.items():
        if value is None or (key in _SILENT and not _is_worded(key, value)):
            continue
        readings = _of_field(key, value, body)
        for one in readings or []:
            found.setdefault(one.metric, one)
        is_call = not readings and calls.add(_IN_WORDS.get(key, key), value)
        if readings is None and not is_call and not (key == "alarm" and truth_of(value) is False):
            decoded.unread.append(key)
    model = text_of(body.get("model"))
    if model in _BY_MODEL and truth_of(body.get("learn")) is not True:
        found[_BY_MODEL[model]] = Measured(_BY_MODEL[model], value=True)
    decoded.readings = calls.merged(list(found.values()), decoded.refused, decoded.unread)
    _refuse_bare_code(decoded)


def _is_worded(key: str, value: object) -> bool:
    """Return whether a code has a word beside it, or is one that speaks of a call: `0x8 (Alarm)`."""
    if key not in _CODES or not isinstance(value, str):
        return False
    return "(" in value or call_in_field("event", value) is not None


def _refuse_bare_code(decoded: Decoded) -> None:
    codes = [name for name in decoded.unread if name in _BARE_CODES]
    if codes and not _says_more(decoded):
        decoded.refused.append(unclear_component(codes[0], "a bare radio code"))


def _of_field(key: str, value: object, body: JsonObject) -> list[Measured] | None:
    """Return what a field says in a message; None where it is not understood."""
    if key in _EVENTS:
        return _event(value)
    loop = _LOOP.match(key)
    if loop is not None:
        return _loop(loop[1], value, text_of(body.get("subtype")))
    return _reading(key, value, text_of(body.get("model")))


def _says_more(decoded: Decoded) -> bool:
    """Return whether anything was read but the state of the battery and the radio."""
    return bool(decoded.refused) or any(
        METRICS[one.metric.partition("#")[0]].kind is not MetricKind.HEALTH for one in decoded.readings
    )


def _reading(key: str, value: object, model: str) -> list[Measured] | None:
    """Return what a field says; None where it is not understood."""
    numbered = _NUMBERED.match(key)
    if numbered:
        found = _reading(numbered["kind"] + (numbered["unit"] or ""), value, model)
        return found and [Measured(f"{one.metric}#{numbered['number']}", one.value) for one in found]
    truth, number = truth_of(value), number_of(value)
    if key == "button":
        # The number of the key of a remote control.
        return [Measured(f"button#{number:g}", "single")] if number else None
    named = _ALARM_OF.get(model) if key == "alarm" else _TRUTHS.get(key)
    if named is not None:
        return None if truth is None else [Measured(named, truth)]
    if key == "closed":
        return None if truth is None else [Measured("contact_open", not truth)]
    if number is None:
        return None
    if key == "battery_ok":
        return _battery(number)
    if key == "temperature_F":
        return [Measured("temperature_c", (number - 32) / 1.8)]
    metric, factor = _SCALED.get(key, (_NUMBERS.get(key), 1.0))
    return None if metric is None else [Measured(metric, number * factor)]


def _loop(number: str, value: object, subtype: str) -> list[Measured] | None:
    """Read a loop, which is open when something happened at it; of a remote control that is a press."""
    is_open = _LOOPS.get(text_of(value).strip().upper())
    if is_open is None:
        return None
    if subtype == "keyfob":
        return [Measured(f"button#{number}", "single")] if is_open else []
    return [Measured(f"{_LOOP_OF.get(subtype, 'input_on')}#{number}", is_open)]


def _battery(level: float) -> list[Measured] | None:
    """Read a level from 0 to 1; of most devices it is only 0 or 1, which is no per cent."""
    if level in {0.0, 1.0}:
        return [Measured("battery_low", level == 0)]
    return [Measured("battery_pct", level * 100)] if 0 < level < 1 else None


_STATES: Mapping[str, tuple[str, bool]] = {
    "motion": ("motion", True), "open": ("contact_open", True), "opened": ("contact_open", True),
    "close": ("contact_open", False), "closed": ("contact_open", False), "tamper": ("tamper", True),
}  # fmt: skip
# With one of these the event says that it is over, or that all is well.
_REST = frozenset({"ready", "normal", "clear", "ok", "restored", "off", "no"})


def _event(value: object) -> list[Measured] | None:
    """Read the name of an event: `open`, `MOTION TRIPPED`, `Button Press`; None where it is not understood."""
    if not isinstance(value, str) or number_of(value) is not None:
        # A number of an event says the same as the other fields.
        return []
    if call_in_words(value) is not None:
        return None
    parts = word_parts(value)
    found = next((_STATES[part] for part in parts if part in _STATES), None)
    if found is not None:
        metric, truth = found
        return [Measured(metric, truth and not _REST.intersection(parts))]
    if "heartbeat" in parts or "battery" in parts:
        return []
    word = button_word(value) if "button" in parts else None
    return None if word is None else [Measured("button", word)]
