"""Meshtastic, a radio mesh without a network operator: `msh/{region}/2/json/{channel}/{gateway}`, JSON by `type`, and `.../2/stat/{gateway}`.

Format: https://meshtastic.org/docs/software/integrations/mqtt/ and the firmware's MeshPacketSerializer. A message is of the node in `from`,
whichever gateway (`sender`) received it; several may.
"""

import re

from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.component_words import truth_metric
from ingest.codecs.parsing.event_words import call_in_words
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    json_object,
    no_numbers,
    number_of,
    object_of,
    plain_text,
    text_of,
    time_of_epoch,
)
from ingest.codecs.parsing.other_fields import read_other_fields
from ingest.codecs.parsing.second_times import SUSPECT, checked_time, stated_time
from ingest.codecs.result import Decoded, Measured, Position, ProposedDevice, Rejected, nothing, unclear_call
from ingest.mqtt.topics import Source

_DEGREES, _COURSE_DEGREES = 1e-7, 1e-5
# What a place is cut down to on a channel that many read; 32 bits are all (firmware and app: the half of a cell).
_ALL_BITS, _LARGEST_CELL_M = 32, 23_905_787.925008
# Above 100 the node hangs on a charger.
_ON_CHARGER = 101
# The character that makes the nodes of its receivers ring.
_ALERT_SIGN = "\a"
_DETECTED = re.compile(
    r"(?P<name>.*?)(?: (?P<seen>detected)| state: (?P<state>[01]))\s*\Z", re.DOTALL | re.IGNORECASE
)
_ENVIRONMENT = {
    "temperature": "temperature_c",
    "relative_humidity": "humidity_pct",
    "barometric_pressure": "pressure_hpa",
    "lux": "illuminance_lx",
}
# Of the battery of the node itself; elsewhere a voltage is what a sensor on it measures.
_OF_THE_NODE = ("battery_level", "channel_utilization", "air_util_tx")
_SILENT = {"channel_utilization", "air_util_tx", "uptime_seconds", "battery_level"}
# Of the packet and its way through the mesh; what the node says stands in the payload.
_OF_THE_PACKET = {
    *("channel", "from", "to", "id", "sender", "timestamp", "type", "payload", "rssi", "snr"),
    *("hops_away", "hop_start", "hop_limit", "want_ack", "priority", "relay_node", "next_hop"),
}
_NUMBERS_OF_PLACE = (
    "time",
    "timestamp",
    "latitude_i",
    "longitude_i",
    "altitude",
    "ground_track",
    "precision_bits",
)
_READ_OF_PLACE = {
    *("time", "timestamp", "latitude_i", "longitude_i", "altitude", "ground_track", "precision_bits"),
    *("sats_in_view", "PDOP", "HDOP", "VDOP"),
}


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message that a gateway of the mesh passed on."""
    # The first level and what follows it, such as a region, are set in the gateway.
    kind = next((part for part in source.parts[1:] if part in {"json", "stat"}), "")
    if not payload or not kind:
        # e and c are the same messages in another form, map is for a public map.
        return nothing("msh")
    if kind == "stat":
        return _gateway(source, payload)
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    number = number_of(body.get("from"))
    if number is None or not 0 < number < 2**32:
        return Rejected("wrong_shape", "from, the number of the node, is missing or is no number")
    name = f"!{int(number):08x}"
    decoded = Decoded(source.sender(name), name)
    # When the gateway received it; 0 until its clock is set.
    stated = body.get("timestamp")
    decoded.time = stated_time(stated, time_of_epoch(stated) if stated else None)
    if decoded.time == SUSPECT:
        decoded.unread.append("timestamp")
    kind, content = text_of(body.get("type")), body.get("payload")
    if isinstance(content, str) and kind in {"text", "alert"}:
        content = {"text": content}
    _read_payload(decoded, kind, object_of(content))
    if content and not isinstance(content, dict):
        decoded.unread.append("payload")
    decoded.readings = [*decoded.readings, *_link(body)]
    read_other_fields(decoded, body, _OF_THE_PACKET)
    return decoded


def _gateway(source: Source, payload: bytes) -> Decoded | Rejected:
    text = plain_text(payload)
    online = None if isinstance(text, Rejected) else {"online": True, "offline": False}.get(text)
    if online is None:
        return Rejected("wrong_shape", "the status of the gateway is neither online nor offline")
    name = source.parts[-1]
    return Decoded(source.sender(name), name, [Measured("bridge_online", online)])


def _link(body: JsonObject) -> list[Measured]:
    values = (("rssi_dbm", number_of(body.get("rssi"))), ("snr_db", number_of(body.get("snr"))))
    return [Measured(metric, number) for metric, number in values if number is not None]


def _read_payload(decoded: Decoded, kind: str, payload: JsonObject) -> None:
    match kind:
        case "position":
            _read_position(decoded, payload)
        case "telemetry":
            _read_telemetry(decoded, payload)
        case "detection":
            _read_detection(decoded, text_of(payload.get("text")))
            read_other_fields(decoded, payload, ("text",), "payload.")
        case "text" | "alert":
            _read_text(decoded, payload)
        case "nodeinfo":
            name = text_of(payload.get("longname")) or decoded.name
            decoded.proposals = [ProposedDevice(decoded.sender, name, "Meshtastic", {})]
        case "waypoint" | "neighborinfo" | "traceroute" | "paxcounter":
            # Where something else is, and how the radio does; that the node was in contact is all.
            return
        case _:
            decoded.unread += [f"payload.{key}" for key in payload]


def _read_position(decoded: Decoded, payload: JsonObject) -> None:
    lat, lon = number_of(payload.get("latitude_i")), number_of(payload.get("longitude_i"))
    decoded.unread += [f"payload.{key}" for key in payload if key not in _READ_OF_PLACE]
    decoded.unread += [f"payload.{key}" for key in no_numbers(payload, _NUMBERS_OF_PLACE)]
    if lat is None or lon is None or (lat == 0 and lon == 0):
        decoded.readings = [Measured("position_valid", value=False)]
        return
    # The time of the fix, or that of sending it; a node without a clock says neither.
    fixed = time_of_epoch(payload.get("timestamp") or payload.get("time"))
    if fixed is None:
        decoded.refused.append(
            Rejected(
                "no_position",
                "the place has no time, as of a node whose clock is not set: it may be an old one",
            )
        )
        return
    course = number_of(payload.get("ground_track"))
    decoded.fixes = [
        Position(
            lat * _DEGREES,
            lon * _DEGREES,
            time=checked_time(fixed, decoded.time),
            accuracy_m=_half_cell(number_of(payload.get("precision_bits"))),
            altitude_m=number_of(payload.get("altitude")),
            course_deg=None if course is None else course * _COURSE_DEGREES,
        )
    ]


def _half_cell(bits: float | None) -> float | None:
    """Return how far the node may be from a place that was cut down to so many bits."""
    if bits is None or not 0 < bits < _ALL_BITS:
        return None
    return _LARGEST_CELL_M * 0.5**bits


def _read_telemetry(decoded: Decoded, payload: JsonObject) -> None:
    found: list[Measured] = []
    is_of_node = any(key in payload for key in _OF_THE_NODE)
    level = number_of(payload.get("battery_level"))
    if level is not None and level >= _ON_CHARGER:
        found.append(Measured("charging", value=True))
    elif level is not None:
        found.append(Measured("battery_pct", level))
    calls = CallFields()
    for key, value in payload.items():
        metric = "battery_v" if key == "voltage" and is_of_node else _ENVIRONMENT.get(key)
        number = number_of(value)
        if metric is not None and number is not None:
            found.append(Measured(metric, number))
        elif (key not in _SILENT or no_numbers(payload, [key])) and not calls.add(key, value):
            decoded.unread.append(f"payload.{key}")
    decoded.readings = calls.merged(found, decoded.refused, decoded.unread)


def _read_detection(decoded: Decoded, text: str) -> None:
    """Read the wired sensor of a node: `Motion detected` when it is triggered, `Motion state: 0` now and then."""
    match = _DETECTED.match(text.replace(_ALERT_SIGN, ""))
    if match is None:
        decoded.unread += ["payload.text"]
        return
    is_on = match["state"] != "0"
    call = call_in_words(match["name"])
    if call is not None:
        decoded.readings = [Measured(call.metric, is_on)]
        return
    # Whatever it is called, it hangs on an input.
    metric = truth_metric(match["name"]) or "input_on"
    decoded.readings = [Measured(metric, is_on)]


def _read_text(decoded: Decoded, payload: JsonObject) -> None:
    """Read a text that somebody sent: nothing but a call for help is taken from it."""
    # A text that is JSON itself stands in place of `text`.
    read_other_fields(decoded, payload, ("text",), "payload.")
    text = text_of(payload.get("text"))
    call = call_in_words(text)
    if call is not None and call.is_raised is not None:
        decoded.readings = [*decoded.readings, Measured(call.metric, call.is_raised)]
    elif call is not None or _ALERT_SIGN in text:
        detail = "a text speaks of help or rings the bell of its receivers; its words are not understood"
        decoded.refused.append(unclear_call("payload.text", detail))
    elif "text" in payload:
        decoded.unread.append("payload.text")
