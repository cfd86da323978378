"""Zigbee2MQTT: `zigbee2mqtt/{friendly name}` with one JSON object of everything the device exposes.

Format: https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html; a friendly name may hold slashes.
"""

from collections.abc import Mapping

from ingest.codecs.descriptions import exposes
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.call_words import LEAK
from ingest.codecs.parsing.event_words import Call, call_in_field, subject_of
from ingest.codecs.parsing.json_fields import (
    LARGEST_LIST,
    JsonObject,
    inner,
    json_object,
    json_value,
    number_of,
    objects,
    text_of,
    time_of_epoch,
    time_of_text,
    truth_of,
)
from ingest.codecs.parsing.other_fields import read_other_fields
from ingest.codecs.parsing.second_times import SUSPECT, stated_time
from ingest.codecs.parsing.word_parts import word_parts
from ingest.codecs.result import Decoded, Measured, ProposedDevice, Rejected, nothing
from ingest.codecs.zigbee.actions import call_of_action
from ingest.codecs.zigbee.exposed_values import (
    NUMBERS,
    SILENT_ATTRIBUTES,
    SPECIAL,
    TRUTHS,
    is_read,
    name_and_endpoint,
)
from ingest.codecs.zigbee.states import reader_by_words
from ingest.mqtt.topics import Source

_COMMANDS = {"set", "get"}
# Values that are given as a number as well as as a truth, and what shows that a message is about soil or electricity.
_QUANTITIES = {"gas_leak", "carbon_monoxide", "water_leak"}
_ALARMS = {"alarm", "alert", "warning", "detected", "state", "status", "gasleak", "gasalarm"} | LEAK
_SOIL = {"soil_moisture", "soil_fertility", "fertility", "ec"}
_ELECTRICITY = {"current", "power", "energy"}


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message of the bridge or of a device behind it."""
    levels = source.parts[1:]
    if len(levels) < 1 or not all(levels):
        return Rejected("unknown_topic", "a Zigbee2MQTT topic is zigbee2mqtt/{friendly name}")
    if not payload:
        # An empty message clears a retained one.
        return nothing("/".join(levels))
    if levels[0] == "bridge":
        return _bridge(source, levels[1:], payload)
    if levels[-1] in _COMMANDS and len(levels) > 1:
        return nothing("/".join(levels[:-1]))
    if levels[-1] == "availability" and len(levels) > 1:
        return _availability(source, "/".join(levels[:-1]), payload)
    name = "/".join(levels)
    value = json_value(payload)
    if len(levels) > 1 and not isinstance(value, dict):
        if _is_attribute(levels[-1], payload):
            return _attribute(source, levels, payload)
        if levels[-1] in SILENT_ATTRIBUTES:
            return nothing("/".join(levels[:-1]))
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    return _device(Decoded(source.sender(name), name), body)


def _bridge(source: Source, levels: tuple[str, ...], payload: bytes) -> Decoded | Rejected:
    if levels == ("state",):
        online = _online(payload)
        if online is None:
            return Rejected("wrong_shape", "the state of the bridge is neither online nor offline")
        return _with_rest(
            Decoded(source.sender("bridge"), "bridge", [Measured("bridge_online", online)]), payload
        )
    if levels == ("devices",):
        return _bridge_devices(source, payload)
    return nothing("bridge")


def _bridge_devices(source: Source, payload: bytes) -> Decoded | Rejected:
    value = json_value(payload, LARGEST_LIST)
    if isinstance(value, Rejected):
        return value
    proposals: list[ProposedDevice] = []
    for body in objects(value):
        name = text_of(body.get("friendly_name"))
        if name and body.get("type") != "Coordinator":
            definition = inner(body, "definition")
            model = f"{text_of(definition.get('vendor'))} {text_of(definition.get('model'))}".strip()
            address = text_of(body.get("ieee_address"))
            described = exposes.description(definition, lambda fields: _device(Decoded("", ""), fields))
            proposals.append(
                ProposedDevice(
                    source.sender(name), name, model, {"ieee_address": address}, address, described
                )
            )
    return Decoded(sender="", name="bridge", proposals=proposals)


def _availability(source: Source, name: str, payload: bytes) -> Decoded | Rejected:
    online = _online(payload)
    if online is None:
        return Rejected("wrong_shape", "availability is neither online nor offline")
    return _with_rest(Decoded(source.sender(name), name, [Measured("online", online)]), payload)


def _with_rest(decoded: Decoded, payload: bytes) -> Decoded:
    """Add what stands beside the state."""
    body = json_object(payload)
    if not isinstance(body, Rejected):
        read_other_fields(decoded, body, ("state",))
    return decoded


def _online(payload: bytes) -> bool | None:
    """Read the state, since version 2 {"state": "online"}, before that the plain word."""
    body = json_object(payload)
    word = payload if isinstance(body, Rejected) else text_of(body.get("state")).encode()
    return {b"online": True, b"offline": False}.get(word.strip())


def _is_attribute(name: str, payload: bytes) -> bool:
    """Return whether a topic ends in the name of a value that is read, or of one that may name a call and does."""
    text = payload[:256].decode(errors="replace")
    return is_read(name_and_endpoint(name)[0]) or call_in_field(name, text) is not None


def _attribute(source: Source, levels: tuple[str, ...], payload: bytes) -> Decoded | Rejected:
    """Read the bridge's `output: attribute`: one topic per value, as text."""
    name = "/".join(levels[:-1])
    value = json_value(payload)
    field = payload.decode(errors="replace").strip('" ') if isinstance(value, Rejected) else value
    return _device(Decoded(source.sender(name), name), {levels[-1]: field})


