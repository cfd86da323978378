"""Homie 3, 4 and 5: `homie/[5/]{device}/{node}/{property}` with one plain value, `$state`, and in version 5 `$description` and `$alert`.

Format: https://homieiot.github.io/specification/ (the conventions 4.0 and 5.0, and the legacy stats extension). Unit and datatype of a
property are said by other topics, so it is read by the words of its id; the channel is its node.
"""

from collections.abc import Iterator
from typing import cast

from ingest.codecs.parsing.button_words import button_word
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.component_words import read_number, read_truth, truth_metric
from ingest.codecs.parsing.event_words import call_in_words, subject_of
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    inner,
    json_object,
    number_of,
    objects,
    plain_text,
    text_of,
    truth_of,
)
from ingest.codecs.parsing.word_parts import word_parts
from ingest.codecs.result import Decoded, Measured, ProposedDevice, Rejected, nothing, unclear_call
from ingest.mqtt.topics import Source

_VERSION_5 = "5"
# While `sleeping` the device is in contact, and is not lost.
_STATES: dict[str, bool | None] = {
    "init": True, "ready": True, "alert": True, "disconnected": False, "lost": False, "sleeping": None,
}  # fmt: skip
# A property of one of these names is called by its node.
_GENERIC = frozenset({
    *("state", "value", "status", "active", "detected", "level", "alarm", "alert", "pressed", "triggered", "raised"),
})  # fmt: skip
# Of a node that is called by a call for help: what makes it.
_CALLS_BY = frozenset({"button", "press", "key", "cord", "input", "contact"})
_SWITCHED = frozenset({"power", "on", "switch", "relay", "light", "lamp"})
_PRESSED = frozenset({"button", "action", "press", "click", "event", "ring"})
# Home Assistant's classes of what the words mean, for the kind that is proposed.
_CLASSES = {
    "motion": "motion", "presence": "occupancy", "contact_open": "door", "vibration": "vibration",
}  # fmt: skip


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message of a device."""
    levels = source.parts[2:] if source.parts[1:2] == (_VERSION_5,) else source.parts[1:]
    if len(levels) < 2 or not all(levels):
        return Rejected("unknown_topic", "a Homie topic is homie/{device}/{node}/{property}")
    device, *rest = levels
    decoded = Decoded(source.sender(device), device)
    if not payload and rest[0] == "$alert" and len(rest) == 2:
        return _read_end_of_alert(decoded, rest[1])
    if device.startswith("$") or not payload:
        # homie/$broadcast is for the devices; an empty message clears a retained one.
        return nothing(device)
    if rest[0].startswith("$"):
        return _attribute(source, decoded, rest, payload)
    if len(rest) != 2 or rest[1].startswith("$"):
        # A command to a property, and what describes nodes and properties.
        return nothing(device)
    text = plain_text(payload)
    if isinstance(text, Rejected):
        return text
    node, name = rest
    # One node may have several properties of a kind; those then have more words than that of the kind.
    channel = node if len(word_parts(name)) == 1 and not name[-1:].isdigit() else f"{node}/{name}"
    found = _property(decoded, node, name, text)
    decoded.readings = [Measured(f"{one.metric}#{channel}", one.value) for one in found]
    return decoded


def _attribute(source: Source, decoded: Decoded, rest: list[str], payload: bytes) -> Decoded | Rejected:
    """Read an attribute of the device itself."""
    if rest == ["$description"]:
        body = json_object(payload)
        return body if isinstance(body, Rejected) else _described(source, decoded.name, body)
    text = plain_text(payload)
    if isinstance(text, Rejected):
        return nothing(decoded.name)
    if rest == ["$state"]:
        if text not in _STATES:
            return Rejected("wrong_shape", "$state is none of the states of a Homie device")
        is_online = _STATES[text]
        decoded.readings = [] if is_online is None else [Measured("online", is_online)]
        return decoded
    if rest[0] == "$alert" and len(rest) == 2:
        _read_alert(decoded, rest[1], text)
        return decoded
    if rest == ["$stats", "battery"]:
        number = number_of(text)
        decoded.readings = [] if number is None else [Measured("battery_pct", number)]
        return decoded
    if rest == ["$name"]:
        proposal = ProposedDevice(decoded.sender, text, "", {})
        return Decoded(sender="", name=decoded.name, notes={"display_name": text}, proposals=[proposal])
    return nothing(decoded.name)


def _described(source: Source, device: str, body: JsonObject) -> Decoded:
    sender, name = source.sender(device), text_of(body.get("name")) or device
    words = list(_property_names(body))
    classes = {_CLASSES.get(truth_metric(word) or "", "") or _class_of_number(word) for word in words} - {""}
    proposals = [
        ProposedDevice(sender, name, text_of(body.get("type")), {"device_class": word})
        for word in sorted(classes) or [""]
    ]
    return Decoded(sender="", name=device, proposals=proposals)


def _property_names(body: JsonObject) -> Iterator[str]:
    """Give the ids of the properties; version 5 describes nodes by id, its drafts did in lists."""
    for node_id, node in _by_id(body.get("nodes")):
        for property_id, _ in _by_id(node.get("properties")):
            yield f"{node_id} {property_id}" if property_id in _GENERIC else property_id


def _by_id(described: object) -> Iterator[tuple[str, JsonObject]]:
    if isinstance(described, dict):
        named = cast("JsonObject", described)
        yield from ((name, inner(named, name)) for name in named)
    else:
        yield from ((text_of(body.get("id")), body) for body in objects(described))


def _class_of_number(name: str) -> str:
    parts = word_parts(name)
    return next((word for word in ("temperature", "humidity", "power") if word in parts), "")


def _read_alert(decoded: Decoded, alert: str, text: str) -> None:
    """Read a sentence for people, which the device takes back when it is over."""
    call = call_in_words(text) or call_in_words(alert)
    if call is None:
        decoded.unread.append(f"$alert/{alert}")
    elif call.is_raised is None:
        detail = f"$alert/{alert[:40]} looks like a call or an alarm; its value is not understood"
        decoded.refused.append(unclear_call(f"$alert/{alert}", detail))
    else:
        decoded.readings = [Measured(call.metric, call.is_raised)]


def _read_end_of_alert(decoded: Decoded, alert: str) -> Decoded:
    """Read that an alert was taken back: of a call only where the id says of which, for the sentence is gone."""
    call = call_in_words(alert)
    decoded.readings = [] if call is None else [Measured(call.metric, value=False)]
    return decoded


def _property(decoded: Decoded, node: str, name: str, text: str) -> list[Measured]:
    is_of_bed = "bed" in word_parts(node) and truth_metric(name) == "presence"
    makes_call = subject_of(word_parts(node)) == "sos" and not _CALLS_BY.isdisjoint(word_parts(name))
    full = f"{node} {name}" if name in _GENERIC or is_of_bed or makes_call else name
    parts = frozenset(word_parts(full))
    found = _press(node, text) if parts & _PRESSED else None
    found = found or _switched(parts, text) or _truth(full, text) or read_number(full, text)
    calls = CallFields()
    is_certain = found is not None and found.metric in {"contact_open", "sos", "switch_on"} and not makes_call
    if not is_certain and calls.add(full, text):
        return calls.merged([], decoded.refused)
    if found is None:
        decoded.unread.append(f"{node}/{name}")
        return []
    return [found]


def _press(node: str, text: str) -> Measured | None:
    """Return a press, which comes as a momentary event; whoever calls a node so means a call by it."""
    word = button_word(text) if truth_of(text) is None else None
    if word is None:
        return None
    return Measured("sos", value=True) if subject_of(word_parts(node)) == "sos" else Measured("button", word)


def _switched(parts: frozenset[str], text: str) -> Measured | None:
    is_on = truth_of(text) if number_of(text) is None else None
    return Measured("switch_on", is_on) if is_on is not None and parts & _SWITCHED else None


def _truth(name: str, text: str) -> Measured | None:
    """Return what a boolean or an enumeration says; a number is a quantity, also where it is 0 or 1."""
    return read_truth(name, text) if number_of(text) is None else None
