"""BTHome, which Shelly's BLU devices speak by radio: what the objects of a packet mean, whoever passes them on.

Format: https://bthome.io/format/ and https://shelly-api-docs.shelly.cloud/docs-ble/.
"""

from ingest.codecs.parsing.json_fields import JsonObject, items, number_of, truth_of
from ingest.codecs.result import Measured

_TRUTHS = {
    "motion": "motion",
    "occupancy": "presence",
    "presence": "presence",
    "window": "contact_open",
    "door": "contact_open",
    "opening": "contact_open",
    "garage_door": "contact_open",
    "vibration": "vibration",
    "moving": "device_moving",
    "tamper": "tamper",
    "battery_low": "battery_low",
    "battery_charging": "charging",
    "smoke": "smoke",
    "gas": "gas_leak",
    "carbon_monoxide": "carbon_monoxide",
    "moisture_detected": "water_leak",
}
_NUMBERS = {
    "battery": "battery_pct",
    "temperature": "temperature_c",
    "humidity": "humidity_pct",
    "pressure": "pressure_hpa",
    "illuminance": "illuminance_lx",
    "co2": "co2_ppm",
    "rssi": "rssi_dbm",
}
# 0 is no press: a packet of a device with several keys names them all, and one that is sent for its battery names none.
_PRESSES = {1: "single", 2: "double", 3: "triple", 4: "long", 5: "long_double", 6: "long_triple"}
_HELD = {128: "hold", 254: "hold"}
# Numbers of objects, as a gateway's configuration names them; pressures in hPa and illuminances in lx, already scaled.
_OBJECTS = {
    0x01: "battery",
    0x02: "temperature",
    0x03: "humidity",
    0x04: "pressure",
    0x05: "illuminance",
    0x12: "co2",
    0x15: "battery_low",
    0x16: "battery_charging",
    0x17: "carbon_monoxide",
    0x1A: "door",
    0x1B: "garage_door",
    0x1C: "gas",
    0x11: "opening",
    0x20: "moisture_detected",
    0x21: "motion",
    0x22: "moving",
    0x23: "occupancy",
    0x25: "presence",
    0x29: "smoke",
    0x2B: "tamper",
    0x2C: "vibration",
    0x2D: "window",
    0x2E: "humidity",
    0x3A: "button",
    0x45: "temperature",
}


def object_name(number: object) -> str:
    """Return the name of an object by its number; empty where we read none of that number."""
    return _OBJECTS.get(number, "") if isinstance(number, int) else ""


def read_object(name: str, value: object) -> list[Measured] | None:
    """Return what one object of a packet means; None where it is not understood."""
    if name == "button":
        return _presses(value)
    if name in _TRUTHS:
        # A list where a device has several of a kind.
        truths = [truth_of(one) for one in items(value) or [value]]
        return None if None in truths else [Measured(_TRUTHS[name], any(truths))]
    number = number_of(value)
    return None if name not in _NUMBERS or number is None else [Measured(_NUMBERS[name], number)]


def _presses(value: object) -> list[Measured] | None:
    numbers = [number_of(one) for one in items(value) or [value]]
    words = [(_PRESSES | _HELD).get(int(number)) for number in numbers if number]
    if None in numbers or None in words:
        return None
    return [Measured("button", word) for word in words if word is not None]


def read_packet(packet: JsonObject) -> tuple[list[Measured], list[str]]:
    """Return what a packet holds that a gateway's script has taken apart, and the fields that it does not read."""
    found: list[Measured] = []
    unread: list[str] = []
    for name, value in packet.items():
        readings = read_object(name, value)
        if readings is None:
            unread.append(name)
        else:
            found += readings
    return found, unread
