"""Where a tracker is, in the forms of the vendors' decoders, and whether that place is fresh and certain.

Forms: Abeeway `position.gnssFix` and `gpsLatitude` with `age`, Dragino `Latitude`/`Longitud`, Milesight `latitude`, MOKO `lat`/`lon` with
`age`, Digital Matter `latitudeDeg` with `fixFailed`, Cayenne `gps_1`, SenseCAP `messages`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, cast

from ingest.codecs.parsing.event_words import word_parts
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    items,
    number_of,
    objects,
    text_of,
    time_of_epoch,
    truth_of,
)
from ingest.codecs.result import Position

_AXIS = r"(?:gps|gnss|loc|position)?_?{}(?:_?deg(?:rees)?)?\Z"
_LATITUDE = re.compile(_AXIS.format("(?:latitude|latitud|lat)"), re.IGNORECASE)
_LONGITUDE = re.compile(_AXIS.format("(?:longitude|longitud|lon|lng|long)"), re.IGNORECASE)
_DEEPEST = 3
# What may hold a place: of these only where the device itself is.
_HOLDERS = frozenset({"gps", "gnss", "position", "location", "fix", "pos", "loc", "coordinates", "tago"})
_ELSEWHERE = frozenset({
    *("last", "previous", "known", "cached", "home", "fence", "geofence", "center", "centre", "target", "gateway"),
    *("anchor", "beacon", "station", "cell", "wifi", "ble", "bluetooth", "reference", "destination", "network"),
})  # fmt: skip
_ABOUT_THE_FIX = frozenset({"gps", "gnss", "fix", "position", "location", "valid"})
_FAILED = frozenset({"failed", "fail", "failure", "invalid", "timeout", "nofix", "lost", "error"})
_DOUBTFUL_WORD = re.compile("fail|invalid|timeout|no.?fix|not|lost|error|cached|stale|known", re.IGNORECASE)
_NOT_FRESH = frozenset({"approximate", "approx", "estimated", "cached", "stale", "outdated", "last"})
_ACCURACIES = ("horizontalAccuracy", "accuracy", "acc", "accuracy_m", "horizontal_accuracy", "posAcc")
_ALTITUDES = ("altitude", "alt")
_AGES = ("age", "fix_age", "fixAge", "gps_age", "position_age")
_TIMES = ("timestamp", "time", "fixTime", "fix_time")
_OLDEST_S = timedelta(days=400).total_seconds()


@dataclass(slots=True)
class TrackerPlace:
    """What a message says about where the device is.

    Attributes
    ----------
    position : Position or None
        The place; None where there is none, or none that is fresh and certain.
    is_doubtful : bool
        The message says that its place is no fix: failed, invalid, approximate or an older one.
    used : set of str
        The fields, by their paths, that this was read from.
    """

    position: Position | None = None
    is_doubtful: bool = False
    used: set[str] = field(default_factory=set[str])


def place_in(body: JsonObject, sent: datetime | None) -> TrackerPlace:
    """Return where the device is, by an object of a decoder whose message was sent at a time."""
    place = TrackerPlace()
    for path, holder, fields in _holders(body, "", 0):
        _note_doubt(place, path, fields)
        if place.position is None:
            place.position = _position(place, path, holder, fields, sent)
    if place.is_doubtful:
        place.position = None
    return place


class _Name(NamedTuple):
    """What the name of a field says, worked out once for each name."""

    parts: frozenset[str]
    is_latitude: bool
    is_longitude: bool
    is_holder: bool
    is_about_fix: bool
    may_be_flag: bool
    is_about_place: bool
    """Whether it may have to do with a place at all: most fields have not."""


_Fields = list[tuple[str, object, _Name]]


@lru_cache(maxsize=10_000)
def _name(key: str) -> _Name:
    parts = frozenset(word_parts(key))
    is_axis = (_LATITUDE.match(key) is not None, _LONGITUDE.match(key) is not None)
    is_holder = bool(parts & _HOLDERS) and not parts & _ELSEWHERE
    may_be_flag = bool(parts & (_ABOUT_THE_FIX | _FAILED | _NOT_FRESH | {"fixed"}))
    is_about_place = any(is_axis) or is_holder or may_be_flag
    return _Name(parts, *is_axis, is_holder, bool(parts & _ABOUT_THE_FIX), may_be_flag, is_about_place)


def _holders(body: JsonObject, path: str, depth: int) -> Iterator[tuple[str, JsonObject, _Fields]]:
    fields: _Fields = []
    for key, value in body.items():
        name = _name(key)
        if name.is_about_place or (isinstance(value, str) and _DOUBTFUL_WORD.search(value)):
            fields.append((key, value, name))
    if not fields:
        return
    yield path, body, fields
    for key, value, name in fields:
        if name.is_holder and isinstance(value, dict) and depth < _DEEPEST:
            yield from _holders(cast("JsonObject", value), f"{path}{key}.", depth + 1)


def _note_doubt(place: TrackerPlace, path: str, fields: _Fields) -> None:
    # A flag whose name says no more than `valid` or `cached` is about a place only beside one.
    holds_place = bool(path) or any(name.is_latitude for _, _, name in fields)
    for key, value, name in fields:
        if isinstance(value, str) and _DOUBTFUL_WORD.search(value):
            words = frozenset(word_parts(value))
            is_about = bool(path) or name.is_about_fix or bool(words & _ABOUT_THE_FIX)
            says_so = is_about and _is_doubtful_word(words)
        else:
            says_so = name.may_be_flag and _is_doubt(name.parts, truth_of(value), holds_place=holds_place)
        if says_so:
            place.is_doubtful = True
            place.used.add(path + key)
        elif name.is_about_fix and name.parts & {"valid", "failed"}:
            place.used.add(path + key)


def _is_doubtful_word(words: frozenset[str]) -> bool:
    """Return whether a text says that there is no fix, or an old one: `FAILURE`, `no fix`, `last known`; `no error` does not."""
    if words & {"no", "not", "without"}:
        return bool(words & {"fix", "fixed", "valid"})
    return bool(words & (_FAILED | {"cached", "stale"})) or {"last", "known"} <= words


def _is_doubt(parts: frozenset[str], truth: bool | None, *, holds_place: bool) -> bool:
    """Return whether a flag says that the place is no fix: `fixFailed: true`, `gps_valid: false`, `approximate: true`."""
    if truth is None:
        return False
    if not holds_place and not parts & (_ABOUT_THE_FIX - {"valid"}):
        return False
    if truth:
        return bool(parts & (_NOT_FRESH | _FAILED))
    names_fix = parts <= {
        "gps",
        "gnss",
        "has",
        "is",
        "fix",
        "valid",
        "position",
        "location",
        "status",
        "fixed",
    }
    return names_fix and bool(parts & {"valid", "fix", "fixed"})


def _position(
    place: TrackerPlace, path: str, holder: JsonObject, fields: _Fields, sent: datetime | None
) -> Position | None:
    latitude, longitude = _axes(fields)
    if latitude is None or longitude is None:
        return None
    (lat_name, lat), (lon_name, lon) = latitude, longitude
    used = [lat_name, lon_name]

    def value_of(names: tuple[str, ...]) -> float | None:
        chosen = next((one for one in names if number_of(holder.get(one)) is not None), None)
        used.extend([chosen] if chosen else [])
        return None if chosen is None else number_of(holder[chosen])

    # 0 metres is no accuracy that a receiver has: it stands for "not known".
    accuracy = value_of(_ACCURACIES) or None
    position = Position(lat, lon, accuracy_m=accuracy, altitude_m=value_of(_ALTITUDES))
    age = value_of(_AGES)
    if age is not None and sent is not None and 0 <= age <= _OLDEST_S:
        position.time = sent - timedelta(seconds=age)
    elif path and (moment := value_of(_TIMES)):
        position.time = time_of_epoch(moment)
    place.used.update(path + name for name in used)
    return position


def _axes(fields: _Fields) -> tuple[tuple[str, float] | None, tuple[str, float] | None]:
    latitude = longitude = None
    for key, value, name in fields:
        if name.is_latitude or name.is_longitude:
            number = number_of(value)
            if number is not None and name.is_latitude:
                latitude = latitude or (key, number)
            elif number is not None:
                longitude = longitude or (key, number)
    return latitude, longitude


def measurements(messages: object) -> tuple[dict[str, object], datetime | None]:
    """Return what SenseCAP's `messages` list, by the names of their types, and when it was measured."""
    named: dict[str, object] = {}
    moment: datetime | None = None
    for group in items(messages):
        for entry in objects(group):
            named[text_of(entry.get("type"))] = entry.get("measurementValue")
            moment = time_of_epoch(entry.get("timestamp")) or moment
    return named, moment
