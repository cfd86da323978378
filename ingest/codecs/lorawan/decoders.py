"""What the vendors' own decoders make of LoRaWAN payloads: Milesight, Dragino, Abeeway, Cayenne LPP.

Network servers run the vendor's decoder and pass its object on, so the names are the decoders'.
"""

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from functools import partial
from typing import cast

from core.domain.metrics import CALLS
from core.text_cache import TextCache
from ingest.codecs.lorawan.batteries import battery, battery_volts
from ingest.codecs.lorawan.buttons import button_channel, is_unclear_button, of_button
from ingest.codecs.lorawan.field_values import by_words, number, quantity, value_inside, word
from ingest.codecs.lorawan.message_times import own_time, stated_in, time_of_calls, time_of_place
from ingest.codecs.lorawan.names import (
    BATTERY_VOLTS,
    CAYENNE,
    NETVOX_EMERGENCY_BUTTONS,
    NUMBERS,
    PEOPLE,
    RADAR,
    WORDS,
)
from ingest.codecs.lorawan.place_words import NAMES_OF_MESSAGE, FieldNames
from ingest.codecs.lorawan.positions import place_in
from ingest.codecs.lorawan.sensecap import read_messages
from ingest.codecs.lorawan.worded_names import meant_by
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.event_words import speaks_of
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    number_of,
    object_of,
    objects,
    text_of,
    time_of_epoch,
    truth_of,
)
from ingest.codecs.parsing.second_times import SUSPECT, checked_time
from ingest.codecs.result import Decoded, Measured, Position, unclear_component

_Reader = Callable[[object, JsonObject], list[Measured]]
"""Reads the value of a field; the whole object says what kind of device it is."""
_Readers = tuple[tuple[str, _Reader | None, bool, bool], ...]

_GEOFENCES = {"inside", "outside"}
# `temperature_1`, `region_2_occupancy`, `switch_1`, `gpio_in_1`: several of one kind in one device.
_NUMBERED = re.compile(r"_\d|^d[io]n?\d", re.IGNORECASE)
_CAYENNE = re.compile(r"(?P<kind>[A-Za-z][A-Za-z0-9_]*?)_(?P<channel>\d+)\Z")
_SEVERAL = (
    (re.compile(r"region_(\d+)_occupancy\Z"), "presence", {"occupied": True, "vacant": False}),
    (re.compile(r"switch_(\d+)\Z"), "switch_on", {"on": True, "off": False}),
    (
        # Dragino's I/O controllers: `DI1_status`, H or L.
        re.compile(
            r"(?:(?:gpio|gpio_in|gpio_input|digital_input)_|(?:di|din|digital_in)_?)(\d+)(?:_(?:status|state))?\Z",
            re.IGNORECASE,
        ),
        "input_on",
        {"high": True, "low": False, "h": True, "l": False},
    ),
)
# Read for the whole message, with other fields, or only name the device.
_READ_ELSEWHERE = {
    "geofence_status",
    "Date",
    "Time",
    "alarm_status",
    "messages",
    "Device",
    "Sound_key",
}
_OWN_TIME = frozenset({"Date", "Time"})
_MORE = {"geofence_status", "messages", "history"}
_NOWHERE = frozenset[str]()
_PLACE_NAMES = frozenset(
    {"latitude", "lat", "Latitude", "latitudeDeg", "gpsLat", "gps", "position", "location"}
)


@dataclass(frozen=True, slots=True)
class _Fields:
    """Some fields that come together: each with how it is read, whether a number in it may be a call, and whether it is read elsewhere.

    `undated` are those without the time of the message; `about_place` is what their names say of a place.
    """

    readers: _Readers
    undated: _Readers
    about_place: FieldNames
    holds_time: bool
    holds_more: bool

    @classmethod
    def of(cls, keys: tuple[str, ...]) -> "_Fields":
        # Older uplinks are read one by one, with their own times.
        readers = tuple(
            (key, _READERS[key], speaks_of(key) is not None, key in _READ_ELSEWHERE)
            for key in keys
            if key != "history"
        )
        return cls(
            readers,
            tuple(one for one in readers if one[0] not in _OWN_TIME),
            NAMES_OF_MESSAGE[keys],
            _OWN_TIME.issubset(keys),
            not _MORE.isdisjoint(keys),
        )


