"""Devices that a gateway describes: proposed for registration, registered only by a person."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.domain.device import DEVICE_ID, DeviceKind
from core.domain.evidence.device_profile import ProfileField
from core.domain.evidence.single_state import pulse_profile
from core.domain.metrics import CONTACT_OPEN, MOTION

# Home Assistant's device classes, the most specific ones first: a motion sensor also has a battery and a temperature.
_KINDS = (
    (DeviceKind.TRACKER, {"tracker", "device_tracker"}),
    (DeviceKind.MOTION, {"motion", "occupancy", "presence"}),
    (DeviceKind.DOOR, {"door", "garage_door", "opening", "window"}),
    (DeviceKind.BUTTON, {"button", "action", "safety"}),
    (DeviceKind.PLUG, {"outlet", "power", "energy", "current"}),
    (DeviceKind.CLIMATE, {"temperature", "humidity", "carbon_dioxide"}),
)
# What a device of a kind may say without ever saying its end.
_MAY_LACK_ITS_END = {DeviceKind.MOTION: MOTION, DeviceKind.DOOR: CONTACT_OPEN}
_OTHER_CHARACTERS = re.compile(r"[^a-z0-9_-]+")
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What is read of the messages of a device model, as far as it describes itself.

    Attributes
    ----------
    understood : tuple of str
        Values that are read, as "fall_status: fall_warning -> fall".
    unread : tuple of str
        Fields, or values of theirs, that are not.
    fields : tuple of ProfileField
        What has to be known to read the others right.
    """

    understood: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    fields: tuple[ProfileField, ...] = ()

    def with_more(self, other: "ModelDescription") -> "ModelDescription":
        """Return what both say; of two fields of one name the newer counts."""
        newer = {(one.field, one.metric, one.channel) for one in other.fields}
        kept = (one for one in self.fields if (one.field, one.metric, one.channel) not in newer)
        return ModelDescription(
            tuple(dict.fromkeys((*self.understood, *other.understood))),
            tuple(dict.fromkeys((*self.unread, *other.unread))),
            (*kept, *other.fields),
        )


NOT_DESCRIBED = ModelDescription()


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a gateway said of a device.

    Attributes
    ----------
    sender : str
        Under which name its messages come.
    name, model : str
        What the gateway calls it, and what it is.
    device_classes : frozenset of str
        What it measures, in Home Assistant's words.
    address : str
        What it keeps whatever it is called: the address of its radio; empty where the gateway does not say.
    described : ModelDescription
        What is read of its messages.
    """

    sender: str
    name: str
    model: str
    device_classes: frozenset[str]
    address: str = ""
    described: ModelDescription = NOT_DESCRIBED


@dataclass(frozen=True)
class DeviceProposal:
    """A device that waits for somebody to register it."""

    number: int
    sender: str
    name: str
    model: str
    device_classes: tuple[str, ...]
    first_seen_at: datetime
    last_seen_at: datetime
    address: str = ""
    described: ModelDescription = NOT_DESCRIBED

    @property
    def kind(self) -> DeviceKind:
        """What it seems to be."""
        return likely_kind(self.device_classes)

    @property
    def pulse_profile(self) -> str | None:
        """The profile to follow if it never says the end of a movement; None where that is no question."""
        metric = _MAY_LACK_ITS_END.get(self.kind)
        if metric is None or any(one.metric == metric.name and one.evidence for one in self.described.fields):
            return None
        return pulse_profile(metric)

    @property
    def device_id(self) -> str | None:
        """An id made of its name; None where nothing of the name can stand in an id."""
        made = _OTHER_CHARACTERS.sub("-", self.name.lower()).strip("-_")[:_LONGEST_ID]
        return made if DEVICE_ID.match(made) else None


def likely_kind(device_classes: Iterable[str]) -> DeviceKind:
    """Return what a device is that measures these.

    Examples
    --------
    >>> likely_kind(["battery", "temperature", "motion"])
    <DeviceKind.MOTION: 'motion'>
    >>> likely_kind(["battery"])
    <DeviceKind.OTHER: 'other'>
    """
    found = set(device_classes)
    return next((kind for kind, classes in _KINDS if classes & found), DeviceKind.OTHER)
