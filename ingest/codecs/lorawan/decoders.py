"""What the vendors' own decoders make of LoRaWAN payloads: Milesight, Dragino, Abeeway, Cayenne LPP.

Network servers run the vendor's decoder and pass its object on, so the names are the decoders'.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import cast

from core.domain.metrics import CALLS
from ingest.codecs.lorawan.names import (
    BATTERY_VOLTS,
    CAYENNE,
    NETVOX_EMERGENCY_BUTTONS,
    NUMBERS,
    PEOPLE,
    RADAR,
    WORDS,
)
from ingest.codecs.lorawan.positions import measurements, place_in
from ingest.codecs.parsing.button_words import button_word
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.event_words import is_raised
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    inner,
    number_of,
    objects,
    text_of,
    time_of_epoch,
    truth_of,
)
from ingest.codecs.parsing.second_times import SUSPECT, checked_time
from ingest.codecs.result import Decoded, Measured, Position, Rejected

_Reader = Callable[[object, JsonObject], list[Measured]]
"""Reads the value of a field; the whole object says what kind of device it is."""

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
# A button by itself, or one of several, and what was done with it.
_BUTTON = re.compile(
    r"(?:press|pressed|(?:button|btn)_?(?P<channel>\d*)(?:_(?:event|status|state|action|press|pressed))?)\Z",
    re.IGNORECASE,
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
    "timestamp",
}
_COUNTED = {"motion", "presence", "water_leak"}
# No battery of a sensor has more volts; a larger number is millivolts.
_HIGHEST_VOLTS = 60


def read_object(decoded: Decoded, body: JsonObject) -> None:
    """Add to `decoded` what a vendor's decoder got out of a payload."""
    moment = _own_time(body)
    if moment is not None:
        decoded.time = checked_time(moment, decoded.time)
    place = place_in(body, decoded.time)
    readings = _values(decoded, body, place.used)
    if place.is_doubtful:
        readings.append(Measured("position_valid", value=False))
    decoded.readings = [*decoded.readings, *readings]
    if place.position is not None:
        decoded.fixes = [place.position]
    geofence = text_of(body.get("geofence_status"))
    if geofence in _GEOFENCES:
        decoded.notes["geofence_state"] = geofence
    if "messages" in body:
        _read_messages(decoded, body)
    _read_history(decoded, body)


def _read_messages(decoded: Decoded, body: JsonObject) -> None:
    """Read SenseCAP's list of measurements; its events are calls and are read with all other fields."""
    named, moment = measurements(body.get("messages"))
    when = checked_time(moment, decoded.time)
    battery = number_of(named.get("Battery"))
    lat, lon = number_of(named.get("Latitude")), number_of(named.get("Longitude"))
    if battery is not None:
        decoded.readings = [*decoded.readings, Measured("battery_pct", battery, when)]
    if lat is not None and lon is not None:
        decoded.fixes = [*decoded.fixes, Position(lat, lon, when)]
    read = {"Battery", "Latitude", "Longitude", "Event Status"}
    decoded.unread += [f"messages.{name}" for name in named if name not in read]


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
        place = place_in(entry, moment)
        readings += [
            Measured(reported.metric, reported.value, moment)
            for reported in _values(decoded, entry, place.used)
        ]
        if place.position is not None:
            place.position.time = moment
            fixes.append(place.position)
    decoded.readings = [*decoded.readings, *readings]
    # The newest comes last.
    decoded.fixes = [*fixes, *decoded.fixes]


def _values(decoded: Decoded, body: JsonObject, used: set[str]) -> list[Measured]:
    readings: list[Measured] = []
    calls = CallFields()
    calls.add_whole(body)
    for key, value in body.items():
        # Older uplinks are read one by one, with their own times.
        if value is None or key == "history":
            continue
        if key == "header":
            readings += _values(decoded, inner(body, key), set())
            continue
        reader = _reader_of(key)
        found = [] if reader is None else reader(value, body)
        if not found and not calls.add(key, value) and key not in _READ_ELSEWHERE:
            decoded.unread += [path for path in _paths(key, value) if path not in used]
            if _is_unclear_button(key, value):
                decoded.refused.append(
                    Rejected(
                        "unclear_component",
                        f"{key[:40]} may be a press, also one for help; its value is not understood",
                    )
                )
        readings += found
    return calls.merged(_without_empty_climate(readings, body), decoded.refused)


def _paths(key: str, value: object) -> list[str]:
    if not isinstance(value, dict):
        return [key]
    return [
        f"{key}.{path}"
        for name, entry in cast("JsonObject", value).items()
        for path in _paths(name, entry)
        if entry is not None
    ]


@lru_cache(maxsize=10_000)
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
        return _battery_volts
    button = _BUTTON.match(key)
    if button is not None:
        return partial(_of_button, button["channel"] or "")
    return partial(_one_of_several, key) if _NUMBERED.search(key) else None


def _people(value: object, _body: JsonObject) -> list[Measured]:
    number = number_of(value)
    return [] if number is None else [Measured("presence", number > 0)]


def _word_in(metric: str, words: dict[str, bool], value: object, _body: JsonObject) -> list[Measured]:
    return _word(metric, words, value)


def _number(metric: str, value: object) -> list[Measured]:
    number = number_of(value)
    return [] if number is None else [Measured(metric, number)]


