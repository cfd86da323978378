"""Reading a device's messages by its profile: fields that no codec knows by their names, and what its readings mean there.

The codec reads everything else: the fields of the profile are taken out of the message before, so that no word of theirs is read twice.
"""

from collections.abc import Callable, Sequence
from typing import cast

import msgspec

from core.domain.evidence.device_profile import DeviceProfile, FieldMeaning, ProfileField
from core.domain.evidence.sender_units import in_unit
from core.domain.metrics import METRICS, CallPriority, Metric
from ingest.codecs.parsing.event_words import raised_of
from ingest.codecs.parsing.json_fields import json_value, number_of, truth_of
from ingest.codecs.result import Decoded, Measured, Rejected, unclear_call
from ingest.mqtt.topics import Source

_Codec = Callable[[Source, bytes], Decoded | Rejected]
# Where the object of the device's own fields stands in a message, by codec; elsewhere it is the message.
_BODIES = {
    "chirpstack": ("object",),
    "the_things_stack": ("uplink_message", "decoded_payload"),
    "traccar": ("position", "attributes"),
    "shelly": ("params",),
}
_ALL_OTHERS = "*"
_PRESSED = "single"


def decode_by_profile(
    codec: _Codec, source: Source, payload: bytes, profile: DeviceProfile
) -> Decoded | Rejected:
    """Return what a message of a device says: its codec's reading, and its profile's of the fields that the profile names."""
    if not profile.named_fields:
        return with_meanings(codec(source, payload), profile)
    value = json_value(payload)
    if not isinstance(value, dict):
        return _plain_topic(codec, source, payload, profile)
    body = _body(source, cast("dict[str, object]", value))
    prefix = f"{source.parts[-1]}." if source.codec == "shelly" and source.parts[-2:-1] == ("status",) else ""
    taken = {
        one: _take(body, path.split("."))
        for one in profile.named_fields
        if (path := one.field.removeprefix(prefix)) and one.field.startswith(prefix)
    }
    found = {one: entry for one, entry in taken.items() if entry is not None}
    if not found:
        return with_meanings(codec(source, payload), profile)
    rest = codec(source, msgspec.json.encode(value))
    result = codec(source, payload) if isinstance(rest, Rejected) else rest
    return _with_fields(with_meanings(result, profile), found)


def with_meanings(result: Decoded | Rejected, profile: DeviceProfile) -> Decoded | Rejected:
    """Return a result with its readings as the profile says that they are meant."""
    if isinstance(result, Rejected):
        return result
    found = [meant(reading, profile) for reading in result.readings]
    # The same result may be read again, when its batch is built again in parts.
    return msgspec.structs.replace(
        result,
        readings=[one for one in found if isinstance(one, Measured)],
        refused=[*result.refused, *(one for one in found if isinstance(one, Rejected))],
    )


def meant(reading: Measured, profile: DeviceProfile) -> Measured | Rejected | None:
    """Return a reading as a profile says that it is meant, or why that cannot be said; None for a button that is not pressed."""
    name, _, channel = reading.metric.partition("#")
    one = _field_for(profile, name, channel)
    if one is None:
        return reading
    value = _value(one, reading.value)
    if value is None or isinstance(value, Rejected):
        return value
    return Measured(f"{one.reads_as}#{channel}" if channel else one.reads_as, value, reading.time)


def _field_for(profile: DeviceProfile, name: str, channel: str) -> ProfileField | None:
    for one in profile.changed_readings:
        if one.metric == name and one.channel in {channel, None}:
            return one
    # A native device may name what it measures as it likes, where its profile says what that is.
    return next((one for one in profile.named_fields if one.field == name and name not in METRICS), None)


def _with_fields(result: Decoded | Rejected, found: dict[ProfileField, object]) -> Decoded | Rejected:
    if isinstance(result, Rejected):
        return result
    readings: list[Measured] = []
    for one, value in found.items():
        said = _value(one, value)
        if isinstance(said, Rejected):
            result.refused = [*result.refused, said]
        elif said is not None:
            _add(readings, Measured(f"{one.reads_as}#{one.channel}" if one.channel else one.reads_as, said))
    settled = {one.metric for one in readings}
    names = {one.field for one in found}
    others = [one for one in result.readings if one.metric not in settled]
    for one in result.readings:
        # What other fields of the message say of a call or a hazard goes on.
        if one.metric in settled and _is_call(one):
            _add(readings, one)
    result.readings = [*others, *readings]
    result.unread = [name for name in result.unread if name not in names]
    return result