def _device(decoded: Decoded, body: JsonObject) -> Decoded:
    readings: dict[str, Measured] = {}
    by_words: list[Measured] = []
    calls = CallFields()
    calls.add_whole(body)
    for key, value in body.items():
        if value is not None:
            name, endpoint = name_and_endpoint(key)
            suffix = f"#{endpoint}" if endpoint else ""
            found = _plain_field(decoded, name, value, body)
            for measured in found:
                # Of two names for one metric (illuminance_lux, illuminance) the more exact one counts.
                if measured.metric + suffix not in readings or key.endswith("_lux"):
                    readings[measured.metric + suffix] = Measured(measured.metric + suffix, measured.value)
            if not found and (reader := reader_by_words(name)) is not None:
                found = reader(value, body)
                by_words += [Measured(measured.metric + suffix, measured.value) for measured in found]
            if not found and not _is_no_value(calls, name, value, body, endpoint):
                decoded.unread.append(key)
    if by_words:
        _add_by_words(readings, by_words)
    decoded.readings = calls.merged(list(readings.values()), decoded.refused, decoded.unread)
    _read_last_seen(decoded, body.get("last_seen"))
    return decoded


def _add_by_words(readings: dict[str, Measured], by_words: list[Measured]) -> None:
    """Add what was read by words: beside a plain name it says the same once more; of a radar's areas one with somebody in it counts."""
    plain = set(readings)
    for measured in by_words:
        known = readings.setdefault(measured.metric, measured)
        if measured.value is True and measured.metric not in plain:
            known.value = True


def _is_no_value(calls: CallFields, name: str, value: object, body: JsonObject, endpoint: str) -> bool:
    """Return whether a field is a call or a hazard, which is added to those of the message, or has nothing to read."""
    if name == "last_seen" or value == "":
        return True
    if name in {"action", "click"}:
        call = call_of_action(text_of(value).strip().lower())
        if call is not None:
            calls.add_call(call, name, value, endpoint)
        return call is not None
    if _is_no_water(name, value, body):
        return False
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        call = call_in_field(name, value)
        if call is not None and call.metric in _QUANTITIES:
            # A truth is no number in this format: a number is a concentration, a volume or a current.
            return _add_quantity(calls, name, call, value)
    return calls.add(name, value, channel=endpoint)


def _is_no_water(name: str, value: object, body: JsonObject) -> bool:
    """Return whether it is the soil in a flower pot that lacks water, or electricity that leaks."""
    if name == "water_warning":
        return not _SOIL.isdisjoint(body)
    if _ELECTRICITY.isdisjoint(body):
        return False
    parts = [*word_parts(name), *(word_parts(value) if isinstance(value, str) else ())]
    # A fire beside it, or water, is one all the same.
    others = tuple(part for part in parts if part != "leakage")
    return len(others) < len(parts) and "water" not in others and not subject_of(others)


def _add_quantity(calls: CallFields, name: str, call: Call, number: float) -> bool:
    # How much combustible gas is a danger depends on the device; carbon monoxide has a truth of its own beside the number. A number of what
    # is called an alarm or a state may be one, and none of it is no danger.
    if number == 0:
        return not _ALARMS.isdisjoint(word_parts(name))
    is_alarm = call.metric == "gas_leak" or not _ALARMS.isdisjoint(word_parts(name))
    if is_alarm:
        calls.add_call(Call(call.metric, None), name, None)
    return is_alarm


def _plain_field(decoded: Decoded, name: str, value: object, body: Mapping[str, object]) -> list[Measured]:
    special = SPECIAL.get(name)
    if special is not None:
        return special(value, body)
    if name in NUMBERS:
        number = number_of(value)
        if number is None:
            decoded.refused.append(Rejected("wrong_shape", f"{name} is no number"))
            return []
        return [Measured(NUMBERS[name], number)]
    return _truth(decoded, name, TRUTHS[name], value) if name in TRUTHS else []


def _truth(decoded: Decoded, key: str, metric: str, value: object) -> list[Measured]:
    truth = truth_of(value)
    if truth is None:
        if not isinstance(value, str):
            decoded.refused.append(Rejected("wrong_shape", f"{key} is neither true nor false"))
        return []
    return [Measured(metric, truth)]


def _read_last_seen(decoded: Decoded, value: object) -> None:
    moment = stated_time(value, time_of_text(value) if isinstance(value, str) else time_of_epoch(value))
    if moment is None:
        return
    if moment == SUSPECT:
        decoded.unread.append("last_seen")
    if moment.tzinfo is None:
        decoded.local_time = moment
    else:
        decoded.time = moment
