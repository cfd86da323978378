"""Trying a profile on what a device sent: its messages in quarantine and what is stored of it; nothing is changed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.domain.evidence.device_profile import DeviceProfile
from core.domain.metrics import METRICS, METRICS_BY_NUMBER, Metric
from core.store.database import Connection
from core.store.telemetry import quarantine, readings
from core.store.telemetry.quarantine import Quarantined
from ingest.codecs import decode
from ingest.codecs.profile_reader import meant
from ingest.codecs.result import Decoded, Measured, Rejected
from ingest.processing.values import stored_value

# As far back as people remember what they pressed.
RECENT = timedelta(days=7)
_PAGE = 500
_MOST_MESSAGES = 10_000


@dataclass
class Trial:
    """What a profile would read.

    Attributes
    ----------
    messages : int
        How many of the device's messages wait in quarantine.
    read : Counter
        How often they would say what, as "sos true"; only what they do not say without the profile.
    refused : Counter
        Why some would stay, by reason and detail.
    unread : Counter
        Fields from which no value would be read.
    stored : Counter
        How often stored readings of the last week would have been something else, as "button single -> sos true".
    """

    messages: int = 0
    read: Counter[str] = field(default_factory=Counter[str])
    refused: Counter[str] = field(default_factory=Counter[str])
    unread: Counter[str] = field(default_factory=Counter[str])
    stored: Counter[str] = field(default_factory=Counter[str])


def try_profile(
    connection: Connection, profile: DeviceProfile, sender: str, device: int, now: datetime
) -> Trial:
    """Return what a profile would read of a device's messages in quarantine, and of its readings of the last week."""
    trial = Trial()
    for entry in _waiting(connection):
        without = decode(entry.topic, entry.payload)
        if isinstance(without, Decoded) and without.sender == sender:
            _try_message(trial, entry, without, profile)
    concerned = {METRICS[one.metric].number for one in profile.changed_readings}
    for metric, value, count in readings.values_of(connection, device, concerned, now - RECENT):
        _try_reading(trial, METRICS_BY_NUMBER[metric], value, count, profile)
    return trial


def _waiting(connection: Connection) -> Iterator[Quarantined]:
    before, left = None, _MOST_MESSAGES
    while left > 0:
        page = quarantine.listing(connection, limit=_PAGE, before=before)
        yield from page
        if len(page) < _PAGE:
            return
        before, left = page[-1].number, left - len(page)


def _try_message(trial: Trial, entry: Quarantined, without: Decoded, profile: DeviceProfile) -> None:
    trial.messages += 1
    result = decode(entry.topic, entry.payload, profile)
    if isinstance(result, Rejected):
        trial.refused[f"{result.reason}: {result.detail}"] += 1
        return
    before = {(one.metric, one.value) for one in without.readings}
    for one in result.readings:
        metric = METRICS.get(one.metric.partition("#")[0])
        if metric is None or (one.metric, one.value) in before:
            continue
        value = stored_value(metric, one.value)
        if isinstance(value, Rejected):
            trial.refused[f"{value.reason}: {value.detail}"] += 1
        else:
            trial.read[f"{one.metric} {_text(metric, value)}"] += 1
    trial.refused.update(f"{one.reason}: {one.detail}" for one in result.refused)
    trial.unread.update(result.unread)


def _try_reading(trial: Trial, metric: Metric, value: float, count: int, profile: DeviceProfile) -> None:
    said: float | bool | str = value
    if metric.words:
        said = metric.words[int(value)]
    elif metric.high == 1:
        said = bool(value)
    reading = Measured(metric.name, said)
    found = meant(reading, profile)
    if found is reading:
        return
    what = f"{metric.name} {_text(metric, value)}"
    if isinstance(found, Rejected):
        trial.refused[f"{found.reason}: {found.detail}"] += count
    elif found is None:
        trial.stored[f"{what} -> nothing"] += count
    else:
        new = METRICS[found.metric]
        now_is = stored_value(new, found.value)
        shown = now_is.detail if isinstance(now_is, Rejected) else _text(new, now_is)
        trial.stored[f"{what} -> {found.metric} {shown}"] += count


def _text(metric: Metric, value: float) -> str:
    if metric.words:
        return metric.words[int(value)]
    if metric.high == 1:
        return "true" if value else "false"
    return f"{value:g} {metric.unit}"
