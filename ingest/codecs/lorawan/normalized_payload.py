"""The Things Stack's normalized payload: one vocabulary over all vendors' decoders.

Format: https://www.thethingsindustries.com/docs/integrations/payload-formatters/javascript/uplink/ and the schema in
lorawan-devices (lib/payload.json).
"""

from collections.abc import Iterable
from typing import cast

from core.domain.metrics import CALLS
from ingest.codecs.parsing.event_words import raised_of
from ingest.codecs.parsing.json_fields import JsonObject, aware_time, inner, number_of, text_of, truth_of
from ingest.codecs.parsing.second_times import SUSPECT
from ingest.codecs.result import Decoded, Measured, Position, unclear_call

_NUMBERS = (
    ("air", "temperature", "temperature_c"),
    ("air", "relativeHumidity", "humidity_pct"),
    ("air", "pressure", "pressure_hpa"),
    ("air", "co2", "co2_ppm"),
    ("air", "lightIntensity", "illuminance_lx"),
)
_TRUTHS = (
    (("action", "motion", "detected"), "motion"),
    (("action", "occupancy", "occupied"), "presence"),
    (("action", "smoke", "detected"), "smoke"),
    (("action", "switch", "state"), "switch_on"),
    (("air", "gasAlarm"), "gas_leak"),
    (("water", "leak"), "water_leak"),
)
_READ = {
    *(f"{part}.{name}" for part, name, _ in _NUMBERS),
    *(".".join(path) for path, _ in _TRUTHS),
    *("time", "battery", "action.button.pressed", "action.contactState"),
    *("position.latitude", "position.longitude", "position.altitude"),
}
_CONTACT = {"open": True, "closed": False}


def add(decoded: Decoded, entries: Iterable[JsonObject]) -> None:
    """Add what the vendor's own words did not say already; every entry may have a time of its own."""
    known = {reading.metric for reading in decoded.readings}
    fixes = list(decoded.fixes)
    for entry in entries:
        moment = aware_time(entry.get("time"))
        # A time that is not understood, as one without its zone, is not that of the message.
        when = SUSPECT if moment is None and entry.get("time") else moment
        if when == SUSPECT:
            decoded.unread.append("normalized.time")
        reported = [
            # A clock that stands still would make one call of two, so calls are of when the network received them.
            Measured(reading.metric, reading.value, None if reading.metric in CALLS else when)
            for reading in _values(decoded, entry)
            if moment is not None or reading.metric not in known
        ]
        decoded.readings = [*decoded.readings, *reported]
        decoded.unread += [f"normalized.{path}" for path in _paths("", entry) if path not in _READ]
        place = inner(entry, "position")
        lat, lon = number_of(place.get("latitude")), number_of(place.get("longitude"))
        if not decoded.fixes and lat is not None and lon is not None:
            fixes.append(Position(lat, lon, when, altitude_m=number_of(place.get("altitude"))))
    decoded.fixes = fixes


def _paths(path: str, value: object) -> list[str]:
    if not isinstance(value, dict):
        return [path]
    fields = cast("JsonObject", value).items()
    return [found for key, entry in fields for found in _paths(f"{path}.{key}".lstrip("."), entry)]


def _values(decoded: Decoded, entry: JsonObject) -> list[Measured]:
    found: list[Measured] = []
    for part, name, metric in _NUMBERS:
        number = number_of(inner(entry, part).get(name))
        if number is not None:
            found.append(Measured(metric, number))
    for path, metric in _TRUTHS:
        value = inner(entry, *path[:-1]).get(path[-1])
        truth = truth_of(value)
        if truth is None and metric in CALLS:
            truth = raised_of(metric, value)
        if truth is not None:
            found.append(Measured(metric, truth))
        elif value is not None and metric in CALLS:
            name = f"normalized.{'.'.join(path)}"
            decoded.refused.append(unclear_call(name, f"{name} is neither on nor off"))
    if inner(entry, "action", "button").get("pressed") is True:
        found.append(Measured("button", "single"))
    is_open = _CONTACT.get(text_of(inner(entry, "action").get("contactState")))
    if is_open is not None:
        found.append(Measured("contact_open", is_open))
    # In volts, unlike most vendors' own.
    volts = number_of(entry.get("battery"))
    if volts is not None:
        found.append(Measured("battery_v", volts))
    return found
