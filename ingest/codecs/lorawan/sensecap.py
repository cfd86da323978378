"""SenseCAP's `messages`: lists of measurements, each with the name of its type, or what was measured under its own name.

Format: the decoders of the trackers T1000 (`Event Status`: start moving, end movement, motionless, shock, temperature, light, SOS, press once)
and of the sensors S210x (`upload_battery`, `report_telemetry`).
"""

from collections.abc import Iterator
from datetime import datetime

from ingest.codecs.parsing.button_words import button_word
from ingest.codecs.parsing.event_words import call_in_words
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    aware_time,
    items,
    number_of,
    objects,
    text_of,
    time_of_epoch,
)
from ingest.codecs.parsing.second_times import SUSPECT, checked_time
from ingest.codecs.parsing.word_parts import word_parts
from ingest.codecs.result import Decoded, Measured, Position

_BATTERY, _EVENTS = "Battery", "Event Status"
_READ = {_BATTERY, _EVENTS, "Latitude", "Longitude"}
# Which measurement an entry is of.
_OF_THE_ENTRY = {"type", "measurementId", "measurementValue", "timestamp", "motionId"}


def read_messages(decoded: Decoded, messages: object) -> None:
    """Add what the measurements say; those of its events that are calls are read with all other fields."""
    named, moment = _measurements(messages)
    when = checked_time(moment, decoded.time)
    battery = number_of(named.get(_BATTERY))
    lat, lon = number_of(named.get("Latitude")), number_of(named.get("Longitude"))
    if battery is not None:
        decoded.readings = [*decoded.readings, Measured("battery_pct", battery, when)]
    if lat is not None and lon is not None:
        decoded.fixes = [*decoded.fixes, Position(lat, lon, when)]
    decoded.unread += [
        f"messages.{name}" for name in named if name not in _READ and call_in_words(name) is None
    ]
    for entry in objects(named.get(_EVENTS)):
        event = text_of(entry.get("eventName"))
        reading = _event(event, when)
        if reading is not None:
            decoded.readings = [*decoded.readings, reading]
        elif call_in_words(event) is None:
            decoded.unread.append(f"messages.{_EVENTS}")


def _event(name: str, when: datetime | None) -> Measured | None:
    words = frozenset(word_parts(name))
    if words & {"movement", "moving", "motionless"}:
        return Measured("device_moving", "start" in words, when)
    word = button_word(name) if "press" in words else None
    return None if word is None else Measured("button", word, when)


def _measurements(messages: object) -> tuple[dict[str, object], datetime | None]:
    """Return what SenseCAP's `messages` list, by the names of their types, and when it was measured."""
    named: dict[str, object] = {}
    moment: datetime | None = None
    for entry in _entries(messages):
        kind = text_of(entry.get("type"))
        if "measurementValue" in entry:
            named[kind] = entry["measurementValue"]
        # `{"type": "upload_battery", "battery": 90}`
        beside = {name: value for name, value in entry.items() if name not in _OF_THE_ENTRY}
        named |= {_BATTERY if name == "battery" else f"{kind}.{name}": beside[name] for name in beside}
        stamp = entry.get("timestamp")
        # A time that is no such number is one of which nobody knows when it was.
        moment = time_of_epoch(stamp) or aware_time(stamp) or (moment if stamp is None else SUSPECT)
    return named, moment


def _entries(messages: object) -> Iterator[JsonObject]:
    for group in items(messages):
        yield from objects(items(group) or [group])
