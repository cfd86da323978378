"""ESPHome without Home Assistant: `{node}/{component}/{object id}/state` with one plain value, and `{node}/status`.

Format: https://esphome.io/components/mqtt (default topics; birth, last will) and the pages of the components. What a component measures is
said by its discovery message alone (`homeassistant/.../config`), so here it is read by the words of its name; the channel is its object id.
"""

from ingest.codecs.parsing.button_words import button_word
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.component_words import read_number, read_truth
from ingest.codecs.parsing.event_words import subject_of
from ingest.codecs.parsing.json_fields import JsonObject, json_object, plain_text, text_of, truth_of
from ingest.codecs.parsing.other_fields import read_other_fields
from ingest.codecs.parsing.word_parts import word_parts
from ingest.codecs.result import Decoded, Measured, Rejected, nothing, unclear_call
from ingest.mqtt.topics import Source

_SWITCHED = {"switch", "light", "fan"}
# The longest state that a component publishes is the JSON of a light.
_LONGEST_STATE = 2048


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message of a node."""
    node, *levels = source.parts
    if not node or not payload or node == "esphome":
        # esphome/discover and esphome/ping are for the tool that installs the firmware.
        return nothing(node)
    decoded = Decoded(source.sender(node), node)
    if levels == ["status"]:
        return _status(decoded, payload)
    component, object_id, *rest = levels
    if rest[-1] != "state":
        # A command to the component.
        return nothing(node)
    # What a component has beside its state: climate/hall/current_temperature/state.
    name = rest[0] if len(rest) > 1 else object_id
    body = _state(payload)
    if isinstance(body, Rejected):
        return body
    text = text_of(body.get("event_type") or body.get("state"))
    found = _component(decoded, component, name, text)
    decoded.readings = [Measured(f"{one.metric}#{object_id}", one.value) for one in found]
    read_other_fields(decoded, body, ("event_type", "state"), f"{component}/{name}.")
    return decoded


def _status(decoded: Decoded, payload: bytes) -> Decoded | Rejected:
    online = {b"online": True, b"offline": False}.get(payload.strip().lower())
    if online is None:
        return Rejected("wrong_shape", "the status of the node is neither online nor offline")
    decoded.readings = [Measured("online", online)]
    return decoded


def _state(payload: bytes) -> JsonObject | Rejected:
    """Return the state: the JSON of lights and events, in which one word says it, or a plain value as such an object."""
    if payload.lstrip()[:1] == b"{" and len(payload) <= _LONGEST_STATE:
        return json_object(payload)
    text = plain_text(payload)
    return text if isinstance(text, Rejected) else {"state": text}


def _component(decoded: Decoded, component: str, name: str, text: str) -> list[Measured]:
    if component == "alarm_control_panel" and text.lower() == "triggered":
        # A panel rings for burglars, for fire and for help, and does not say for which.
        detail = f"{component}/{name[:40]} is triggered; it does not say by what"
        decoded.refused.append(unclear_call(f"{component}/{name}", detail))
        return []
    found = _reading(component, name, text)
    calls = CallFields()
    # A switch that is called "alarm" is a siren, and a lamp is no detector.
    may_call = component not in _SWITCHED or subject_of(word_parts(name)) == "sos"
    # The door of the emergency exit is a door; a press has been read as a call already.
    is_certain = any(one.metric in {"contact_open", "sos"} for one in found)
    if may_call and not is_certain and calls.add(name, text):
        return calls.merged([], decoded.refused)
    if not found:
        decoded.unread.append(f"{component}/{name}")
    return found


def _reading(component: str, name: str, text: str) -> list[Measured]:
    if component == "event":
        return _event(name, text)
    reading: Measured | None = None
    if component in _SWITCHED:
        is_on = truth_of(text)
        reading = None if is_on is None else Measured("switch_on", is_on)
    elif component == "binary_sensor":
        reading = read_truth(name, text)
    elif component in {"sensor", "climate"}:
        reading = read_number(name, text)
    return [] if reading is None else [reading]


def _event(name: str, event: str) -> list[Measured]:
    word = button_word(event)
    if word is None:
        return []
    # Whoever calls a button so means its presses.
    is_call = subject_of(word_parts(name)) == "sos"
    return [Measured("sos", value=True) if is_call else Measured("button", word)]
