"""Actions of devices behind Zigbee2MQTT: presses, calls, locks that somebody used, and what a sensor felt.

The words: the `action` values of https://www.zigbee2mqtt.io/devices/ and, of locks, the events of the Zigbee Cluster Library.
"""

import re
from collections.abc import Mapping

from core.text_cache import TextCache
from ingest.codecs.parsing.button_words import button_word
from ingest.codecs.parsing.event_words import Call, call_in_action
from ingest.codecs.parsing.json_fields import text_of
from ingest.codecs.result import Measured

# Aqara's cube and its sensor for doors and windows say so when they are dropped; a word more, as in `fall_alarm`, is about a person.
_DROPPED = "fall"
# A lock that somebody used with a key, a code, a card or a finger; by itself, by a timer or by radio it proves nothing.
_USED_LOCK = re.compile(
    r"(?:key|manual|one_touch|keypad|password|finger|fingerprint|rfid|card|face)_(?:un)?lock"
    r"|(?:password|finger|fingerprint|rfid|card|face)_open|lock_opened(?:_inside|_outside)?|door_(?:opened|closed)"
)
# The source that the bridge names beside a plain `lock` or `unlock`.
_SOURCES_BY_HAND = frozenset({"keypad", "manual", "rfid", "fingerprint"})
_FELT = {
    "vibration": "vibration",
    "movement": "device_moving",
    "tilt": "device_moving",
    "drop": "device_moving",
}
# Beside those of every sender: what the keys of remote controls are named after.
_KEYS = frozenset({
    *("open", "close", "store", "add", "remove", "select", "rotating", "rotation", "centre", "center", "key"),
    *("red", "green", "blue", "yellow", "circle", "square", "triangle", "hexagon", "hue", "saturation", "colortemp"),
    *("cinema", "home", "repast", "sleep", "go", "flip", "next", "previous", "switch", "side", "strike", "cover", "curtain"),
    *("left", "right", "both", "all", "power", "bright", "dim", "plus", "minus", "light", "refresh", "position", "recal", "knock", "away"),
})  # fmt: skip
# The colours of a light strip, through which a remote control runs.
_COLOURS = frozenset({"r", "g", "b", "w", "cw", "ww", "rgb", "inc", "dec"})
# What a panel does by itself, and what it worked out.
_NO_PRESS = frozenset({"screen", "arrival", "departure"})


def action(value: object, body: Mapping[str, object]) -> list[Measured]:
    """Read an `action`: a call, a used lock, what a sensor felt, or a press; nothing where it is none of them."""
    word = text_of(value).strip().lower()
    call = call_of_action(word)
    if call is not None:
        is_understood = call.metric and call.is_raised is not None
        return [Measured(call.metric, call.is_raised is True)] if is_understood else []
    felt = _FELT.get(word) or ("motion" if word == "motion" else None)
    if felt is not None:
        return [Measured(felt, value=True)]
    is_by_hand = word in {"lock", "unlock"} and text_of(body.get("action_source_name")) in _SOURCES_BY_HAND
    if is_by_hand or _USED_LOCK.fullmatch(word):
        return [Measured("contact_used", value=True)]
    pressed = _PRESSES[word]
    return [] if pressed is None else [Measured("button", pressed)]


def call_of_action(word: str) -> Call | None:
    """Return what an action says of a call; None if it is none."""
    return _CALLS[word]


def _call_of_action(word: str) -> Call | None:
    return Call("fall", None) if word == _DROPPED else call_in_action(word)


def _press(word: str) -> str | None:
    parts = frozenset(part for part in re.split(r"[_\s\d]+", word) if part)
    if parts & _NO_PRESS:
        return None
    known = button_word(word)
    is_key = bool(parts & _KEYS) or (bool(parts) and parts <= _COLOURS)
    return "other" if known is None and is_key else known


_CALLS = TextCache(_call_of_action)
_PRESSES = TextCache(_press)
