"""Batteries in the words of LoRaWAN decoders."""

from ingest.codecs.lorawan.field_values import quantity
from ingest.codecs.parsing.json_fields import JsonObject, number_of, text_of
from ingest.codecs.result import Measured

# No battery of a sensor has more volts; a larger number is millivolts.
_HIGHEST_VOLTS = 60


def battery(value: object, body: JsonObject) -> list[Measured]:
    """Read a battery: percent with most, volts or millivolts with some; a text may name its unit: "80%", "3.6V"."""
    text = text_of(value).strip().lower()
    number = number_of(text.rstrip("%mv ") if text else value)
    if number is None:
        return []
    if text.endswith("v"):
        return battery_volts(number, body)
    if number > 1000:
        return [Measured("battery_v", number / 1000)]
    if 0 < number < 1:
        # A part of one, or less than one per cent: the message does not say which.
        return []
    if 1 < number < 5 and number != int(number):
        return [Measured("battery_v", number)]
    return [Measured("battery_pct", number)]


def battery_volts(value: object, _body: JsonObject) -> list[Measured]:
    """Read the volts, or millivolts, of a battery."""
    number = number_of(value)
    if number is None and (volts := quantity("battery_v", value)) is not None:
        return [Measured("battery_v", volts)]
    if number is None:
        return []
    return [Measured("battery_v", number / 1000 if number > _HIGHEST_VOLTS else number)]
