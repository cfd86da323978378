"""Traccar's forwarding over MQTT: positions as {position, device}, events as {event, position, device, geofence}.

Format: https://www.traccar.org/forward/ and the server's model classes; the topics are settings of the server.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import cast

from ingest.codecs.lorawan.positions import is_no_fix
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.event_words import call_in_field, call_in_words
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    aware_time,
    inner,
    items,
    json_object,
    no_numbers,
    number_of,
    text_of,
    time_of_epoch,
    truth_of,
)
from ingest.codecs.parsing.other_fields import read_other_fields
from ingest.codecs.parsing.second_times import SUSPECT, checked_time
from ingest.codecs.result import Decoded, Measured, Position, Rejected, nothing, unclear_call
from ingest.mqtt.topics import Source

_KNOT_IN_KMH = 1.852
# A place that says of itself that it is this uncertain is not taken for a precise one.
_IMPRECISE_M = 100
_GEOFENCE = {"geofenceEnter": "enter", "geofenceExit": "leave"}
_ONLINE = {"deviceOnline": True, "deviceOffline": False}
_MOVING = {"deviceMoving": True, "deviceStopped": False}
# What else these say stands beside them; every other event may be named after a call.
_PLAIN_EVENTS = {"alarm", *_GEOFENCE, *_ONLINE, *_MOVING}
_ALARMS = {
    "sos": "sos",
    "fallDown": "fall",
    "tampering": "tamper",
    "removing": "tamper",
    "lowBattery": "battery_low",
    "vibration": "vibration",
    "door": "contact_open",
    "movement": "device_moving",
    # The tracker feels an impact as a fall does.
    "accident": "fall",
}
# These say how somebody drives, or repeat what other fields say.
_NO_CALLS = frozenset({
    *("overspeed", "lowspeed", "idle", "lowPower", "fuelLeak", "powerOn", "powerRestored", "highRpm"),
    *("hardAcceleration", "hardBraking", "hardCornering", "laneChange", "fatigueDriving", "parking", "bonnet"),
    *("footBrake", "tow", "geofence", "geofenceEnter", "geofenceExit", "temperature", "gpsAntennaCut", "lock", "unlock"),
})  # fmt: skip
# Beside another alarm it is that one; by itself it may be the button of a tracker, as parameter 236 of Teltonika's.
_UNNAMED = "general"
# Servers and what computes attributes write them in any case.
_FOLDED_ALARMS = {word.lower(): metric for word, metric in _ALARMS.items()}
_FOLDED_NO_CALLS = frozenset(word.lower() for word in _NO_CALLS)

# Read, or of the server alone.
_READ = {
    *(
        "fixTime",
        "deviceTime",
        "serverTime",
        "latitude",
        "longitude",
        "valid",
        "outdated",
        "accuracy",
        "altitude",
    ),
    *("speed", "course", "attributes", "id", "deviceId", "protocol", "address", "geofenceIds"),
}
_OF_THE_EVENT = {
    *("id", "type", "eventTime", "serverTime", "deviceId", "positionId", "geofenceId", "maintenanceId", "attributes"),
}  # fmt: skip
# What the server keeps of those whom a message concerns.
_OF_THE_SERVER = {"position", "event", "device", "geofence", "maintenance", "driver", "users", "notificator"}
_AXES = ("latitude", "longitude")
_NUMBERS = ("accuracy", "altitude", "speed", "course")
_TIMES = ("fixTime", "deviceTime", "serverTime")
_READ_ATTRIBUTES = {"batteryLevel", "battery", "motion", "charge", "alarm", "approximate"}
# Teltonika's AVL parameters of which some versions of the server make no alarm.
_TELTONIKA_CALLS = {"io236": "sos", "io242": "fall"}
# Teltonika's AVL parameter 69: off, on without a fix, asleep, on with a fix of which the data are invalid.
_NO_FIX = {0, 2, 3, 4}
# What a tracker answers to a command, such as `SOS ON`.
_ANSWER = "result"
# Several alarms in one text.
_BETWEEN_ALARMS = re.compile(r"[,;|]")


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one forwarded position or event."""
    if not payload:
        return nothing()
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    device = inner(body, "device")
    name = text_of(device.get("uniqueId"))
    if not name:
        return Rejected("wrong_shape", "device.uniqueId is missing; Traccar must forward in its json format")
    decoded = Decoded(source.sender(name), name)
    position, event = inner(body, "position"), inner(body, "event")
    if not position and not event:
        return Rejected("wrong_shape", "the message holds neither a position nor an event")
    if position:
        _read_position(decoded, position)
    if event:
        _read_event(decoded, event, body)
        read_other_fields(decoded, event, _OF_THE_EVENT, "event.")
    read_other_fields(decoded, body, _OF_THE_SERVER)
    return decoded


