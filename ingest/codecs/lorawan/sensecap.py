"""SenseCAP's `messages`: lists of measurements, each with the name of its type."""

from datetime import datetime

from ingest.codecs.parsing.json_fields import aware_time, items, number_of, objects, text_of, time_of_epoch
from ingest.codecs.parsing.second_times import SUSPECT, checked_time
from ingest.codecs.result import Decoded, Measured, Position


def read_messages(decoded: Decoded, messages: object) -> None:
    """Add what the measurements say; its events are calls and are read with all other fields."""
    named, moment = _measurements(messages)
    when = checked_time(moment, decoded.time)
    battery = number_of(named.get("Battery"))
    lat, lon = number_of(named.get("Latitude")), number_of(named.get("Longitude"))
    if battery is not None:
        decoded.readings = [*decoded.readings, Measured("battery_pct", battery, when)]
    if lat is not None and lon is not None:
        decoded.fixes = [*decoded.fixes, Position(lat, lon, when)]
    read = {"Battery", "Latitude", "Longitude", "Event Status"}
    decoded.unread += [f"messages.{name}" for name in named if name not in read]


def _measurements(messages: object) -> tuple[dict[str, object], datetime | None]:
    """Return what SenseCAP's `messages` list, by the names of their types, and when it was measured."""
    named: dict[str, object] = {}
    moment: datetime | None = None
    for group in items(messages):
        for entry in objects(group):
            named[text_of(entry.get("type"))] = entry.get("measurementValue")
            stamp = entry.get("timestamp")
            # A time that is no such number is one of which nobody knows when it was.
            moment = time_of_epoch(stamp) or aware_time(stamp) or (moment if stamp is None else SUSPECT)
    return named, moment
