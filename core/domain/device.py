"""Devices: what they are, and how they are called."""

import re
import unicodedata
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum

from core.text_cache import TextCache

# Ends with \Z, because $ would accept a trailing newline. Slashes and spaces occur in names that
# Zigbee2MQTT and phones choose, so those names are part of a device's sender, never its id.
DEVICE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
# What a sender begins with: the format of its messages. Of any other no message is ever received.
SENDER_FORMATS = (
    "native", "owntracks", "zigbee2mqtt", "tasmota", "shelly", "the_things_stack", "chirpstack", "traccar", "esphome",
    "homie", "rtl_433", "theengs", "meshtastic", "teltonika",
)  # fmt: skip
# A device is silent once it missed this many heartbeats, and never before the least.
MISSED_HEARTBEATS = 3
LEAST_SILENCE = timedelta(minutes=10)
_BETWEEN_WORDS = re.compile(r"[\W_]+")


class DeviceKind(StrEnum):
    """What the device is, which decides which of its readings are life signs."""

    MOTION = "motion"
    DOOR = "door"
    FRIDGE = "fridge"
    BED = "bed"
    PLUG = "plug"
    CLIMATE = "climate"
    BUTTON = "button"
    TRACKER = "tracker"
    GATEWAY = "gateway"
    CANARY = "canary"
    """Stands for all others: sent by `mimamori canary`, watched over nobody."""
    OTHER = "other"


def sender_mistake(sender: str) -> str | None:
    """Return why no message could ever come from a sender as it is written; None if one could.

    Examples
    --------
    >>> sender_mistake("zigbee2mqtt:g12/hallway") is None
    True
    >>> sender_mistake("zigbee2mqtt:hallway")
    'zigbee2mqtt:hallway: needs the name at the gateway behind the gateway, zigbee2mqtt:GATEWAY/NAME (docs/senders.md)'
    """
    form, _, name = sender.partition(":")
    if form not in SENDER_FORMATS:
        near = get_close_matches(form.lower(), SENDER_FORMATS, 1, 0.6)
        meant = f" (did you mean {near[0]}?)" if near else ""
        return f"{sender}: {form!r} is no format of messages{meant}; write it as FORMAT:NAME, with one of {', '.join(SENDER_FORMATS)}"
    first, slash, rest = name.partition("/")
    if form == "native":
        # A part that is registered by itself stands behind a #.
        is_id = DEVICE_ID.match(name.partition("#")[0]) is not None
        return (
            None if is_id else f"{sender}: needs the id by which the device signs its topics, native:hall-1"
        )
    if slash and rest and (first or form != "owntracks"):
        return None
    parts = "USER/DEVICE" if form == "owntracks" else "GATEWAY/NAME"
    said = (
        "the device behind the user" if form == "owntracks" else "the name at the gateway behind the gateway"
    )
    return f"{sender}: needs {said}, {form}:{parts} (docs/senders.md)"


def folded(sender: str) -> str:
    """Return a sender's name without what two spellings of one name may differ in: case, and how marks are composed.

    Examples
    --------
    >>> folded("zigbee2mqtt:g1/Cafe\u0301") == folded("zigbee2mqtt:g1/caf\u00e9")
    True
    """
    return _FOLDED[sender]


def _folded(sender: str) -> str:
    return unicodedata.normalize("NFC", sender).casefold()


_FOLDED = TextCache(_folded, most=100_000)


def folded_model(model: str) -> str:
    """Return a model's name without what two spellings of it may differ in: case, width, spaces, hyphens and the like.

    Examples
    --------
    >>> folded_model("Browan TBDW-100") == folded_model("browan_tbdw100")
    True
    """
    return _BETWEEN_WORDS.sub("", unicodedata.normalize("NFKC", model).casefold())