def _read_position(decoded: Decoded, position: JsonObject) -> None:
    fixed, reported = _times(position)
    decoded.time = reported if fixed == SUSPECT else fixed or reported
    readings: list[Measured] = []
    attributes = inner(position, "attributes")
    accuracy = number_of(position.get("accuracy")) or None
    if (
        position.get("valid") is False
        or (accuracy or 0) < 0
        or (_is_approximate(position) and (accuracy or 0) < _IMPRECISE_M)
    ):
        readings.append(Measured("position_valid", value=False))
        decoded.time = reported or fixed
    elif position.get("outdated") is True:
        # Then fixTime is the older fix's, and what else it says, a call for help among it, is of now.
        decoded.time = reported or fixed
    else:
        # A place of which nobody knows when it was found is not where somebody is now, whatever the message says beside it.
        decoded.fixes = _places(position, SUSPECT if fixed in (None, SUSPECT) else None, accuracy)
    decoded.readings = [*readings, *_attributes(attributes)]
    for name in _alarms(decoded, attributes):
        decoded.readings = [*decoded.readings, Measured(name, value=True)]
    _note_unread(decoded, position, attributes)


def _times(position: JsonObject) -> tuple[datetime | None, datetime | None]:
    """Return when the place was found and when the tracker reported, as far as the server's time bears them out."""
    server = _moment(position.get("serverTime"))
    sent = _moment(position.get("deviceTime"))
    found = _moment(position.get("fixTime") or position.get("deviceTime"))
    return None if found is None else checked_time(found, server), checked_time(sent, server)


def _places(position: JsonObject, found_at: datetime | None, accuracy: float | None) -> list[Position]:
    lat, lon = number_of(position.get("latitude")), number_of(position.get("longitude"))
    if lat is None or lon is None:
        return []
    speed = number_of(position.get("speed"))
    return [
        Position(
            lat,
            lon,
            found_at,
            accuracy_m=accuracy,
            altitude_m=number_of(position.get("altitude")),
            speed_kmh=None if speed is None else speed * _KNOT_IN_KMH,
            course_deg=number_of(position.get("course")),
        )
    ]


def _is_approximate(position: JsonObject) -> bool:
    """Return whether the place was worked out from cells or networks, or without satellites."""
    attributes = inner(position, "attributes")
    if truth_of(attributes.get("approximate")) is True:
        return True
    accuracy = number_of(position.get("accuracy")) or None
    if text_of(position.get("protocol")) == "teltonika" and number_of(attributes.get("gpsStatus")) in _NO_FIX:
        return True
    return is_no_fix(attributes, accuracy)


def _unread_of_place(position: JsonObject) -> Iterator[str]:
    yield from (key for key, value in position.items() if key not in _READ and value is not None)
    yield from (key for key in _AXES if key in position and number_of(position[key]) is None)
    yield from no_numbers(position, _NUMBERS)
    yield from (key for key in _TIMES if position.get(key) is not None and _moment(position[key]) is None)


def _note_unread(decoded: Decoded, position: JsonObject, attributes: JsonObject) -> None:
    """Note what is not read; of a call under a name of its own, as attributes that the server computes may have, that it is one."""
    decoded.unread += [f"position.{key}" for key in _unread_of_place(position)]
    calls = CallFields(attributes)
    is_teltonika = text_of(position.get("protocol")) == "teltonika"
    for key, value in attributes.items():
        if value is None or key == "alarm":
            continue
        if key == _ANSWER:
            is_read = False
        elif key in _TELTONIKA_CALLS and is_teltonika:
            is_read = calls.add(_TELTONIKA_CALLS[key], value)
        elif key in _READ_ATTRIBUTES:
            is_read = number_of(value) is not None or isinstance(value, bool)
        else:
            is_read = calls.add(key, value)
        if not is_read:
            decoded.unread.append(f"attributes.{key}")
    decoded.readings = calls.merged([*decoded.readings], decoded.refused, decoded.unread)


