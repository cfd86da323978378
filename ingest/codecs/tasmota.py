"""Tasmota: `tele/{topic}/SENSOR | STATE | LWT` and `stat/{topic}/...`, also with the topic in front of the prefix.

Format: https://tasmota.github.io/docs/MQTT/ and /JSON-Status-Responses/. Times are the device's local time without an offset.
"""

import re

from core.domain.metrics import CALLS
from ingest.codecs.descriptions.tasmota_discovery import proposed
from ingest.codecs.parsing.button_words import button_word
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.event_words import call_in_action
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    inner,
    json_object,
    number_of,
    plain_text,
    text_of,
    time_of_epoch,
    time_of_text,
    truth_of,
)
from ingest.codecs.parsing.second_times import SUSPECT, stated_time
from ingest.codecs.result import Decoded, Measured, Rejected, nothing
from ingest.codecs.tasmota_sensors import channelled, energy, sensors, zigbee
from ingest.mqtt.topics import Source

_PREFIXES = {"tele", "stat", "cmnd"}
# What a rule on the device publishes under its own name, as the documentation's examples do.
_PLAIN = {
    "MOTION": "motion",
    "PIR": "motion",
    "OCCUPANCY": "motion",
    "PRESENCE": "presence",
    "DOOR": "contact_open",
    "WINDOW": "contact_open",
    "CONTACT": "contact_open",
    "VIBRATION": "vibration",
    "BED": "bed_occupied",
    "LEAK": "water_leak",
    "WATER": "water_leak",
    "SMOKE": "smoke",
    "SOS": "sos",
    "FALL": "fall",
}
_WORDS = {
    "ON": True,
    "OFF": False,
    "1": True,
    "0": False,
    "TRUE": True,
    "FALSE": False,
    "OPEN": True,
    "CLOSED": False,
    "CLOSE": False,
}
_POWER = re.compile(r"POWER(\d*)\Z")
_BUTTON = re.compile(r"(?:BUTTON|Button)(\d*)\Z")
# A wired input: `Switch1`, which says ON and OFF, or what was done with it.
_SWITCH = re.compile(r"SWITCH(\d*)\Z", re.IGNORECASE)
_INPUT_KEYS = {"action", "state"}
# These are read by their names, or hold nothing but the board's own state.
_READ = {"ENERGY", "Wifi", "ZbReceived", "Time", "Epoch", "Uptime", "TempUnit", "PressureUnit", "SpeedUnit"}
# What these say of a command or of the board is not for us, whatever form it has.
_SILENT = re.compile(r"(INFO|LOGGING|UPTIME|MARGINS|HASS_STATE|WAKEUP|UPGRADE|BLE|EVENT|CONFIG)\d*\Z")


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message of a Tasmota."""
    parts = source.parts
    if parts[0] == "tasmota":
        return _announced(source, payload)
    place = next((index for index, part in enumerate(parts) if part in _PREFIXES), None)
    if place is None or len(parts) < 3:
        return Rejected("unknown_topic", "a Tasmota topic is tele/{topic}/SENSOR")
    name = "/".join(parts[:place] + parts[place + 1 : -1])
    suffix = parts[-1]
    if parts[place] == "cmnd" or not payload:
        return nothing(name)
    if _SILENT.match(suffix):
        return nothing(name)
    decoded = Decoded(source.sender(name), name)
    if suffix == "LWT":
        return _last_will(decoded, payload)
    if suffix in {"SENSOR", "STATE", "RESULT"} or suffix.startswith("STATUS"):
        body = json_object(payload)
        return body if isinstance(body, Rejected) else _json(decoded, body)
    return _plain(decoded, suffix, payload)


def _announced(source: Source, payload: bytes) -> Decoded | Rejected:
    """Read what a device says of itself, to propose it for registration."""
    if len(source.parts) != 4 or source.parts[1] != "discovery" or source.parts[3] != "config" or not payload:
        return nothing("tasmota")
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    return Decoded(sender="", name="tasmota", proposals=proposed(source, body, decode))


def _last_will(decoded: Decoded, payload: bytes) -> Decoded | Rejected:
    online = {b"online": True, b"offline": False}.get(payload.strip().lower())
    if online is None:
        return Rejected("wrong_shape", "the last will is neither Online nor Offline")
    decoded.readings = [Measured("online", online)]
    return decoded


def _plain(decoded: Decoded, suffix: str, payload: bytes) -> Decoded | Rejected:
    text = _word(payload)
    if isinstance(text, Rejected):
        return text
    power, button, switch = _POWER.match(suffix), _BUTTON.match(suffix), _SWITCH.match(suffix)
    base = suffix.rstrip("0123456789")
    truth = _WORDS.get(text.upper())
    if power and truth is not None:
        decoded.readings = [channelled("switch_on", truth, power[1])]
    elif base in _PLAIN and truth is not None:
        decoded.readings = [channelled(_PLAIN[base], truth, suffix[len(base) :])]
    elif switch:
        decoded.readings = _input(text, switch[1])
    elif button and (call := call_in_action(text)) is not None:
        calls = CallFields()
        calls.add_call(call, suffix, text)
        decoded.readings = calls.merged([], decoded.refused, decoded.unread)
    elif button:
        word = button_word(text)
        decoded.readings = [] if word is None else [channelled("button", word, button[1])]
    elif base in _PLAIN and _PLAIN[base] not in CALLS:
        return Rejected("wrong_shape", f"{suffix} is neither ON nor OFF")
    else:
        # Other answers to commands are settings.
        calls = CallFields()
        if not calls.add(suffix, text):
            decoded.unread.append(suffix)
        decoded.readings = calls.merged([], decoded.refused, decoded.unread)
    return decoded


def _word(payload: bytes) -> str | Rejected:
    """Return the word of a topic of one input or output: plain, or as {"STATE": "ON"} and {"ACTION": "SINGLE"}."""
    text = plain_text(payload)
    if isinstance(text, Rejected) or not text.startswith("{"):
        return text
    body = json_object(payload)
    return text if isinstance(body, Rejected) else text_of(_of_input(body)) or text


def _of_input(body: JsonObject) -> object:
    """Return what an input or output says of itself: its state, or what was done with it."""
    return next((value for key, value in body.items() if key.lower() in _INPUT_KEYS), None)


def _read_time(decoded: Decoded, body: JsonObject) -> None:
    # Some firmware is set to add the time in UTC.
    key = "Epoch" if body.get("Epoch") else "Time"
    stated = body.get(key)
    moment = stated_time(stated, time_of_epoch(stated) if key == "Epoch" else time_of_text(stated))
    if moment == SUSPECT:
        decoded.unread.append(key)
    if moment is not None and moment.tzinfo is None:
        decoded.local_time = moment
    else:
        decoded.time = moment


def _json(decoded: Decoded, body: JsonObject) -> Decoded | Rejected:
    # Answers to `Status 8`, `10` and `11` wrap what SENSOR and STATE hold.
    for wrapper in ("StatusSNS", "StatusSTS"):
        body = inner(body, wrapper) or body
    _read_time(decoded, body)
    readings = [*energy(decoded, body), *sensors(decoded, body), *zigbee(decoded, body)]
    signal = number_of(inner(body, "Wifi").get("Signal"))
    if signal is not None:
        readings.append(Measured("rssi_dbm", signal))
    calls = CallFields(body)
    for key, value in body.items():
        found = _switch(key, body)
        readings += found
        is_read = key in _READ or found or inner(body, key)
        if key not in _READ and calls.add(key, value):
            decoded.unread = [name for name in decoded.unread if not name.startswith(f"{key}.")]
        elif not is_read and value is not None:
            decoded.unread.append(key)
    decoded.readings = calls.merged(readings, decoded.refused, decoded.unread)
    return decoded


def _switch(key: str, body: JsonObject) -> list[Measured]:
    power, button, switch = _POWER.match(key), _BUTTON.match(key), _SWITCH.match(key)
    if power:
        is_on = {"ON": True, "OFF": False}.get(text_of(body[key]))
        return [] if is_on is None else [channelled("switch_on", is_on, power[1])]
    if button:
        word = button_word(text_of(_action(body, key)))
        return [] if word is None else [channelled("button", word, button[1])]
    if switch:
        return _input(text_of(_action(body, key)), switch[1])
    metric = _PLAIN.get(key.upper())
    truth = _WORDS.get(text_of(body[key]).upper()) if metric else None
    return [] if metric is None or truth is None else [Measured(metric, truth)]


def _action(body: JsonObject, key: str) -> object:
    """Return what was done: {"Button1": {"Action": "SINGLE"}}, or plain where the firmware is set so."""
    value = body[key]
    return _of_input(inner(body, key)) if isinstance(value, dict) else value


def _input(text: str, channel: str) -> list[Measured]:
    truth = truth_of(text)
    if truth is not None:
        return [channelled("input_on", truth, channel)]
    word = button_word(text)
    return [] if word is None else [channelled("button", word, channel)]
