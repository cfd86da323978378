"""Words of senders for the press of a button."""

import re

from core.domain.metrics import BUTTON_WORDS
from ingest.codecs.parsing import call_words

# Parts of an action's name that mean that somebody pressed, turned or shook the thing.
_PRESSED = {
    *BUTTON_WORDS,
    *("press", "pressed", "push", "click", "short", "tap", "quintuple", "quint", "on", "off", "toggle"),
    *(
        "up",
        "down",
        "brightness",
        "arrow",
        "color",
        "colour",
        "recall",
        "scene",
        "rotate",
        "rotation",
        "dial",
    ),
    *(
        "shake",
        "slide",
        "flip90",
        "flip180",
        "throw",
        "skip",
        "play",
        "pause",
        "volume",
        "track",
        "stop",
        "dots",
    ),
    *("arm", "disarm", "button", "clockwise", "step", "move"),
} - {"other"}
# Parts that mean a movement which the device felt or saw: other fields report those.
_FELT_WORDS = {
    "vibration",
    "tilt",
    "drop",
    "region",
    "occupancy",
    "motion",
    "presence",
    "approach",
    "contact",
}
# Of an alarm that ends nobody knows whether somebody ended it.
_FELT = _FELT_WORDS | call_words.ALARM
_MEANT = {"short": "single", "press": "single", "click": "single", "pressed": "single", "push": "single"}
# Other words for the same kinds of presses.
_SAME = {
    **{
        "held": "hold",
        "released": "release",
        "longpress": "long",
        "doubleclick": "double",
        "tripple": "triple",
    },
    **{"once": "single", "twice": "double"},
}
_SPLIT = re.compile(r"[_\s]+")


def button_word(action: str) -> str | None:
    """Return which press an action's name means, in its sender's own word; None if it means none.

    Examples
    --------
    >>> button_word("single"), button_word("1_double"), button_word("short press"), button_word("vibration")
    ('single', 'double', 'short', None)
    """
    parts = [_SAME.get(part, part) for part in _SPLIT.split(action.strip().lower()) if part]
    if not parts or _FELT.intersection(parts):
        return None
    for part in parts:
        if part in BUTTON_WORDS:
            return part
    if not _PRESSED.intersection(parts):
        return None
    kept = [part for part in parts if part not in {"press", "pressed", "push", "click", "button"}]
    kept = [part for part in kept if not part.isdigit()]
    return "_".join(kept) if kept else "single"


def stored_button_word(word: str) -> str:
    """Return the registry's word for a sender's own: `short` is a `single`, an unknown one is `other`."""
    meant = _MEANT.get(word, word)
    return meant if meant in BUTTON_WORDS else "other"
