"""The Things Stack v3: `v3/{application}@{tenant}/devices/{device}/up`, with what the payload formatter decoded.

Format: https://www.thethingsindustries.com/docs/integrations/data-formats/. The server leaves out what is 0, false or empty.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ingest.codecs.lorawan import decoders, normalized_payload
from ingest.codecs.lorawan.models import proposed
from ingest.codecs.lorawan.positions import PLACES_OF_OTHERS
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    aware_time,
    inner,
    json_object,
    number_of,
    object_of,
    objects,
    text_of,
)
from ingest.codecs.parsing.second_times import checked_time
from ingest.codecs.result import Decoded, Measured, Position, Rejected, nothing
from ingest.mqtt.topics import Source

# By more than this a gateway's clock is wrong: it passes on at once what it receives.
GATEWAY_DIFFERS = timedelta(minutes=2)
_SOLVED = "location_solved"
# The part of the message that counts, by the end of its topic; all others hold nothing that was measured.
_PARTS: dict[tuple[str, ...], str] = {
    ("up",): "uplink_message",
    ("up", "normalized"): "uplink_normalized",
    ("location", "solved"): _SOLVED,
}
_NOT_RECEIVED = -999.0
_NOTHING: JsonObject = {}


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message of the server about a device."""
    parts = source.parts
    if len(parts) < 5 or parts[2] != "devices" or not parts[1] or not parts[3]:
        return Rejected(
            "unknown_topic", "a topic of The Things Stack is v3/{application}/devices/{device}/up"
        )
    name, part = parts[3], _PARTS.get(parts[4:])
    if part is None or not payload:
        # An empty message says that none is kept any more. Joins, downlink receipts, service data: nothing was measured.
        return nothing(name)
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    decoded = Decoded(source.sender(f"{parts[1]}/{name}"), name)
    if part == _SOLVED:
        return _solved(decoded, body)
    uplink = object_of(body.get(part))
    if not uplink:
        return Rejected("wrong_shape", f"{part} is missing")
    receptions = objects(uplink.get("rx_metadata"))
    decoded.time = _uplink_time(body, uplink, receptions)
    decoded.readings = link_readings(strongest(receptions))
    model = object_of(uplink.get("version_ids"))
    decoded.proposals = proposed(
        *(
            decoded.sender,
            name,
            f"{text_of(model.get('brand_id'))} {text_of(model.get('model_id'))}" if model else "",
        ),
        # Who registers it anew under another name keeps the number that the maker gave it.
        text_of(object_of(body.get("end_device_ids")).get("dev_eui")).lower(),
    )
    return _uplink(decoded, uplink)


def _uplink(decoded: Decoded, uplink: JsonObject) -> Decoded | Rejected:
    values, normalized = object_of(uplink.get("decoded_payload")), uplink.get("normalized_payload")
    entries = objects(normalized) or ([object_of(normalized)] if normalized else [])
    if not values and not entries:
        if "frm_payload" not in uplink:
            # An empty uplink only answers the network.
            return decoded
        return Rejected(
            "not_decoded", "the server passed bytes only; set the vendor's payload formatter for this device"
        )
    decoders.read_object(decoded, values)
    by_decoder = decoded.fixes
    if entries:
        normalized_payload.add(decoded, entries)
    elif "locations" not in uplink and "last_battery_percentage" not in uplink:
        # Nothing is said beside the payload, as in most messages.
        return decoded
    said = {reading.metric for reading in decoded.readings}
    if "position_valid" in said:
        # The server takes the place in the payload for one, also where the payload says that it is none.
        decoded.fixes = by_decoder
    elif "locations" in uplink:
        _add_place(decoded, inner(uplink, "locations", "frm-payload"))
    battery = number_of(object_of(uplink.get("last_battery_percentage")).get("value"))
    if battery is not None and "battery_pct" not in said:
        decoded.readings = [*decoded.readings, Measured("battery_pct", battery)]
    return decoded


def _uplink_time(body: JsonObject, uplink: JsonObject, receptions: Iterable[JsonObject]) -> datetime | None:
    """Return when a gateway received it, where its clock agrees with the servers', whose times are a little later."""
    server = aware_time(uplink.get("received_at")) or aware_time(body.get("received_at"))
    for reception in receptions:
        moment = aware_time(reception.get("time"))
        if moment is not None and checked_time(moment, server, GATEWAY_DIFFERS, GATEWAY_DIFFERS) == moment:
            return moment
    return server


def strongest(receptions: Sequence[JsonObject]) -> JsonObject:
    """Return how the gateway received a message that received it best; empty where none says how."""
    if len(receptions) == 1:
        return receptions[0]
    return max(receptions, key=lambda one: number_of(one.get("rssi")) or _NOT_RECEIVED, default=_NOTHING)


def link_readings(reception: JsonObject) -> list[Measured]:
    """Return the readings of how well one gateway received the device."""
    rssi, snr = number_of(reception.get("rssi")), number_of(reception.get("snr"))
    readings = [] if rssi is None else [Measured("rssi_dbm", rssi)]
    return readings if snr is None else [*readings, Measured("snr_db", snr)]


def _add_place(decoded: Decoded, place: JsonObject) -> None:
    """Take the position that the server found in the payload, where we found none."""
    lat, lon = number_of(place.get("latitude")), number_of(place.get("longitude"))
    if not decoded.fixes and lat is not None and lon is not None:
        decoded.fixes = [Position(lat, lon, accuracy_m=number_of(place.get("accuracy")) or None)]


def _solved(decoded: Decoded, body: JsonObject) -> Decoded | Rejected:
    solved = inner(body, _SOLVED)
    place = inner(solved, "location")
    lat, lon = number_of(place.get("latitude")), number_of(place.get("longitude"))
    if lat is None or lon is None:
        return Rejected("wrong_shape", "location_solved holds no location")
    if text_of(place.get("source")) in PLACES_OF_OTHERS:
        # Where somebody said the device is, or where something else is.
        return nothing(decoded.name)
    decoded.time = aware_time(body.get("received_at"))
    decoded.fixes = [
        Position(
            lat,
            lon,
            accuracy_m=number_of(place.get("accuracy")) or None,
            altitude_m=number_of(place.get("altitude")),
        )
    ]
    return decoded
