"""What a codec gives: readings, fixes and what else a message says, or the reason why it says nothing we understand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from core.domain.device_proposal import NOT_DESCRIBED, ModelDescription, Proposed


class Measured(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """One value of one metric as the sender gave it.

    `metric` may end in `#channel` where a message carries several values of a metric. `time` is None where the value
    has no time of its own.
    """

    metric: str
    value: float | bool | str
    time: datetime | None = None


class Position(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A position as the sender gave it, WGS 84; `time` is None where it has none of its own."""

    lat: float
    lon: float
    time: datetime | None = None
    accuracy_m: float | None = None
    altitude_m: float | None = None
    speed_kmh: float | None = None
    course_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a message, or a part of it, was not understood.

    Attributes
    ----------
    reason : str
        A stable code such as `not_json`; docs/senders.md lists them all.
    detail : str
        A sentence for a technician: what is wrong and where. It holds no position.
    field : str
        Of an unclear call: the field that speaks of it, without its value unless the sender's format lists that.
    """

    reason: str
    detail: str
    field: str = ""


UNCLEAR_CALL = "unclear_call"
"""The reason of what looks like a call for help, a hazard or an alarm, and is not understood."""


def unclear_call(field: str, detail: str) -> Rejected:
    """Return the reason for a field that looks like a call and is not understood."""
    return Rejected(UNCLEAR_CALL, detail, field)


UNCLEAR_COMPONENT = "unclear_component"
"""The reason of what may be a door, a movement or a press, also one for help, where the message does not say which."""


def unclear_component(field: str, what: str) -> Rejected:
    """Return the reason for a part of a device of which nobody but its owner knows what it is; `what` begins the sentence."""
    detail = f"{what} may be a door, a movement or a press, also one for help; the message does not say which"
    return Rejected(UNCLEAR_COMPONENT, detail, field)


@dataclass(frozen=True, slots=True)
class ProposedDevice:
    """A device that somebody may want to register, as a gateway described it."""

    sender: str
    name: str
    model: str
    description: Mapping[str, object]
    address: str = ""
    described: ModelDescription = NOT_DESCRIBED

    @property
    def kept(self) -> Proposed:
        """What is stored of it: nothing but what helps to register the device."""
        word = self.description.get("device_class")
        classes = frozenset({word}) if isinstance(word, str) and word else frozenset[str]()
        return Proposed(self.sender, self.name, self.model, classes, self.address, self.described)


class Decoded(msgspec.Struct, gc=False):
    """What a message says.

    Attributes
    ----------
    sender : str
        Under which name the device is registered; empty if the message is about no device.
    name : str
        What the sender calls itself inside its format.
    readings, fixes : sequence
        What was measured.
    time : datetime or None
        When, for every value that has no time of its own; None where the message does not say.
    calls_at : datetime or None
        When its calls and hazards count that have no time of their own; None where that is `time`.
    local_time : datetime or None
        The same where the sender gave a time of the wall without an offset; naive.
    seq : int
        The number the device gave to the message; 0 if it numbers none.
    sent_at : datetime or None
        The device's clock when it sent the message.
    last_seq : int or None
        The newest number the device says it has used.
    notes : dict
        What else the message says, by the names of docs/senders.md.
    proposals : sequence of Proposal
        Devices described by the message.
    refused : list of Rejected
        Parts that were not understood; the rest is good.
    unread : list of str
        The fields, by their names in the message, that no value was read from.
    """

    sender: str
    name: str
    readings: Sequence[Measured] = ()
    fixes: Sequence[Position] = ()
    time: datetime | None = None
    calls_at: datetime | None = None
    local_time: datetime | None = None
    seq: int = 0
    sent_at: datetime | None = None
    last_seq: int | None = None
    notes: dict[str, object] = {}
    proposals: Sequence[ProposedDevice] = ()
    refused: list[Rejected] = []
    unread: list[str] = []


# A message that is well formed and holds nothing about a person or a device: a command, a log line, a list of groups.
def nothing(name: str = "") -> Decoded:
    """Return the result for a message that is understood and holds nothing to store."""
    return Decoded(sender="", name=name)