def _word(metric: str, words: dict[str, bool], value: object) -> list[Measured]:
    truth = words.get(value.strip().lower()) if isinstance(value, str) else None
    truth = truth_of(value) if truth is None else truth
    if truth is None and metric in _COUNTED:
        # A count of movements, or 2 for certainly occupied.
        number = number_of(value)
        truth = number > 0 if number is not None and number == int(number) and 0 <= number <= 65_535 else None
    return [] if truth is None else [Measured(metric, truth)]


def _one_of_several(key: str, value: object, _body: JsonObject) -> list[Measured]:
    for pattern, metric, words in _SEVERAL:
        several = pattern.match(key)
        if several:
            return [
                Measured(f"{reported.metric}#{several[1]}", reported.value)
                for reported in _word(metric, words, value)
            ]
    match = _CAYENNE.match(key)
    if match is None:
        return []
    metric = CAYENNE.get(match["kind"], "")
    if not metric:
        return _of_several_like(match["kind"], match["channel"], value)
    found = _word(metric, {}, value) if metric in {"presence", "input_on"} else _number(metric, value)
    return [Measured(f"{reported.metric}#{match['channel']}", reported.value) for reported in found]


def _of_several_like(kind: str, channel: str, value: object) -> list[Measured]:
    """Read `door_2`, `pir_1`: a name that we know of a device with one, and a number; calls are read by their words."""
    if kind in NUMBERS:
        found = _number(NUMBERS[kind], value)
    elif kind in WORDS and WORDS[kind][0] not in CALLS:
        found = _word(*WORDS[kind], value)
    else:
        return []
    return [Measured(f"{reported.metric}#{channel}", reported.value) for reported in found]


def _battery(value: object, body: JsonObject) -> list[Measured]:
    """Read a battery: percent with most, volts or millivolts with some; a text may name its unit: "80%", "3.6V"."""
    text = text_of(value).strip().lower()
    number = number_of(text.rstrip("%mv ") if text else value)
    if number is None:
        return []
    if text.endswith("v"):
        return _battery_volts(number, body)
    if number > 1000:
        return [Measured("battery_v", number / 1000)]
    if 1 < number < 5 and number != int(number):
        return [Measured("battery_v", number)]
    return [Measured("battery_pct", number)]


def _battery_volts(value: object, _body: JsonObject) -> list[Measured]:
    number = number_of(value)
    if number is None:
        return []
    return [Measured("battery_v", number / 1000 if number > _HIGHEST_VOLTS else number)]


def _pressure(value: object, body: JsonObject) -> list[Measured]:
    # Of the air only; a probe in a pipe says the same word and measures no climate.
    return _number("pressure_hpa", value) if {"temperature", "humidity", "co2"}.intersection(body) else []


def _press(value: object, _body: JsonObject) -> list[Measured]:
    entries = [text_of(entry.get("status")) for entry in objects(value)]
    words = entries or [text_of(inner({"event": value}, "event").get("status", value))]
    presses = [button_word(word) for word in words]
    return [Measured("button", press) for press in presses if press]


def _of_button(channel: str, value: object, body: JsonObject) -> list[Measured]:
    """Read a button: what was done with it, or whether it is down, which many say again in each message."""
    found = _press(value, body)
    if not found:
        truth = truth_of(value)
        found = [] if truth is None else [Measured("input_on", truth)]
    return [Measured(f"{one.metric}#{channel}", one.value) for one in found] if channel else found


def _is_unclear_button(key: str, value: object) -> bool:
    return (
        _BUTTON.match(key) is not None and isinstance(value, (int, float, str)) and is_raised(value) is None
    )


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
        number = number_of(value)
        return [] if number is None else [Measured(metric, number / per_unit)]

    return read


def _probe(value: object, body: JsonObject) -> list[Measured]:
    """Read a thermometer on a wire, where the device has none of its own; without the wire it says 327.67."""
    number = number_of(value)
    has_own = any(name in body for name in ("TempC_SHT", "TempC_SHT31", "TempC_SHT41"))
    return [] if number is None or has_own or abs(number) > 300 else [Measured("temperature_c", number)]


_SPECIAL: dict[str, _Reader] = {
    "battery": _battery,
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
    "batteryLevel": _battery,
    "battery_level": _battery,
    # MOKO's own spelling.
    "batterylevle": _battery,
    "TempC_DS": _probe,
    "TempC1": _probe,
}


def _without_empty_climate(readings: list[Measured], body: JsonObject) -> list[Measured]:
    # Dragino's TrackerD fills Tem and Hum with 0 in frames that carry the date instead of the climate.
    if "Tem" in body and (body.get("Bg") == 1 or (body.get("Tem") == 0 and body.get("Hum") in (0, None))):
        return [reading for reading in readings if reading.metric not in {"temperature_c", "humidity_pct"}]
    return readings


def _own_time(body: JsonObject) -> datetime | None:
    """Read Dragino's Date and Time: UTC, not padded with zeros."""
    date, time = text_of(body.get("Date")), text_of(body.get("Time"))
    if not date or not time:
        return None
    try:
        year, month, day = (int(part) for part in date.split("-"))
        hour, minute, second = (int(part) for part in time.split(":"))
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
