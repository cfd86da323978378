"""ChirpStack v4: `application/{application}/device/{devEui}/event/{up | status | location | integration | ...}`, JSON.

Format: https://www.chirpstack.io/docs/chirpstack/integrations/events.html
"""

from datetime import datetime

from core.domain.metrics import CALLS
from ingest.codecs.lorawan import decoders
from ingest.codecs.lorawan.models import proposed
from ingest.codecs.lorawan.positions import PLACES_OF_OTHERS
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    aware_time,
    inner,
    json_object,
    number_of,
    objects,
    text_of,
)
from ingest.codecs.parsing.second_times import SUSPECT, checked_time, stated_time
from ingest.codecs.result import Decoded, Measured, Position, Rejected, nothing
from ingest.codecs.the_things_stack import GATEWAY_DIFFERS, link_readings, strongest
from ingest.mqtt.topics import Source


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one event of a device."""
    parts = source.parts
    if len(parts) < 5 or parts[2] != "device" or not parts[3]:
        return Rejected(
            "unknown_topic", "a topic of ChirpStack is application/{id}/device/{devEui}/event/{event}"
        )
    name = parts[3]
    event = parts[5] if len(parts) == 6 and parts[4] == "event" else ""
    if not payload or event not in {"up", "status", "location", "integration"}:
        # Commands, joins, receipts, logs: nothing was measured. Nor does an empty message say more than that none is kept any more.
        return nothing(name)
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    decoded = Decoded(source.sender(name), name, time=_time(body))
    if body.get("time") and aware_time(body["time"]) is None:
        decoded.unread.append("time")
    info = inner(body, "deviceInfo")
    decoded.proposals = proposed(
        decoded.sender, text_of(info.get("deviceName")) or name, text_of(info.get("deviceProfileName"))
    )
    if event == "status":
        return _status(decoded, body)
    if event == "location":
        return _location(decoded, body)
    return _integration(decoded, body) if event == "integration" else _up(decoded, body)


def _time(body: JsonObject) -> datetime | None:
    """Return the event's time, by a gateway's clock, where it agrees with the network server's."""
    stated = body.get("time")
    moment = aware_time(stated)
    for reception in objects(body.get("rxInfo")):
        server = aware_time(reception.get("nsTime"))
        if server is not None:
            checked = checked_time(moment, server, GATEWAY_DIFFERS, GATEWAY_DIFFERS)
            return server if checked == SUSPECT else checked
    # Of a time that is not understood, as one without its zone, nobody knows when it was.
    return stated_time(stated, moment)


def _up(decoded: Decoded, body: JsonObject) -> Decoded | Rejected:
    decoded.readings = link_readings(strongest(objects(body.get("rxInfo"))))
    values = inner(body, "object") or _older_object(body)
    if not values:
        if not text_of(body.get("data")):
            return decoded
        return Rejected(
            "not_decoded", "the server passed bytes only; set the vendor's codec in the device profile"
        )
    decoders.read_object(decoded, values)
    return decoded


def _integration(decoded: Decoded, body: JsonObject) -> Decoded:
    """Read what another service made of an uplink, which is read itself: only calls and hazards, also those that are not understood."""
    decoders.read_object(decoded, inner(body, "object"))
    calls = [one for one in decoded.readings if one.metric.partition("#")[0] in CALLS]
    if not calls and not decoded.refused:
        return nothing(decoded.name)
    decoded.readings, decoded.fixes, decoded.notes = calls, (), {}
    return decoded


def _older_object(body: JsonObject) -> JsonObject:
    """Return what version 3 decoded, which it passes as text."""
    text = text_of(body.get("objectJSON"))
    values = json_object(text.encode())
    return {} if isinstance(values, Rejected) else values


def _status(decoded: Decoded, body: JsonObject) -> Decoded:
    battery = number_of(body.get("batteryLevel"))
    known = body.get("batteryLevelUnavailable") is not True and body.get("externalPowerSource") is not True
    if known and battery is not None:
        decoded.readings = [Measured("battery_pct", battery)]
    return decoded


def _location(decoded: Decoded, body: JsonObject) -> Decoded | Rejected:
    place = inner(body, "location")
    lat, lon = number_of(place.get("latitude")), number_of(place.get("longitude"))
    if lat is None or lon is None:
        return Rejected("wrong_shape", "the event holds no location")
    if text_of(place.get("source")) in PLACES_OF_OTHERS:
        # Where somebody said the device is.
        return nothing(decoded.name)
    accuracy, altitude = number_of(place.get("accuracy")), number_of(place.get("altitude"))
    # 0 stands for "not known" in the server's format.
    decoded.fixes = [Position(lat, lon, accuracy_m=accuracy or None, altitude_m=altitude or None)]
    return decoded