# The messages of a model have the same fields each time.
_FIELDS = TextCache[tuple[str, ...], _Fields](_Fields.of, most=1_000, longest=1_500)


def read_object(decoded: Decoded, body: JsonObject) -> None:
    """Add to `decoded` what a vendor's decoder got out of a payload."""
    fields = _FIELDS[tuple(body)]
    moment, readers, received = own_time(body) if fields.holds_time else None, fields.readers, decoded.time
    if moment is not None and moment != SUSPECT:
        decoded.time, readers = checked_time(moment, decoded.time), fields.undated
    place = place_in(body, fields.about_place, decoded.time)
    used = _NOWHERE if place is None else place.used
    sent = decoded.time
    if moment is None and fields.about_place.may_say_more:
        decoded.time, stamps = stated_in(body, fields.about_place, sent)
        used = used | stamps
    if decoded.time != received:
        decoded.calls_at = time_of_calls(body, fields.about_place, received)
    readings = _values(decoded, body, readers, used)
    if place is not None:
        if place.is_doubtful:
            readings.append(Measured("position_valid", value=False))
        if place.position is not None:
            place.position.time = place.position.time or time_of_place(moment, decoded.time, sent)
            decoded.fixes = [place.position]
    decoded.readings = [*decoded.readings, *readings]
    if fields.holds_more:
        geofence = text_of(body.get("geofence_status"))
        if geofence in _GEOFENCES:
            decoded.notes["geofence_state"] = geofence
        if "messages" in body:
            read_messages(decoded, body["messages"])
        _read_history(decoded, body)


def _read_history(decoded: Decoded, body: JsonObject) -> None:
    """Read what a Milesight buffered while it was out of contact, each entry with its time in Unix seconds."""
    readings: list[Measured] = []
    fixes: list[Position] = []
    for entry in objects(body.get("history")):
        stated = time_of_epoch(entry.get("timestamp"))
        moment = checked_time(stated, decoded.time)
        if stated is None or moment is None or moment == SUSPECT:
            # An older movement with a time that cannot be is not one of now.
            decoded.unread.append("history")
            continue
        own = _FIELDS[tuple(entry)]
        place = place_in(entry, own.about_place, moment)
        readings += [
            Measured(reported.metric, reported.value, moment)
            for reported in _values(
                decoded, entry, own.readers, {"timestamp"} | (place.used if place else set())
            )
        ]
        if place is not None and place.position is not None:
            place.position.time = moment
            fixes.append(place.position)
    decoded.readings = [*decoded.readings, *readings]
    # The newest comes last.
    decoded.fixes = [*fixes, *decoded.fixes]


def _values(decoded: Decoded, body: JsonObject, readers: _Readers, used: Set[str]) -> list[Measured]:
    readings: list[Measured] = []
    calls = CallFields()
    calls.add_whole(body)
    for key, reader, may_call, is_elsewhere in readers:
        value = body[key]
        if value is None:
            continue
        if reader is not None:
            found = reader(value, body)
            if not found and (nested := object_of(value)):
                found = _inside(decoded, key, nested, reader, body)
            if found:
                readings += found
                continue
        elif key == "header":
            readings += _header(decoded, object_of(value), used)
            continue
        is_call = (may_call or not isinstance(value, (int, float))) and calls.add(key, value)
        if is_call or is_elsewhere:
            continue
        # Only what may be a button has a reader that finds nothing in a number.
        if reader is not None and is_unclear_button(key, value):
            decoded.refused.append(unclear_component(key, key[:40]))
        _note_unread(decoded, key, value, used)
    return _with_calls(decoded, calls, _without_empty_climate(readings, body), used)


