"""What the words of an `action` mean in Zigbee2MQTT: presses, calls, locks that somebody used, and what is none of them."""

import re
from collections import defaultdict
from collections.abc import Iterable

from tests.support.zigbee_catalogue import Expose, Model

_CALL = {"emergency", "panic", "sos"}
# A lock that somebody used by hand, with a key, a code, a card or a finger; by itself, by a timer or by radio is none.
_BY_HAND = re.compile(
    r"(key|manual|keypad|password|fingerprint|rfid|one_touch)_(un)?lock|(finger|password)_open|lock_opened(_inside|_outside)?|door_closed"
)
# A sensor that was moved, dropped or tilted: never a person's fall.
_FELT = {"vibration", "movement", "tilt", "drop", "fall"}
# What the thing does by itself, and what may be a person or not.
_OPEN_QUESTION = re.compile(
    r"|none|unknown|identify|.*(_failure|_delay).*|(auto|schedule|zigbee)_\w+|(un)?lock(ed)?|reverse_lock\w*|non_access\w+"
    r"|ring_bell|bell\d|manual_(open|close)|change_language_to|(finger|password)_(add|delete|not_match)|(finger|password)_\w+_match"
    r"|region_.*|static|orientation|1_min_inactivity|light_movement|moving|stopped|opening|closing|enter|leave|screen_\w+"
    r"|boost_\w+|W100_\w+|refresh\w*|wakeup|daytime_\w+|home_\w+|press_or_release_all"
)
_PRESSES = ("single", "double", "triple", "quadruple", "hold", "long", "release")
_ALSO = {
    "doubleclick": "double",
    "twice": "double",
    "tripple": "triple",
    "held": "hold",
    "released": "release",
    "longpress": "long",
    "once": "single",
}
_EMERGENCY_BUTTON = re.compile(r"\bsos\b|panic|emergency", re.IGNORECASE)

Said = tuple[tuple[str, bool | str | None], ...]


def action_meanings(expose: Expose, model: Model) -> dict[str, Said]:
    """Return what the words of an `action` say, by metric (`a|b`: either is right); a press of any kind is an empty text."""
    found: dict[str, list[tuple[str, bool | str | None]]] = defaultdict(list)
    words = [str(word).replace("*", "1") for word in expose.values]
    is_emergency_button = _EMERGENCY_BUTTON.search(model.description) and not _CALL.intersection(words)
    for word in words:
        if word in _CALL:
            found["sos"].append((word, True))
            continue
        if is_emergency_button:
            # Sold to call for help: every press is a call; off says that the alarm of its zone is over.
            found["sos"].append((word, word != "off"))
        elif _BY_HAND.fullmatch(word):
            found["contact_used"].append((word, True))
        elif word in {"vibration", "movement"}:
            found["vibration|device_moving"].append((word, True))
        elif word == "motion":
            found["motion"].append((word, True))
        elif word not in _FELT and not _OPEN_QUESTION.fullmatch(word):
            found["button"].append((word, press_in(word.split("_"))))
        for metric in ("sos", "fall"):
            if not is_emergency_button:
                found[metric].append((word, None))
    return {metric: tuple(said) for metric, said in found.items()}


def press_in(parts: Iterable[str]) -> str:
    """Return the kind of press that the parts of an action say; empty if they say none of those that we keep apart.

    Examples
    --------
    >>> press_in(["button", "1", "double"]), press_in(["on"])
    ('double', '')
    """
    known = [_ALSO.get(part, part) for part in parts]
    said = [part for part in known if part in _PRESSES]
    # `hold_release` and `double_long` hold two: either is right.
    return said[0] if len(set(said)) == 1 else ""
