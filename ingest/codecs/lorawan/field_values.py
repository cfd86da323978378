"""The values of a decoder's fields: numbers with or without a unit, words for truths, and what stands in an object by itself."""

import re
from collections.abc import Mapping

from core.domain.evidence.sender_units import in_unit, units_for
from core.domain.metrics import METRICS
from ingest.codecs.lorawan.worded_names import Meant
from ingest.codecs.parsing.json_fields import JsonObject, number_of, text_of, truth_of
from ingest.codecs.result import Measured

_COUNTED = {"motion", "presence"}
_PLACE_NAMES = frozenset(
    {"latitude", "lat", "Latitude", "latitudeDeg", "gpsLat", "gps", "position", "location"}
)
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(\S{1,4})\Z")
_UNITS = {"℃": "°C", "C": "°C", "℉": "°F", "F": "°F", "%RH": "%", "lux": "lx"}


def number(metric: str, value: object) -> list[Measured]:
    """Read a number."""
    found = quantity(metric, value)
    return [] if found is None else [Measured(metric, found)]


def word(metric: str, words: Mapping[str, bool], value: object) -> list[Measured]:
    """Read a truth, or a word for one."""
    truth = words.get(value.strip().lower()) if isinstance(value, str) else None
    truth = truth_of(value) if truth is None else truth
    if truth is None and metric in _COUNTED:
        # A count of movements, or 2 for certainly occupied.
        number = number_of(value)
        truth = number > 0 if number is not None and number == int(number) and 0 <= number <= 65_535 else None
    return [] if truth is None else [Measured(metric, truth)]


def by_words(meant: Meant, value: object, body: JsonObject) -> list[Measured]:
    """Read a field whose name says by its words what it measures; `body` is the whole object."""
    if meant.is_of_room and _PLACE_NAMES.intersection(body):
        # What a tracker feels and measures inside.
        return []
    if meant.words is None:
        return number(meant.metric, value)
    if not meant.takes_plain and text_of(value).strip().lower() not in meant.words:
        return []
    return word(meant.metric, meant.words, value)


def value_inside(value: Mapping[str, object]) -> object:
    """Return the value in an object that holds it beside its unit, its time and the like; None if there is none."""
    for name in ("value", "state", "status", "event"):
        for key, inside in value.items():
            if key.lower() == name:
                return inside
    return None


def quantity(metric: str, value: object) -> float | None:
    """Return a number, also from a text that ends in its unit: "21.5°C", "40%"; None where it is none, or in an unknown unit.

    Examples
    --------
    >>> quantity("temperature_c", "21.5°C"), quantity("battery_v", "3100mV"), quantity("temperature_c", "40%")
    (21.5, 3.1, None)
    """
    number = number_of(value)
    found = _QUANTITY.match(text_of(value).strip()) if number is None else None
    if found is None:
        return number
    said, unit = _UNITS.get(found[2], found[2]), METRICS[metric].unit
    return in_unit(float(found[1]), said, unit) if said in units_for(unit) else None
