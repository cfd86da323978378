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

from ingest.codecs.parsing.json_fields import (
    JsonObject,
    aware_time,
    items,
    number_of,
    objects,
    text_of,
    time_of_epoch,
    truth_of,
)
from ingest.codecs.parsing.second_times import checked_time
from ingest.codecs.parsing.word_parts import word_parts
from ingest.codecs.result import Position

PLACES_OF_OTHERS = frozenset({"SOURCE_REGISTRY", "SOURCE_GATEWAY", "SOURCE_IP_GEOLOCATION", "CONFIG"})
"""What a network server calls the source of a place that somebody entered, or that is not the device's."""

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
_TIMES = ("timestamp", "time")
_OF_THE_FIX = _ABOUT_THE_FIX - {"valid"}
# Seconds in what an age may be counted in.
_AGE_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **{"ms": 0.001},
}
_SATELLITES = frozenset({"sat", "sats", "satellite", "satellites", "numsats", "numsat"})
_SATELLITES_BESIDE = frozenset({"num", "number", "count", "used", "n", "of", "gps", "gnss", "fix"})
_FIX_KINDS = (frozenset({"fix", "type"}), frozenset({"fix", "mode"}), frozenset({"fix", "quality"}))
_SOURCES = frozenset({"source", "provider", "origin"})
# Where something else is, and where networks think that the device may be.
_OTHERS = frozenset({"gateway", "registry", "config", "configured", "static", "manual"})
_NETWORKS = frozenset(
    {"cell", "cells", "wifi", "lbs", "ip", "network", "ble", "bluetooth", "beacon", "rssi", "tdoa"}
)
# Less than this is how long the receiver took, and no time.
_FIRST_TIME = 1e9
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
    around: list[JsonObject] = []
    for path, holder, fields in _holders(body, "", 0):
        _note_doubt(place, path, fields)
        # What stands around an object holds for the place in it: `{"age": 86400, "gnssFix": {...}}`.
        around = [*around[: path.count(".")], holder]
        if place.position is None:
            place.position = _position(place, path, around, fields, sent)
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
    place: TrackerPlace, path: str, around: list[JsonObject], fields: _Fields, sent: datetime | None
) -> Position | None:
    latitude, longitude = _axes(fields)
    if latitude is None or longitude is None:
        return None
    holder = around[-1]
    (lat_name, lat), (lon_name, lon) = latitude, longitude
    used = [lat_name, lon_name]

    def value_of(names: tuple[str, ...]) -> float | None:
        for one in names:
            number = number_of(holder.get(one))
            if number is not None:
                used.append(one)
                return number
        return None

    # 0 metres is no accuracy that a receiver has: it stands for "not known".
    accuracy = value_of(_ACCURACIES) or None
    position = Position(lat, lon, accuracy_m=accuracy, altitude_m=value_of(_ALTITUDES))
    if (accuracy is not None and accuracy < 0) or any(
        _is_doubt_beside(key, value, accuracy) for one in around for key, value in one.items()
    ):
        place.is_doubtful = True
    if path and (moment := value_of(_TIMES)):
        position.time = time_of_epoch(moment)
    place.used.update(path + name for name in used)
    # The nearest says it best, so it comes last.
    depths = path.split(".")
    for depth, one in enumerate(around):
        before = ".".join([*depths[:depth], ""]) if depth else ""
        for key, value in one.items():
            found = _time_beside(key, value, sent)
            if found is not None:
                position.time = found
                place.used.add(before + key)
    return position


class _Beside(NamedTuple):
    """What a field beside a place says of it, worked out once for each name."""

    age_s: float
    """In how many seconds an age is counted; 0 if it is none."""
    is_time: bool
    counts_satellites: bool
    is_kind_of_fix: bool
    is_source: bool
    names_another: bool
    may_doubt: bool
    """Whether its value may say that the place is no fix of the device: most fields have nothing to do with it."""


@lru_cache(maxsize=10_000)
def _beside(key: str) -> _Beside:
    parts = frozenset(word_parts(key))
    rest = parts - _OF_THE_FIX - {"age", "last", "in"}
    unit = 1.0 if not rest else _AGE_UNITS.get(next(iter(rest)), 0.0) if len(rest) == 1 else 0.0
    stamps = parts & {"time", "timestamp", "datetime"}
    doubts = (
        bool(parts & _SATELLITES and parts <= _SATELLITES | _SATELLITES_BESIDE),
        any(kind <= parts for kind in _FIX_KINDS),
        bool(parts & _SOURCES and parts <= _SOURCES | _OF_THE_FIX),
        bool(parts) and parts <= {"gateway", "is"},
    )
    return _Beside(
        unit if "age" in parts else 0.0,
        bool(stamps and parts & _OF_THE_FIX and parts <= stamps | _OF_THE_FIX | {"utc", "at"}),
        *doubts,
        may_doubt=any(doubts),
    )


def _is_doubt_beside(key: str, value: object, accuracy: float | None) -> bool:
    """Return whether a field beside a place says that it is no fix of the device."""
    name = _beside(key)
    if not name.may_doubt:
        return False
    if name.counts_satellites:
        return number_of(value) == 0 and not isinstance(value, bool)
    words = frozenset(word_parts(value)) if isinstance(value, str) else frozenset[str]()
    if name.is_kind_of_fix:
        return number_of(value) == 0 or bool(words & {"none", "no", "invalid"})
    if name.is_source:
        return bool(words & _OTHERS) or (not accuracy and bool(words & _NETWORKS))
    return name.names_another and value is True


def _time_beside(key: str, value: object, sent: datetime | None) -> datetime | None:
    """Return when a place was found, by a field beside it: an age, or the time of the fix."""
    name = _beside(key)
    if not name.age_s and not name.is_time:
        return None
    number = number_of(value)
    if name.age_s and number is not None and sent is not None and 0 <= number * name.age_s <= _OLDEST_S:
        return sent - timedelta(seconds=number * name.age_s)
    if not name.is_time:
        return None
    moment = time_of_epoch(number) if number is not None and number >= _FIRST_TIME else aware_time(value)
    return None if moment is None else checked_time(moment, sent)


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
