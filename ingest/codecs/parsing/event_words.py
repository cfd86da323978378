"""Words that senders use for the press of a button, a door, a person in a room."""

import re

from core.domain.metrics import BUTTON_WORDS

# A call for help, whatever the maker calls it.
SOS_WORDS = {
    *("emergency", "sos", "panic", "help", "sos_press", "emergency_call", "medical"),
    # The other emergency keys of a keypad at the door.
    *("fire", "police", "alarm_panic"),
}

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
_FELT = {"vibration", "tilt", "drop", "region", "occupancy", "motion", "presence", "approach", "contact"}
_MEANT = {"short": "single", "press": "single", "click": "single", "pressed": "single", "push": "single"}
_SPLIT = re.compile(r"[_\s]+")


def button_word(action: str) -> str | None:
    """Return which press an action's name tells, in its sender's own word; None if it tells no press.

    Examples
    --------
    >>> button_word("single"), button_word("1_double"), button_word("short press"), button_word("vibration")
    ('single', 'double', 'short', None)
    """
    parts = [part for part in _SPLIT.split(action.strip().lower()) if part]
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
