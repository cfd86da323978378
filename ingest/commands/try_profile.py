"""Trying a profile on what devices sent: their messages in quarantine and what is stored of them; nothing is changed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import structs

from core.domain.device import folded
from core.domain.evidence.device_profile import DeviceProfile, with_meaning
from core.domain.evidence.profile_trial import MOST_LINES, MOST_MESSAGES
from core.domain.metrics import METRICS, METRICS_BY_NUMBER, CallPriority, Metric
from core.store.database import Connection
from core.store.devices.profile_trials import TriedDevice
from core.store.storable_text import storable
from core.store.telemetry import quarantine, readings
from core.store.telemetry.quarantine import Quarantined
from ingest.codecs import decode
from ingest.codecs.profile_reader import meant, with_meanings
from ingest.codecs.result import Decoded, Measured, Rejected
from ingest.processing.values import stored_value

# As far back as people remember what they pressed.
RECENT = timedelta(days=7)
_PAGE = 500
_LONGEST_NAME = 60
# Of so many devices stored readings are looked at before the time is looked at again.
_DEVICES_AT_ONCE = 50
_NOTHING = "nothing"


@dataclass(frozen=True)
class Said:
    """What something would be read as, and `was` before, as "button single"; without a metric: as nothing."""

    metric: str
    value: str
    was: str = ""

    @property
    def is_call(self) -> bool:
        """Whether it would call somebody."""
        metric = METRICS.get(self.metric.partition("#")[0])
        return metric is not None and metric.call is not CallPriority.NONE and self.value == "true"

    def __str__(self) -> str:
        """Return it as "sos true", or "button single -> sos true"."""
        now_is = f"{self.metric} {self.value}" if self.metric else self.value
        return f"{self.was} -> {now_is}" if self.was else now_is


@dataclass
class DeviceTally:
    """One device of a trial: how many of its messages wait, and of how many of these more would be read."""

    device: TriedDevice
    profile: DeviceProfile
    messages: int = 0
    read_messages: int = 0

    @property
    def whole(self) -> str:
        """The sender of its messages; of a part that is registered by itself, that of the whole."""
        return self.device.sender.partition("#")[0]

    @property
    def part(self) -> str:
        """The channel that is registered by itself; empty for the device as a whole."""
        return self.device.sender.partition("#")[2]


@dataclass
class Trial:
    """What a profile would read.

    Attributes
    ----------
    devices : list of DeviceTally
        On whose messages it was tried, with how many of them wait.
    looked_at : int
        How many of the newest messages in quarantine were looked at, of whichever device.
    is_whole : bool
        Whether these are all that wait.
    is_stored_whole : bool
        Whether stored readings of all the devices were looked at.
    read : Counter
        How often they would say what; only what they do not say without the profile.
    refused : Counter
        Why some would stay, by reason and detail.
    unread : Counter
        Fields from which no value would be read.
    stored : Counter
        How often stored readings of the last week would have been something else.
    """

    devices: list[DeviceTally] = field(default_factory=list[DeviceTally])
    looked_at: int = 0
    is_whole: bool = True
    is_stored_whole: bool = True
    read: Counter[Said] = field(default_factory=Counter[Said])
    refused: Counter[str] = field(default_factory=Counter[str])
    unread: Counter[str] = field(default_factory=Counter[str])
    stored: Counter[Said] = field(default_factory=Counter[Said])

    @property
    def messages(self) -> int:
        """How many of the messages are of these devices."""
        return sum(one.messages for one in self.devices)

    @property
    def read_messages(self) -> int:
        """Of how many of these something would be read that is not read without the profile."""
        return sum(one.read_messages for one in self.devices)


def try_profile(
    connection: Connection,
    profile: DeviceProfile,
    devices: Sequence[TriedDevice],
    now: datetime,
    *,
    must_end: Callable[[], bool] = lambda: False,
) -> Trial:
    """Return what a profile would read of messages of devices in quarantine, and of their readings of the last week.

    What the presses or states of each mean in its home stays. Once `must_end` says so, no further message is looked at.
    """
    # As ingest reads once they follow it.
    trial = Trial([DeviceTally(one, with_meaning(profile, one.meaning) or profile) for one in devices])
    by_sender: dict[str, list[DeviceTally]] = {}
    for one in trial.devices:
        by_sender.setdefault(folded(one.whole), []).append(one)
    for entry in _waiting(connection):
        if trial.looked_at == MOST_MESSAGES or must_end():
            trial.is_whole = False
            break
        trial.looked_at += 1
        without = decode(entry.topic, entry.payload)
        if isinstance(without, Decoded):
            for one in by_sender.get(folded(without.sender), ()):
                _try_message(trial, one, entry, without)
    _try_stored(connection, trial, now - RECENT, must_end)
    return trial


def as_bounded_body(trial: Trial) -> dict[str, object]:
    """Return what was found for the pages: the commonest values and names of fields, and no word of a message beside these."""
    refused: Counter[str] = Counter()
    for what, count in trial.refused.items():
        # What follows may be what the device said.
        refused[what.partition(":")[0]] += count
    return {
        "device_count": len(trial.devices),
        "devices": [
            {
                "sender": storable(one.device.sender),
                "device_id": one.device.device_id,
                "messages": one.messages,
                "read_messages": one.read_messages,
            }
            for one in sorted(trial.devices, key=lambda one: -one.messages)[:MOST_LINES]
        ],
        "looked_at": trial.looked_at,
        "is_whole": trial.is_whole,
        "is_stored_whole": trial.is_stored_whole,
        "messages": trial.messages,
        "read_messages": trial.read_messages,
        "read": _lines(trial.read),
        "stored": _lines(trial.stored),
        "refused": [{"reason": what, "count": count} for what, count in refused.most_common(MOST_LINES)],
        "unread": [
            {"field": storable(name)[:_LONGEST_NAME], "count": count}
            for name, count in trial.unread.most_common(MOST_LINES)
        ],
    }


def _lines(found: Counter[Said]) -> list[dict[str, object]]:
    # A call that came once stands before a temperature that came often.
    first = sorted(found.items(), key=lambda one: (not one[0].is_call, -one[1]))
    return [
        {"was": one.was, "metric": one.metric, "value": one.value, "is_call": one.is_call, "count": count}
        for one, count in first[:MOST_LINES]
    ]


def _waiting(connection: Connection) -> Iterator[Quarantined]:
    before = None
    while page := quarantine.listing(connection, limit=_PAGE, before=before):
        yield from page
        before = page[-1].number


def _try_message(trial: Trial, tried: DeviceTally, entry: Quarantined, without: Decoded) -> None:
    if tried.part:
        result = _of_part(without, tried.part)
        before = _said(result)
        again: Decoded | Rejected = with_meanings(result, tried.profile)
    else:
        before = _said(without)
        again = decode(entry.topic, entry.payload, tried.profile)
    tried.messages += 1
    if isinstance(again, Rejected):
        trial.refused[f"{again.reason}: {again.detail}"] += 1
        return
    is_read = False
    for one in again.readings:
        metric = METRICS.get(one.metric.partition("#")[0])
        if metric is None or (one.metric, one.value) in before:
            continue
        value = stored_value(metric, one.value)
        if isinstance(value, Rejected):
            trial.refused[f"{value.reason}: {value.detail}"] += 1
        else:
            trial.read[Said(one.metric, _text(metric, value))] += 1
            is_read = True
    tried.read_messages += is_read
    trial.refused.update(f"{one.reason}: {one.detail}" for one in again.refused)
    trial.unread.update(again.unread)


def _said(result: Decoded) -> set[tuple[str, object]]:
    return {(one.metric, one.value) for one in result.readings}


def _of_part(result: Decoded, channel: str) -> Decoded:
    """Return what a message says of one part of its device, as the device itself that the part is registered as."""
    own = [one for one in result.readings if one.metric.partition("#")[2] == channel]
    readings = [Measured(one.metric.partition("#")[0], one.value, one.time) for one in own]
    return structs.replace(result, readings=readings)


def _try_stored(connection: Connection, trial: Trial, since: datetime, must_end: Callable[[], bool]) -> None:
    of_profile: dict[DeviceProfile, list[int]] = {}
    for one in trial.devices:
        if one.device.number is not None:
            of_profile.setdefault(one.profile, []).append(one.device.number)
    is_begun = False
    for profile, numbers in of_profile.items():
        concerned = {METRICS[one.metric].number for one in profile.changed_readings}
        for place in range(0, len(numbers), _DEVICES_AT_ONCE):
            if is_begun and must_end():
                trial.is_stored_whole = False
                return
            is_begun = True
            some = numbers[place : place + _DEVICES_AT_ONCE]
            for metric, channel, value, count in readings.values_of(connection, some, concerned, since):
                stored = Measured(_named(METRICS_BY_NUMBER[metric], channel), value)
                _try_reading(trial, stored, count, profile)


def _named(metric: Metric, channel: str) -> str:
    return f"{metric.name}#{channel}" if channel else metric.name


def _try_reading(trial: Trial, stored: Measured, count: int, profile: DeviceProfile) -> None:
    metric, value = METRICS[stored.metric.partition("#")[0]], float(stored.value)
    reading = stored
    if metric.words:
        reading = Measured(stored.metric, metric.words[int(value)])
    elif metric.high == 1:
        reading = Measured(stored.metric, bool(value))
    found = meant(reading, profile)
    if found is reading:
        return
    what = f"{stored.metric} {_text(metric, value)}"
    if isinstance(found, Rejected):
        trial.refused[f"{found.reason}: {found.detail}"] += count
    elif found is None:
        trial.stored[Said("", _NOTHING, what)] += count
    else:
        new = METRICS[found.metric.partition("#")[0]]
        now_is = stored_value(new, found.value)
        shown = now_is.detail if isinstance(now_is, Rejected) else _text(new, now_is)
        trial.stored[Said(found.metric, shown, what)] += count


def _text(metric: Metric, value: float) -> str:
    if metric.words:
        return metric.words[int(value)]
    if metric.high == 1:
        return "true" if value else "false"
    return f"{value:g} {metric.unit}"
