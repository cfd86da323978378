"""Native devices: `mimamori/v1/{device_id}/readings | fix | status`, JSON as the schemas in tests/contract/schemas say."""

from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from core.domain.device import DEVICE_ID
from core.text_cache import TextCache
from ingest.codecs.parsing.json_fields import LARGEST_PAYLOAD, json_value
from ingest.codecs.result import Decoded, Measured, Position, Rejected, nothing
from ingest.mqtt.topics import PUBLISHED, Source

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_Seq = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
_Degrees90 = Annotated[float, msgspec.Meta(ge=-90, le=90)]
_Degrees180 = Annotated[float, msgspec.Meta(ge=-180, le=180)]


class _Reading(Measured):
    time: _Moment  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues] - native readings must carry a time


class _Fix(Position):
    lat: _Degrees90
    lon: _Degrees180
    time: _Moment  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues] - native fixes must carry a time
    accuracy_m: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    altitude_m: Annotated[float, msgspec.Meta(ge=-500, le=20_000)] | None = None
    speed_kmh: Annotated[float, msgspec.Meta(ge=0, le=1500)] | None = None
    course_deg: Annotated[float, msgspec.Meta(ge=0, le=360)] | None = None


_Entry = TypeVar("_Entry", _Reading, _Fix)


class _Readings(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    seq: _Seq
    readings: Annotated[list[_Reading], msgspec.Meta(min_length=1, max_length=500)]
    sent_at: _Moment | None = None


class _Fixes(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    seq: _Seq
    fixes: Annotated[list[_Fix], msgspec.Meta(min_length=1, max_length=500)]
    sent_at: _Moment | None = None


class _Status(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    online: bool
    time: _Moment | None = None
    firmware: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    last_seq: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None


class _Parts(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """Readings or fixes of which some may not be as the schema says."""

    seq: _Seq
    readings: Annotated[list[object], msgspec.Meta(max_length=500)] = []
    fixes: Annotated[list[object], msgspec.Meta(max_length=500)] = []
    sent_at: _Moment | None = None


# Nobody can be called as what we publish; a device from before that is understood all the same.
_OF_DEVICES = {("readings",), ("fix",), ("status",), ("command",)}
_readings = msgspec.json.Decoder(_Readings)
_fixes = msgspec.json.Decoder(_Fixes)
_status = msgspec.json.Decoder(_Status)


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message of a native device."""
    if source.parts[2:3] == (PUBLISHED,) and source.parts[3:] not in _OF_DEVICES:
        # What we say ourselves.
        return nothing()
    if len(source.parts) != 4:
        return Rejected("unknown_topic", "a native topic has four levels: mimamori/v1/{device_id}/{kind}")
    device_id, kind = source.parts[2:]
    if kind == "command" or not payload:
        # An empty message says that none is kept any more, as after an erasure.
        return nothing(device_id)
    sender = _SENDERS[device_id]
    if sender is None:
        return Rejected("unknown_topic", "the device id in the topic may hold only a-z, 0-9, _ and -")
    if len(payload) > LARGEST_PAYLOAD:
        return Rejected("too_large", f"the message has {len(payload)} bytes; {LARGEST_PAYLOAD} are allowed")
    try:
        match kind:
            case "readings":
                body = _readings.decode(payload)
                return Decoded(sender, device_id, body.readings, seq=body.seq, sent_at=body.sent_at)
            case "fix":
                track = _fixes.decode(payload)
                return Decoded(sender, device_id, fixes=track.fixes, seq=track.seq, sent_at=track.sent_at)
            case "status":
                return _decoded_status(device_id, _status.decode(payload))
            case _:
                return Rejected("unknown_topic", "a native device publishes readings, fix or status")
    except msgspec.ValidationError as error:
        refusal = Rejected("wrong_shape", f"the message does not fit its schema: {error}")
    except RecursionError:
        return Rejected("nested_too_deep", "the JSON is nested too deep")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        refusal = _not_json(payload, error)
    return _good_parts(Decoded(sender, device_id), payload, refusal)


def _good_parts(decoded: Decoded, payload: bytes, refusal: Rejected) -> Decoded | Rejected:
    """Return the readings and fixes of a message that are as the schema says; `refusal` if there are none, or no number."""
    try:
        body = msgspec.convert(json_value(payload), _Parts)
    except (msgspec.ValidationError, RecursionError):
        return refusal
    decoded.seq, decoded.sent_at = body.seq, body.sent_at
    decoded.readings = _fitting(decoded, body.readings, _Reading, "readings")
    decoded.fixes = _fitting(decoded, body.fixes, _Fix, "fixes")
    if not decoded.readings and not decoded.fixes:
        return refusal
    decoded.refused = [refusal]
    return decoded


def _fitting(decoded: Decoded, entries: list[object], kind: type[_Entry], name: str) -> list[_Entry]:
    good: list[_Entry] = []
    for place, entry in enumerate(entries):
        try:
            good.append(msgspec.convert(entry, kind))
        except msgspec.ValidationError:
            decoded.unread.append(f"{name}.{place}")
    return good


def _sender(device_id: str) -> str | None:
    """Return under which name a device is registered; None if this cannot be a device's id."""
    return f"native:{device_id}" if DEVICE_ID.match(device_id) else None


_SENDERS = TextCache(_sender, most=100_000)


def _decoded_status(device_id: str, body: _Status) -> Decoded:
    decoded = Decoded(
        f"native:{device_id}", device_id, [Measured("online", body.online, body.time)], last_seq=body.last_seq
    )
    if body.firmware is not None:
        decoded.notes["firmware"] = body.firmware.replace("\0", "")
    return decoded


def _not_json(payload: bytes, error: Exception) -> Rejected:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return Rejected("not_utf8", "the message is not UTF-8 text")
    return Rejected("not_json", f"the message is not JSON: {error}")