def _with_calls(
    decoded: Decoded, calls: CallFields, readings: list[Measured], used: Set[str]
) -> list[Measured]:
    beside: list[str] = []
    readings = calls.merged(readings, decoded.refused, beside)
    # What stands beside a call in SenseCAP's messages is read with them.
    decoded.unread += [path for path in beside if path not in used and not path.startswith("messages.")]
    return readings


def _header(decoded: Decoded, header: JsonObject, used: Set[str]) -> list[Measured]:
    before = len(decoded.unread)
    readings = _values(decoded, header, _FIELDS[tuple(header)].readers, _NOWHERE)
    inside = [f"header.{name}" for name in decoded.unread[before:]]
    decoded.unread[before:] = [path for path in inside if path not in used]
    return readings


def _inside(
    decoded: Decoded, key: str, nested: JsonObject, reader: _Reader, body: JsonObject
) -> list[Measured]:
    """Read a field whose value stands in an object beside its unit and the like: {"temperature": {"value": 23.4}}."""
    inside = value_inside(nested)
    found = [] if inside is None else reader(inside, body)
    if found:
        _note_unread(decoded, key, {name: one for name, one in nested.items() if one is not inside}, _NOWHERE)
    return found


def _note_unread(decoded: Decoded, path: str, value: object, used: Set[str]) -> None:
    if isinstance(value, dict):
        for name, inside in cast("JsonObject", value).items():
            _note_unread(decoded, f"{path}.{name}", inside, used)
    elif value is not None and path not in used:
        decoded.unread.append(path)


def _reader_of(key: str) -> _Reader | None:
    """Return how a field of this name is read; None where nothing is read by the name alone."""
    if key in NUMBERS:
        return _plain(NUMBERS[key])
    if key in WORDS:
        return partial(_word_in, *WORDS[key])
    if key in _SPECIAL:
        return _SPECIAL[key]
    if key in PEOPLE:
        return _people
    if key in BATTERY_VOLTS:
        return battery_volts
    button = button_channel(key)
    if button is not None:
        return partial(of_button, button)
    if _NUMBERED.search(key):
        return partial(_one_of_several, key)
    meant = meant_by(key)
    return None if meant is None else partial(by_words, meant)


_READERS = TextCache[str, _Reader | None](_reader_of)


def _people(value: object, _body: JsonObject) -> list[Measured]:
    number = number_of(value)
    return [] if number is None else [Measured("presence", number > 0)]


def _word_in(metric: str, words: Mapping[str, bool], value: object, _body: JsonObject) -> list[Measured]:
    return word(metric, words, value)


def _one_of_several(key: str, value: object, _body: JsonObject) -> list[Measured]:
    for pattern, metric, words in _SEVERAL:
        several = pattern.match(key)
        if several:
            return [
                Measured(f"{reported.metric}#{several[1]}", reported.value)
                for reported in word(metric, words, value)
            ]
    match = _CAYENNE.match(key)
    if match is None:
        return []
    metric = CAYENNE.get(match["kind"], "")
    if not metric:
        return _of_several_like(match["kind"], match["channel"], value)
    found = word(metric, {}, value) if metric in {"presence", "input_on"} else number(metric, value)
    return [Measured(f"{reported.metric}#{match['channel']}", reported.value) for reported in found]


def _of_several_like(kind: str, channel: str, value: object) -> list[Measured]:
    """Read `door_2`, `pir_1`: a name that we know of a device with one, and a number; calls are read by their words."""
    if kind in NUMBERS:
        found = number(NUMBERS[kind], value)
    elif kind in WORDS and WORDS[kind][0] not in CALLS:
        found = word(*WORDS[kind], value)
    else:
        return []
    return [Measured(f"{reported.metric}#{channel}", reported.value) for reported in found]


def _pressure(value: object, body: JsonObject) -> list[Measured]:
    # Of the air only; a probe in a pipe says the same word and measures no climate.
    return number("pressure_hpa", value) if {"temperature", "humidity", "co2"}.intersection(body) else []


