"""The Things Stack v3: `v3/{application}@{tenant}/devices/{device}/up`, with what the payload formatter decoded.

Format: https://www.thethingsindustries.com/docs/integrations/data-formats/. The server leaves out what is 0, false or empty.
"""

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
    objects,
    text_of,
)
from ingest.codecs.parsing.second_times import checked_time
from ingest.codecs.result import Decoded, Measured, Position, Rejected, nothing
from ingest.mqtt.topics import Source

# By more than this a gateway's clock is wrong: it passes on at once what it receives.
GATEWAY_DIFFERS = timedelta(minutes=2)


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message of the server about a device."""
    parts = source.parts
    if len(parts) < 5 or parts[2] != "devices" or not parts[1] or not parts[3]:
        return Rejected(
            "unknown_topic", "a topic of The Things Stack is v3/{application}/devices/{device}/up"
        )
    name, kind = parts[3], parts[4:]
    if kind not in (("up",), ("up", "normalized"), ("location", "solved")):
        # Joins, downlink receipts, service data: nothing was measured.
        return nothing(name)
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    decoded = Decoded(source.sender(f"{parts[1]}/{name}"), name)
    if kind == ("location", "solved"):
        return _solved(decoded, body)
    part = "uplink_message" if kind == ("up",) else "uplink_normalized"
    uplink = inner(body, part)
    if not uplink:
        return Rejected("wrong_shape", f"{part} is missing")
    decoded.time = _uplink_time(body, uplink)
    _read_link(decoded, uplink)
    model = inner(uplink, "version_ids")
    decoded.proposals = proposed(
        *(decoded.sender, name, f"{text_of(model.get('brand_id'))} {text_of(model.get('model_id'))}"),
        # Who registers it anew under another name keeps the number that the maker gave it.
        text_of(inner(body, "end_device_ids").get("dev_eui")).lower(),
    )
    return _uplink(decoded, uplink)


def _uplink(decoded: Decoded, uplink: JsonObject) -> Decoded | Rejected:
    values, normalized = inner(uplink, "decoded_payload"), uplink.get("normalized_payload")
    entries = objects(normalized) or ([inner(uplink, "normalized_payload")] if normalized else [])
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
    if any(reading.metric == "position_valid" for reading in decoded.readings):
        # The server takes the place in the payload for one, also where the payload says that it is none.
        decoded.fixes = by_decoder
    else:
        _add_place(decoded, inner(uplink, "locations", "frm-payload"))
    battery = number_of(inner(uplink, "last_battery_percentage").get("value"))
    if battery is not None and not any(reading.metric == "battery_pct" for reading in decoded.readings):
        decoded.readings = [*decoded.readings, Measured("battery_pct", battery)]
    return decoded


def _uplink_time(body: JsonObject, uplink: JsonObject) -> datetime | None:
    """Return when a gateway received it, where its clock agrees with the servers', whose times are a little later."""
    server = aware_time(uplink.get("received_at")) or aware_time(body.get("received_at"))
    for reception in objects(uplink.get("rx_metadata")):
        moment = aware_time(reception.get("time"))
        if moment is not None and checked_time(moment, server, GATEWAY_DIFFERS, GATEWAY_DIFFERS) == moment:
            return moment
    return server


def _read_link(decoded: Decoded, uplink: JsonObject) -> None:
    strongest: JsonObject = {}
    for reception in objects(uplink.get("rx_metadata")):
        if (number_of(reception.get("rssi")) or -999) > (number_of(strongest.get("rssi")) or -999):
            strongest = reception
    decoded.readings = link_readings(strongest)


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
    solved = inner(body, "location_solved")
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