def _add(readings: list[Measured], said: Measured) -> None:
    """Add what a field says; of several that say the same of a call or a hazard, one that is raised counts."""
    known = next((one for one in readings if one.metric == said.metric), None)
    if known is None or not _is_call(said):
        readings.append(said)
    elif said.value is True:
        known.value = True


def _is_call(reading: Measured) -> bool:
    return METRICS[reading.metric.partition("#")[0]].call is not CallPriority.NONE


def _plain_topic(codec: _Codec, source: Source, payload: bytes, profile: DeviceProfile) -> Decoded | Rejected:
    """Read a topic that holds one plain value, whose field's name is the end of the topic."""
    result = codec(source, payload)
    topic = "/".join(source.parts)
    for one in profile.named_fields:
        if topic.endswith(f"/{one.field}") and isinstance(result, Decoded):
            result.readings, result.unread, result.refused = [], [], []
            return _with_fields(result, {one: payload.decode("utf-8", "replace").strip()})
    return with_meanings(result, profile)


def _body(source: Source, value: dict[str, object]) -> dict[str, object]:
    body = value
    for key in _BODIES.get(source.codec, ()):
        inside = body.get(key)
        if isinstance(inside, dict):
            body = cast("dict[str, object]", inside)
    return body


def _take(body: dict[str, object], path: Sequence[str]) -> object:
    """Return the value at a path and put nothing in its place; None if there is none."""
    # A name may hold dots itself.
    whole = ".".join(path)
    if body.get(whole) is not None:
        value, body[whole] = body[whole], None
        return value
    for place in range(1, len(path)):
        inside = body.get(".".join(path[:place]))
        if (
            isinstance(inside, list)
            and path[place].isdigit()
            and int(path[place]) < len(cast("list[object]", inside))
        ):
            entry = cast("list[object]", inside)[int(path[place])]
            if isinstance(entry, dict) and path[place + 1 :]:
                return _take(cast("dict[str, object]", entry), path[place + 1 :])
        if isinstance(inside, dict):
            return _take(cast("dict[str, object]", inside), path[place:])
    return None


def _value(one: ProfileField, value: object) -> float | bool | str | Rejected | None:
    """Return a value as its metric has it, or why it is none; None for a button that is not pressed, and where nothing is read."""
    if one.ignored:
        return None
    metric = METRICS[one.reads_as]
    is_truth = metric.high == 1 and not metric.words
    if is_truth or one.bit is not None or one.raised or one.over:
        truth = _truth(one, value)
        if truth is None:
            return _unread(one, metric)
        return truth if is_truth else _PRESSED if truth else None
    if metric.words:
        return value if isinstance(value, str) else _unread(one, metric)
    number = number_of(value)
    return _unread(one, metric) if number is None else in_unit(number * one.scale, one.unit, metric.unit)


def _truth(one: ProfileField, value: object) -> bool | None:
    if one.bit is not None:
        number = number_of(value)
        return None if number is None else bool(int(number) >> one.bit & 1)
    if one.raised or one.over:
        word = _as_word(value)
        if word in one.raised or word in one.over:
            return word in one.raised
        return True if _ALL_OTHERS in one.raised else False if _ALL_OTHERS in one.over else None
    if one.meaning is FieldMeaning.CALL and one.metric == "button":
        # Whichever way it is pressed.
        return str(value).strip().lower() != "release"
    truth = truth_of(value)
    return raised_of(one.reads_as, value) if truth is None else truth


def _as_word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip().lower()


def _unread(one: ProfileField, metric: Metric) -> Rejected:
    name = one.field or one.metric
    if metric.call is CallPriority.NONE:
        return Rejected("not_in_profile", f"the profile does not say what the value of {name[:40]} means")
    return unclear_call(name, f"{name[:40]} is a call by the profile; its value is not understood")