def _alarm(value: object, body: JsonObject) -> list[Measured]:
    # Of Dragino's, only the push button PB01 has a sound key; a door's alarm only says that it is open for long.
    is_button = "Sound_key" in body or text_of(body.get("Device")) in NETVOX_EMERGENCY_BUTTONS
    truth = truth_of(value) if is_button else None
    return [] if truth is None else [Measured("sos", truth)]


def _radar(value: object, _body: JsonObject) -> list[Measured]:
    reported = RADAR.get(text_of(value).strip().lower().replace("_", " "), {})
    return [Measured(metric, truth) for metric, truth in reported.items()]


def _alarm_type(value: object, body: JsonObject) -> list[Measured]:
    """Read one entry of a radar's events: {"alarm_type": "fall", "alarm_status": "alarm triggered"}."""
    begins = "trigger" in text_of(body.get("alarm_status")).lower()
    kind = text_of(value).strip().lower().replace("_", " ")
    if kind == "fall":
        return [Measured("fall", begins)]
    return [Measured("bed_occupied", value=False)] if kind == "out of bed" and begins else []


def _events(value: object, _body: JsonObject) -> list[Measured]:
    return [reported for entry in objects(value) for reported in _alarm_type(entry.get("alarm_type"), entry)]


def _event_type(value: object, _body: JsonObject) -> list[Measured]:
    """Read an Abeeway's event."""
    return {
        "SOS_MODE_START": [Measured("sos", value=True)],
        "SOS_MODE_END": [Measured("sos", value=False)],
        "MOTION_START": [Measured("device_moving", value=True)],
        "MOTION_END": [Measured("device_moving", value=False)],
    }.get(text_of(value), [])


def _with_plug(metric: str, per_unit: float) -> _Reader:
    """Read what only Milesight's plugs mean by a word."""

    def read(value: object, body: JsonObject) -> list[Measured]:
        number = number_of(value)
        is_plug = "socket_status" in body or "switch_1" in body
        return [Measured(metric, number / per_unit)] if number is not None and is_plug else []

    return read


def _plain(metric: str, per_unit: float = 1) -> _Reader:
    def read(value: object, _body: JsonObject) -> list[Measured]:
        number = number_of(value) if per_unit != 1 else quantity(metric, value)
        return [] if number is None else [Measured(metric, number / per_unit)]

    return read


def _probe(value: object, body: JsonObject) -> list[Measured]:
    """Read a thermometer on a wire, where the device has none of its own; without the wire it says 327.67."""
    number = number_of(value)
    has_own = any(name in body for name in ("TempC_SHT", "TempC_SHT31", "TempC_SHT41"))
    return [] if number is None or has_own or abs(number) > 300 else [Measured("temperature_c", number)]


_SPECIAL: dict[str, _Reader] = {
    "battery": battery,
    "pressure": _pressure,
    "Alarm": _alarm,
    "detection_status": _radar,
    "alarm_type": _alarm_type,
    "events": _events,
    "eventType": _event_type,
    "voltage": _with_plug("mains_v", 1),
    # Milesight's plugs give milliamperes and watt-hours.
    "current": _with_plug("current_a", 1000),
    "power_consumption": _plain("energy_kwh", 1000),
    "power": _plain("power_w"),
    "Tem": _plain("temperature_c"),
    "Hum": _plain("humidity_pct"),
    "batteryLevel": battery,
    "battery_level": battery,
    # MOKO's own spelling.
    "batterylevle": battery,
    "TempC_DS": _probe,
    "TempC1": _probe,
}


def _without_empty_climate(readings: list[Measured], body: JsonObject) -> list[Measured]:
    # Dragino's TrackerD fills Tem and Hum with 0 in frames that carry the date instead of the climate.
    if "Tem" in body and (body.get("Bg") == 1 or (body.get("Tem") == 0 and body.get("Hum") in (0, None))):
        return [reading for reading in readings if reading.metric not in {"temperature_c", "humidity_pct"}]
    return readings
