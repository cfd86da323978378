"""Devices: sensors, trackers and gateways, and to which home and resident they belong over time."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Ends with \Z, because $ would accept a trailing newline. Slashes and spaces occur in names that
# Zigbee2MQTT and phones choose, so those names are stored as `sender_name`, never as the id.
DEVICE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")


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


@dataclass(frozen=True)
class Device:
    """A registered device.

    Attributes
    ----------
    number : int
        The database's key.
    device_id : str
        Printed on the label, used in native topics; matches `DEVICE_ID`.
    sender : str
        How its messages come: the codec and the name it has there, for example `native:hall-1`,
        `zigbee2mqtt:g12/hallway_motion`, `owntracks:hanako/pixel7`. Unique.
    kind : DeviceKind
        What it is.
    place : str
        The room or the thing it is on: `kitchen`, `front_door`; empty for a tracker.
    heartbeat : timedelta or None
        The longest time between two messages of a healthy device; None where it has no heartbeat.
    gateway_id : str or None
        The gateway whose prefix and credential it publishes under.
    """

    number: int
    device_id: str
    sender: str
    kind: DeviceKind
    place: str
    model: str
    heartbeat: timedelta | None
    gateway_id: str | None


@dataclass(frozen=True)
class Assignment:
    """Where a device was from `since` up to, not including, `until` (None: still)."""

    device: int
    home: int
    resident: int | None
    since: datetime
    until: datetime | None
