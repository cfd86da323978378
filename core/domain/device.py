"""Devices: what they are, and how they are called."""

import re
from datetime import timedelta
from enum import StrEnum

# Ends with \Z, because $ would accept a trailing newline. Slashes and spaces occur in names that
# Zigbee2MQTT and phones choose, so those names are part of a device's sender, never its id.
DEVICE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
# A device is silent once it missed this many heartbeats, and never before the least.
MISSED_HEARTBEATS = 3
LEAST_SILENCE = timedelta(minutes=10)


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