def _moment(value: object) -> datetime | None:
    """Read a time: text with an offset, or milliseconds as some versions write it."""
    return aware_time(value) or time_of_epoch(value)


def _attributes(attributes: JsonObject) -> list[Measured]:
    readings: list[Measured] = []
    for key, metric in (("batteryLevel", "battery_pct"), ("battery", "battery_v")):
        number = number_of(attributes.get(key))
        if number is not None:
            readings.append(Measured(metric, number))
    # motion is the tracker moving, not movement in a room.
    for key, metric in (("motion", "device_moving"), ("charge", "charging")):
        truth = attributes.get(key)
        if isinstance(truth, bool):
            readings.append(Measured(metric, truth))
    return readings


def _alarms(decoded: Decoded, attributes: JsonObject) -> list[str]:
    """Return the metrics of the alarms, which come as one text with commas; an unknown one is refused."""
    names: list[str] = []
    unnamed: list[Rejected] = []
    for alarm in _alarm_words(attributes.get("alarm")):
        call = call_in_words(alarm)
        name = _FOLDED_ALARMS.get(alarm.lower()) or (call.metric if call and call.is_raised else "")
        is_over = (call is not None and call.is_raised is False) or (
            call is None and call_in_field("alarm", alarm) is None
        )
        if name:
            names.append(name)
        elif alarm.lower() == _UNNAMED:
            unnamed.append(
                unclear_call("alarm general", "an alarm of which the server does not know the kind")
            )
        elif alarm.lower() not in _FOLDED_NO_CALLS and not is_over:
            decoded.refused.append(
                unclear_call(f"alarm {alarm[:40]}", f"the alarm {alarm[:40]} is not understood")
            )
    if not names:
        decoded.refused += unnamed[:1]
    return list(dict.fromkeys(names))


def _alarm_words(value: object) -> Iterator[str]:
    """Give the alarms: one text with commas, or, of attributes that the server computes, a list, names with truths, or a bare truth."""
    if isinstance(value, Mapping):
        named = cast("JsonObject", value)
        yield from (name for name, entry in named.items() if truth_of(entry) is not False)
    elif isinstance(value, str):
        yield from (alarm for part in _BETWEEN_ALARMS.split(value) if (alarm := part.strip()))
    elif isinstance(value, list):
        for entry in items(cast("object", value)):
            yield from _alarm_words(entry)
    elif value is not None and truth_of(value) is not False:
        yield str(value)


def _read_event(decoded: Decoded, event: JsonObject, body: JsonObject) -> None:
    kind = text_of(event.get("type"))
    moment = checked_time(_moment(event.get("eventTime")), _moment(event.get("serverTime")))
    known = {reading.metric for reading in decoded.readings}
    reported: list[Measured] = []
    if kind in _GEOFENCE:
        reported.append(Measured("geofence_event", _GEOFENCE[kind], moment))
        decoded.notes["geofence_name"] = text_of(inner(body, "geofence").get("name"))
    elif kind in _ONLINE:
        reported.append(Measured("online", _ONLINE[kind], moment))
    elif kind in _MOVING and "device_moving" not in known:
        reported.append(Measured("device_moving", _MOVING[kind], moment))
    else:
        reported += [
            one
            for one in _event_calls(decoded, kind, inner(event, "attributes"), moment)
            if one.metric not in known
        ]
    decoded.readings = [*decoded.readings, *reported]
    decoded.time = decoded.time or moment
    if kind in _PLAIN_EVENTS:
        read_other_fields(decoded, inner(event, "attributes"), ("alarm",), "event.attributes.")


def _event_calls(
    decoded: Decoded, kind: str, attributes: JsonObject, moment: datetime | None
) -> list[Measured]:
    """Return the calls of an alarm, and of an event that is named after one, or holds one in words."""
    if kind == "alarm":
        if attributes.get("alarm") is None:
            decoded.refused.append(unclear_call("event alarm", "an event of an alarm does not say which"))
        return [Measured(name, value=True, time=moment) for name in _alarms(decoded, attributes)]
    calls = CallFields(attributes)
    calls.add("type", kind)
    for key, value in attributes.items():
        if value is not None and (key == _ANSWER or not calls.add(key, value)):
            decoded.unread.append(f"event.attributes.{key}")
    return [
        Measured(one.metric, one.value, moment) for one in calls.merged([], decoded.refused, decoded.unread)
    ]
