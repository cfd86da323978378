"""What a Tasmota's SENSOR, STATE and RESULT hold beside switches: energy, climate chips, and devices behind it by radio."""

import re
from collections import Counter
from typing import cast

from ingest.codecs.parsing.button_words import button_word
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.event_words import call_in_action
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    inner,
    items,
    number_of,
    text_of,
    truth_of,
    zigbee_percent,
)
from ingest.codecs.result import Decoded, Measured

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
# Of several of a kind: DS18B20-1, or DS18B20_1 where the firmware is set so.
_NUMBERED_CHIP = re.compile(r"[-_]\d+\Z")
_READ_ELSEWHERE = {"ZbReceived", "Wifi"}
_OF_THE_CHIP = {"Id", "mac"}
_PUSHED_OR_SWITCHED = re.compile(r"(?:power|button|switch)\d*\Z", re.IGNORECASE)
# Radio sensors under their own name in SENSOR (the drivers for Bluetooth); 1 is seen, open or wet.
_RADIO_TRUTHS = {"PIR": "motion", "Motion": "motion", "Door": "contact_open"}
# The Zigbee bridge's names for attributes. 1 of Contact is open: it is the alarm bit of the sensor.
_ZIGBEE_TRUTHS = {
    "Occupancy": "motion",
    "Contact": "contact_open",
    "Vibration": "vibration",
    "Water": "water_leak",
    "Fire": "smoke",
    "GasLeak": "gas_leak",
    "CO": "carbon_monoxide",
    "PersonalAlarm": "sos",
    "TamperReport": "tamper",
    "BatteryLow": "battery_low",
    "Power": "switch_on",
}
_ZIGBEE_NUMBERS = {
    "Temperature": "temperature_c",
    "Humidity": "humidity_pct",
    "Pressure": "pressure_hpa",
    "Illuminance": "illuminance_lx",
    "BatteryPercentage": "battery_pct",
    "BatteryVoltage": "battery_v",
    "LinkQuality": "link_quality",
    "ActivePower": "power_w",
    "RMSVoltage": "mains_v",
    "RMSCurrent": "current_a",
}


_CLICKS = {"Click", "Action"}
_OF_THE_DEVICE = {"Name", "Device", "Endpoint", "IEEEAddr", "Group"}


def channelled(metric: str, value: float | bool | str, channel: str) -> Measured:
    """Return a value, with its channel where there is one."""
    return Measured(f"{metric}#{channel}" if channel else metric, value)


def energy(decoded: Decoded, body: JsonObject) -> list[Measured]:
    """Return what the meter of a plug reports; one of several channels gives lists."""
    readings: list[Measured] = []
    for key, value in inner(body, "ENERGY").items():
        several = items(value)
        numbers = [number_of(entry) for entry in several or [value]]
        if key not in _ENERGY or None in numbers:
            decoded.unread.append(f"ENERGY.{key}")
        readings += [
            channelled(_ENERGY[key], number, str(place) if several else "")
            for place, number in enumerate(numbers, start=1)
            if key in _ENERGY and number is not None
        ]
    return readings


def sensors(decoded: Decoded, body: JsonObject) -> list[Measured]:
    """Return what the chips in SENSOR measure.

    The channel is the name of a chip that has a number (DS18B20-2) or an address of its own, as radio sensors have, since SENSOR
    may hold any of those alone. The board's other chips are always all there: where two measure the same, their names distinguish them.
    """
    found: list[tuple[str, Measured]] = []
    for chip, values in body.items():
        if isinstance(values, dict) and chip not in _OWN_CHIP:
            for key, value in cast("JsonObject", values).items():
                reading = _of_chip(key, value, body)
                if reading is not None:
                    found.append((chip, reading))
                elif chip not in _READ_ELSEWHERE and not _is_understood(chip, key):
                    decoded.unread.append(f"{chip}.{key}")
    own = {chip for chip, _ in found if _NUMBERED_CHIP.search(chip) or "mac" in inner(body, chip)}
    counts = Counter(reading.metric for chip, reading in found if chip not in own)
    return [
        channelled(reading.metric, reading.value, chip if chip in own or counts[reading.metric] > 1 else "")
        for chip, reading in found
    ]


def _is_understood(chip: str, key: str) -> bool:
    """Return whether a value says which chip it is, or is one of an output, a button or a switch, which are read by themselves."""
    return key in _OF_THE_CHIP or (
        key.lower() in {"action", "state"} and bool(_PUSHED_OR_SWITCHED.match(chip))
    )


def _of_chip(key: str, value: object, body: JsonObject) -> Measured | None:
    # An analogue input numbers what it measures: Temperature1.
    metric, number = _CLIMATE.get(key.rstrip("0123456789")), number_of(value)
    if metric and number is not None:
        if metric == "temperature_c" and body.get("TempUnit") == "F":
            number = (number - 32) / 1.8
        if metric == "pressure_hpa":
            number *= _PRESSURE_UNITS.get(text_of(body.get("PressureUnit")), 1.0)
        return Measured(metric, number)
    truth = truth_of(value) if key in _RADIO_TRUTHS else None
    return None if truth is None else Measured(_RADIO_TRUTHS[key], truth)


def zigbee(decoded: Decoded, body: JsonObject) -> list[Measured]:
    """Return what the devices behind a Zigbee bridge say; the channel is the name the bridge knows them by."""
    readings: list[Measured] = []
    for address, values in inner(body, "ZbReceived").items():
        if isinstance(values, dict):
            entry = cast("JsonObject", values)
            name = text_of(entry.get("Name")) or text_of(entry.get("Device")) or address
            readings += [
                channelled(reported.metric, reported.value, name)
                for reported in _zigbee_device(decoded, entry)
            ]
    return readings


def _zigbee_device(decoded: Decoded, entry: JsonObject) -> list[Measured]:
    found: list[Measured] = []
    calls = CallFields()
    for key, value in entry.items():
        reading = _press(key, value, calls) if key in _CLICKS else _attribute(key, value)
        if reading is not None:
            found.append(reading)
        elif key not in _OF_THE_DEVICE and key not in _CLICKS and not calls.add(key, value):
            decoded.unread.append(f"ZbReceived.{key}")
    return calls.merged(found, decoded.refused, decoded.unread)


def _attribute(key: str, value: object) -> Measured | None:
    truth, number = truth_of(value), number_of(value)
    if key in _ZIGBEE_TRUTHS and truth is not None:
        return Measured(_ZIGBEE_TRUTHS[key], truth)
    if key in _ZIGBEE_NUMBERS and number is not None:
        is_battery = key == "BatteryPercentage"
        return Measured(_ZIGBEE_NUMBERS[key], zigbee_percent(number) if is_battery else number)
    if key == "AqaraVibrationMode" and value == "vibrate":
        return Measured("vibration", value=True)
    return None


def _press(key: str, value: object, calls: CallFields) -> Measured | None:
    word = text_of(value)
    call, press = call_in_action(word), button_word(word)
    if call is not None:
        calls.add_call(call, key, value)
    return None if call is not None or press is None else Measured("button", press)
