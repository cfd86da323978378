"""Tasmota: `tele/{topic}/SENSOR | STATE | LWT` and `stat/{topic}/...`, also with the topic in front of the prefix.

Format: https://tasmota.github.io/docs/MQTT/ and /JSON-Status-Responses/. Times are the device's local time without an offset.
"""

import re
from typing import cast

from ingest.codecs.decoded import Decoded, Measured, Rejected, nothing
from ingest.codecs.fields import (
    JsonObject,
    inner,
    items,
    json_object,
    number_of,
    plain_text,
    text_of,
    time_of_text,
)
from ingest.codecs.words import SOS_WORDS, button_word
from ingest.topics import Source

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
_CLIMATE = {
    "Temperature": "temperature_c",
    "Humidity": "humidity_pct",
    "Pressure": "pressure_hpa",
    "Illuminance": "illuminance_lx",
    "CarbonDioxide": "co2_ppm",
    "Battery": "battery_pct",
}
_ENERGY = {"Power": "power_w", "Total": "energy_kwh", "Voltage": "mains_v", "Current": "current_a"}
_PRESSURE_UNITS = {"hPa": 1.0, "mmHg": 1.333224, "inHg": 33.86389}
# These measure the board itself.
_OWN_CHIP = {"ESP32", "ENERGY"}


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message of a Tasmota."""
    parts = source.parts
    if parts[0] == "tasmota":
        return nothing("tasmota")
    place = next((index for index, part in enumerate(parts) if part in _PREFIXES), None)
    if place is None or len(parts) < 3:
        return Rejected("unknown_topic", "a Tasmota topic is tele/{topic}/SENSOR")
    name = "/".join(parts[:place] + parts[place + 1 : -1])
    suffix = parts[-1]
    if parts[place] == "cmnd" or not payload:
        return nothing(name)
    decoded = Decoded(source.sender(name), name)
    if suffix == "LWT":
        return _last_will(decoded, payload)
    if suffix in {"SENSOR", "STATE", "RESULT"} or suffix.startswith("STATUS"):
        body = json_object(payload)
        return body if isinstance(body, Rejected) else _json(decoded, body)
    return _plain(decoded, suffix, payload)


def _last_will(decoded: Decoded, payload: bytes) -> Decoded | Rejected:
    online = {b"online": True, b"offline": False}.get(payload.strip().lower())
    if online is None:
        return Rejected("wrong_shape", "the last will is neither Online nor Offline")
    decoded.readings = [Measured("online", online)]
    return decoded


def _plain(decoded: Decoded, suffix: str, payload: bytes) -> Decoded | Rejected:
    text = plain_text(payload)
    if isinstance(text, Rejected):
        return text
    power, button = _POWER.match(suffix), _BUTTON.match(suffix)
    base = suffix.rstrip("0123456789")
    truth = _WORDS.get(text.upper())
    if power and truth is not None:
        decoded.readings = [_channelled("switch_on", truth, power[1])]
    elif base in _PLAIN and truth is not None:
        decoded.readings = [_channelled(_PLAIN[base], truth, suffix[len(base) :])]
    elif button and text.lower() in SOS_WORDS:
        decoded.readings = [Measured("sos", value=True)]
    elif button:
        word = button_word(text)
        decoded.readings = [] if word is None else [_channelled("button", word, button[1])]
    elif base in _PLAIN:
        return Rejected("wrong_shape", f"{suffix} is neither ON nor OFF")
    # Other answers to commands are settings.
    return decoded


def _channelled(metric: str, value: float | bool | str, channel: str) -> Measured:
    return Measured(f"{metric}#{channel}" if channel else metric, value)


def _json(decoded: Decoded, body: JsonObject) -> Decoded | Rejected:
    # Answers to `Status 8`, `10` and `11` wrap what SENSOR and STATE hold.
    for wrapper in ("StatusSNS", "StatusSTS"):
        body = inner(body, wrapper) or body
    moment = time_of_text(body.get("Time"))
    if moment is not None and moment.tzinfo is None:
        decoded.local_time = moment
    else:
        decoded.time = moment
    readings = [*_switches(body), *_energy(inner(body, "ENERGY")), *_sensors(body)]
    signal = number_of(inner(body, "Wifi").get("Signal"))
    if signal is not None:
        readings.append(Measured("rssi_dbm", signal))
    decoded.readings = readings
    return decoded


def _switches(body: JsonObject) -> list[Measured]:
    readings: list[Measured] = []
    for key, value in body.items():
        power, button = _POWER.match(key), _BUTTON.match(key)
        if power and isinstance(value, str) and value in {"ON", "OFF"}:
            readings.append(_channelled("switch_on", value == "ON", power[1]))
        elif button:
            action = inner(body, key).get("Action") if isinstance(value, dict) else value
            word = button_word(text_of(action))
            if word is not None:
                readings.append(_channelled("button", word, button[1]))
        elif key in _PLAIN or key.upper() in _PLAIN:
            truth = _WORDS.get(text_of(value).upper()) if isinstance(value, str) else None
            if truth is not None:
                readings.append(Measured(_PLAIN[key.upper()], truth))
    return _lone_channels(readings)


def _energy(energy: JsonObject) -> list[Measured]:
    readings: list[Measured] = []
    for key, metric in _ENERGY.items():
        value = energy.get(key)
        # Meters of several channels give lists.
        several = items(value) or [value]
        for place, entry in enumerate(several, start=1):
            number = number_of(entry)
            if number is not None:
                readings.append(_channelled(metric, number, str(place) if len(several) > 1 else ""))
    return readings


def _sensors(body: JsonObject) -> list[Measured]:
    fahrenheit = body.get("TempUnit") == "F"
    hpa = _PRESSURE_UNITS.get(text_of(body.get("PressureUnit")), 1.0)
    found: list[tuple[str, str, float]] = []
    for chip, values in body.items():
        if isinstance(values, dict) and chip not in _OWN_CHIP:
            for key, value in cast("JsonObject", values).items():
                metric, number = _CLIMATE.get(key), number_of(value)
                if metric and number is not None:
                    if metric == "temperature_c" and fahrenheit:
                        number = (number - 32) / 1.8
                    found.append((metric, chip, number * hpa if metric == "pressure_hpa" else number))
    counts = [metric for metric, _, _ in found]
    return [
        _channelled(metric, number, chip if counts.count(metric) > 1 else "")
        for metric, chip, number in found
    ]


def _lone_channels(readings: list[Measured]) -> list[Measured]:
    """POWER1 alone is the one relay of a board that numbers it."""
    bases = [reading.metric.partition("#")[0] for reading in readings]
    return [
        Measured(base, reading.value) if bases.count(base) == 1 else reading
        for base, reading in zip(bases, readings, strict=True)
    ]
