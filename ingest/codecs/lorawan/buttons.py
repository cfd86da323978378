"""Buttons in the words of LoRaWAN decoders: by themselves or one of several, and what was done with them."""

import re

from ingest.codecs.lorawan.field_values import value_inside
from ingest.codecs.parsing.button_words import button_word
from ingest.codecs.parsing.event_words import is_raised
from ingest.codecs.parsing.json_fields import JsonObject, inner, object_of, objects, text_of, truth_of
from ingest.codecs.result import Measured

_BUTTON = re.compile(
    r"(?:press(?:ed)?(?:_?event)?(?:_(?P<press>\d+))?"
    r"|(?:push_?)?(?:button|btn)_?(?P<channel>\d*)(?:_?(?:event|status|state|action|press|pressed))?)\Z",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:button|key)\s*(?P<channel>\d+)\Z", re.IGNORECASE)


def button_channel(key: str) -> str | None:
    """Return the number of a button by the name of a field, empty where there is one only; None for other fields."""
    button = _BUTTON.match(key)
    return None if button is None else button["channel"] or button["press"] or ""


def of_button(channel: str, value: object, _body: JsonObject) -> list[Measured]:
    """Read a button: what was done with it, or whether it is down, which many say again in each message."""
    channel = channel or _named_part(value)
    found = _press(value)
    if not found:
        truth = truth_of(value)
        found = [] if truth is None else [Measured("input_on", truth)]
    return [Measured(f"{one.metric}#{channel}", one.value) for one in found] if channel else found


def _named_part(value: object) -> str:
    """Return the number of the button that an object names beside what was done: {"Event": "Button 2", "State": "Pressed"}."""
    named = (_NAMED.match(text_of(text).strip()) for text in object_of(value).values())
    return next((found["channel"] for found in named if found), "")


def is_unclear_button(key: str, value: object) -> bool:
    """Return whether a field is a button and its value says neither what was done with it nor whether it is down."""
    is_plain = isinstance(value, (int, float, str))
    return is_plain and button_channel(key) is not None and is_raised(value) is None


def _press(value: object) -> list[Measured]:
    if _named_part(value):
        return _press(value_inside(object_of(value)))
    entries = [text_of(entry.get("status")) for entry in objects(value)]
    words = entries or [text_of(inner({"event": value}, "event").get("status", value))]
    presses = [button_word(word) for word in words]
    return [Measured("button", press) for press in presses if press]
