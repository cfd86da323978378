"""Phones with OwnTracks: `owntracks/{user}/{device}[/event | /waypoint | /info | ...]`, JSON by `_type`.

Format: https://owntracks.org/booklet/tech/json/
"""

from ingest.codecs.parsing.json_fields import (
    JsonObject,
    items,
    json_object,
    no_numbers,
    number_of,
    text_of,
    time_of_epoch,
)
from ingest.codecs.parsing.other_fields import read_other_fields
from ingest.codecs.parsing.second_times import SUSPECT, checked_time
from ingest.codecs.result import Decoded, Measured, Position, Rejected, nothing
from ingest.mqtt.topics import Source

_KPA_IN_HPA = 10.0
# bs: 0 unknown, 1 unplugged, 2 charging, 3 full (and so on the charger).
_CHARGING = {1: False, 2: True, 3: True}
# Understood, and nothing for us in them: commands, settings and what the phone asks of the recorder.
_SILENT_TYPES = {"cmd", "configuration", "request", "dump", "status", "beacon", "waypoints", "tour", "tours"}

# By type: what is read, or names of the phone and its networks that say nothing of the person; `face` is a picture.
_READ_OF = {
    "location": {
        *("_type", "_id", "tst", "created_at", "lat", "lon", "acc", "alt", "vel", "cog", "batt", "bs", "p"),
        *("inregions", "tid", "topic", "inrids", "SSID", "BSSID"),
    },
    "transition": {"_type", "_id", "tst", "wtst", "created_at", "lat", "lon", "acc", "event", "desc", "rid", "tid", "topic"},
    "waypoint": {"_type", "_id", "tst", "created_at", "desc", "lat", "lon", "rad", "rid", "tid", "topic"},
    "lwt": {"_type", "_id", "tst", "created_at", "tid", "topic"},
    "card": {"_type", "_id", "name", "face", "tid", "topic"},
    "steps": {"_type", "_id", "tst", "created_at", "from", "to", "steps", "tid", "topic"},
}  # fmt: skip

_NUMBERS = ("created_at", "acc", "alt", "vel", "cog", "batt", "bs", "p")


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message of a phone."""
    if len(source.parts) < 3 or not source.parts[1] or not source.parts[2]:
        return Rejected("unknown_topic", "an OwnTracks topic is owntracks/{user}/{device}")
    name = f"{source.parts[1]}/{source.parts[2]}"
    if source.parts[3:] == ("cmd",) or not payload:
        # The app clears its retained messages with an empty one.
        return nothing(name)
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    prefix = f"{source.gateway_id}/" if source.gateway_id else ""
    kind = text_of(body.get("_type"))
    decoded = _of_type(Decoded(f"owntracks:{prefix}{name}", name), kind, body)
    if isinstance(decoded, Decoded) and kind in _READ_OF:
        # Calls that a program adds to the phone's message are among them.
        decoded.unread += no_numbers(body, _NUMBERS)
        read_other_fields(decoded, body, _READ_OF[kind])
    return decoded


def _of_type(decoded: Decoded, kind: str, body: JsonObject) -> Decoded | Rejected:
    match kind:
        case "location":
            return _location(decoded, body)
        case "transition":
            return _transition(decoded, body)
        case "waypoint":
            decoded.notes["geofence_definition"] = {
                "name": text_of(body.get("desc")),
                "lat": number_of(body.get("lat")),
                "lon": number_of(body.get("lon")),
                "radius_m": number_of(body.get("rad")),
            }
            return decoded
        case "lwt":
            # tst is when the app first connected, not when it was lost.
            decoded.readings = [Measured("online", value=False)]
            return decoded
        case "card":
            decoded.notes["display_name"] = text_of(body.get("name"))
            return decoded
        case "steps":
            return _steps(decoded, body)
        case "encrypted":
            return Rejected(
                "encrypted",
                "the phone encrypts its messages; remove the encryption key in the app's settings",
            )
        case _ if kind in _SILENT_TYPES:
            return nothing(decoded.name)
        case _:
            return Rejected("wrong_shape", "_type is missing or is none of OwnTracks's")


def _location(decoded: Decoded, body: JsonObject) -> Decoded:
    created = time_of_epoch(body.get("created_at"))
    decoded.time = checked_time(time_of_epoch(body.get("tst")), created)
    position = _position(body)
    if time_of_epoch(body.get("tst")) is None:
        # A place of unknown age would stand on the map as where she is now.
        decoded.refused.append(
            Rejected("wrong_shape", "tst, the time of the fix, is missing or is no number")
        )
    elif isinstance(position, Rejected):
        decoded.refused.append(position)
    else:
        position.altitude_m = number_of(body.get("alt"))
        # The iPhone app sends -1 where it does not know.
        position.speed_kmh = _not_negative(body.get("vel"))
        position.course_deg = _not_negative(body.get("cog"))
        decoded.fixes = [position]
    decoded.readings = _of_the_phone(body)
    regions = [text_of(region) for region in items(body.get("inregions"))]
    if regions:
        decoded.notes["in_regions"] = regions
    return decoded


def _of_the_phone(body: JsonObject) -> list[Measured]:
    readings: list[Measured] = []
    battery = _not_negative(body.get("batt"))
    if battery is not None:
        readings.append(Measured("battery_pct", battery))
    charging = _CHARGING.get(int(number_of(body.get("bs")) or 0))
    if charging is not None:
        readings.append(Measured("charging", charging))
    pressure = number_of(body.get("p"))
    if pressure is not None:
        readings.append(Measured("pressure_hpa", pressure * _KPA_IN_HPA))
    return readings


def _transition(decoded: Decoded, body: JsonObject) -> Decoded | Rejected:
    event = body.get("event")
    if event not in ("enter", "leave"):
        return Rejected("wrong_shape", "event of a transition must be enter or leave")
    # wtst is when the region was made.
    decoded.time = checked_time(time_of_epoch(body.get("tst")), time_of_epoch(body.get("created_at")))
    if decoded.time is None:
        return Rejected("wrong_shape", "tst, the time of the transition, is missing or is no number")
    decoded.readings = [Measured("geofence_event", str(event))]
    decoded.notes["geofence_name"] = text_of(body.get("desc"))
    if "lat" in body:
        position = _position(body)
        if isinstance(position, Rejected):
            decoded.refused.append(position)
        else:
            decoded.fixes = [position]
    return decoded


def _steps(decoded: Decoded, body: JsonObject) -> Decoded | Rejected:
    steps = _not_negative(body.get("steps"))
    # Steps of a time that nobody knows are none of now.
    decoded.time = time_of_epoch(body.get("to") or body.get("tst")) or SUSPECT
    if steps is None:
        return Rejected("wrong_shape", "steps is missing or the phone could not count them")
    decoded.readings = [Measured("steps_count", steps)]
    return decoded


def _position(body: JsonObject) -> Position | Rejected:
    lat, lon = number_of(body.get("lat")), number_of(body.get("lon"))
    if lat is None or lon is None:
        return Rejected("wrong_shape", "lat or lon is missing or is no number")
    accuracy = number_of(body.get("acc"))
    if accuracy is not None and accuracy < 0:
        return Rejected("no_position", "the phone marks its position as invalid (negative acc)")
    # 0 metres: the place of a beacon or a region, not known how far from it.
    return Position(lat, lon, accuracy_m=accuracy or None)


def _not_negative(value: object) -> float | None:
    number = number_of(value)
    return number if number is not None and number >= 0 else None
