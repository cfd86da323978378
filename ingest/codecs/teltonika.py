"""Teltonika trackers with the codec JSON: `{IMEI}/data`, one record as `{"state": {"reported": {...}}}` with AVL parameters by number.

Format: https://wiki.teltonika-gps.com/view/Codec_JSON, /view/Codec (what a record without a fix holds) and, for the personal trackers,
https://wiki.teltonika-sas.com/view/SAS_PRODUCTS_AVL_ID_LIST.
"""

import re

from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    inner,
    json_object,
    no_numbers,
    number_of,
    text_of,
    time_of_epoch,
    truth_of,
)
from ingest.codecs.parsing.other_fields import read_other_fields
from ingest.codecs.parsing.second_times import SUSPECT
from ingest.codecs.result import Decoded, Measured, Position, Rejected, nothing, unclear_call
from ingest.mqtt.topics import Source

# Number of the AVL parameter -> metric.
_ALARM, _MAN_DOWN = "236", "242"
_TRUTHS = {_ALARM: "sos", _MAN_DOWN: "fall", "240": "device_moving", "116": "charging"}
_NUMBERS = {"113": ("battery_pct", 1.0), "67": ("battery_v", 0.001)}
# Of parameter 69, the receiver: off, on without a fix, asleep, on with a fix of which the data are invalid.
_NO_FIX = {0, 2, 3, 4}
# Of the record itself, its place and its receivers.
_READ = {
    *(
        "ts",
        "pr",
        "latlng",
        "alt",
        "ang",
        "sat",
        "sp",
        "evt",
        "69",
        "181",
        "182",
        "21",
        "24",
        "80",
        "200",
        "241",
        "205",
        "206",
    ),
}
_NUMBERED = ("ts", "alt", "ang", "sat", "sp")
_PAIR = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\Z")


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one record of a tracker."""
    imei = source.parts[0]
    if not payload:
        return nothing(imei)
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    state = inner(body, "state")
    record = inner(state, "reported")
    if not record:
        # Its answer to a command comes on the same topic.
        return nothing(imei) if "RSP" in body else _no_record()
    decoded = Decoded(source.sender(imei), imei, time=time_of_epoch(record.get("ts")) or SUSPECT)
    found: list[Measured] = []
    _read_place(decoded, found, record)
    _read_parameters(decoded, found, record)
    decoded.readings = found
    decoded.unread += no_numbers(record, _NUMBERED)
    read_other_fields(decoded, state, ("reported",), "state.")
    read_other_fields(decoded, body, ("state",))
    return decoded


def _no_record() -> Rejected:
    return Rejected(
        "wrong_shape", "state.reported is missing; set the data protocol of the tracker to Codec JSON"
    )


def _read_place(decoded: Decoded, found: list[Measured], record: JsonObject) -> None:
    pair = _PAIR.match(text_of(record.get("latlng")))
    if pair is None:
        if record.get("latlng") is not None:
            decoded.unread.append("latlng")
        return
    satellites, receiver = number_of(record.get("sat")), number_of(record.get("69"))
    lat, lon = float(pair[1]), float(pair[2])
    if satellites == 0 or receiver in _NO_FIX or (lat == 0 and lon == 0):
        # Without a fix the record holds the place of the last one.
        found.append(Measured("position_valid", value=False))
        return
    decoded.fixes = [
        Position(
            lat,
            lon,
            altitude_m=number_of(record.get("alt")),
            speed_kmh=number_of(record.get("sp")),
            course_deg=number_of(record.get("ang")),
        )
    ]


def _read_parameters(decoded: Decoded, found: list[Measured], record: JsonObject) -> None:
    # A record may say by `evt` alone what happened.
    event = number_of(record.get("evt"))
    calls = [one for one in (_ALARM, _MAN_DOWN) if event == int(one) and one not in record]
    if event and not calls and f"{event:.0f}" not in record:
        # A parameter caused the record that does not stand in it.
        decoded.unread.append("evt")
    found += [Measured(_TRUTHS[one], value=True) for one in calls]
    named = CallFields()
    for key, value in record.items():
        reading = _parameter(decoded, key, value)
        if reading is not None:
            found.append(reading)
        elif key not in _READ and value is not None and not named.add(key, value):
            decoded.unread.append(key)
    found[:] = named.merged(found, decoded.refused, decoded.unread)


def _parameter(decoded: Decoded, key: str, value: object) -> Measured | None:
    if key in _TRUTHS:
        truth = truth_of(value)
        if truth is None and key in {_ALARM, _MAN_DOWN}:
            detail = f"parameter {key} is a call for help; its value is not understood"
            decoded.refused.append(unclear_call(key, detail))
        return None if truth is None else Measured(_TRUTHS[key], truth)
    number = number_of(value)
    if key not in _NUMBERS or number is None:
        return None
    metric, factor = _NUMBERS[key]
    return Measured(metric, number * factor)
