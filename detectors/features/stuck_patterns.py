"""How a sensor gets stuck: it chatters, stays in one state, freezes at one value, or says nothing; each a spell with its beginning and end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import metrics
from core.domain.device import DeviceKind
from core.domain.metrics import StuckCheck, checked_for
from detectors.features.chatter import chatters, spells

# All limits are our choice. What is said is compared with the device's own last days before it began.
BASELINE_S = 10 * 86_400.0
BASELINE_DAYS = 3
BEYOND_BASELINE = 2.0
LONGEST_LIMIT_S = 6 * 86_400.0
# Chatter counts from its first sign that is believed no longer, and is the same while it comes back within so long.
CHATTERS_S, CHATTER_BREAK_S = 6 * 3600.0, 2 * 3600.0
# "On" for so long without an end.
LASTS_S = {
    metrics.MOTION.name: 12 * 3600.0,
    metrics.CONTACT_OPEN.name: 12 * 3600.0,
    metrics.BED_OCCUPIED.name: 20 * 3600.0,
    metrics.PRESENCE.name: 24 * 3600.0,
}
# The same temperature to the last digit, so often.
FROZEN_S, FROZEN_LEAST = 16 * 3600.0, 24
# Nothing at all, from a sensor that speaks every day; doors stay shut for days when somebody stays in.
MUTE_S, MUTE_LEAST_DAYS, MUTE_PER_DAY = 36 * 3600.0, 6, 4.0
MUTE_CONTACT_S, BEYOND_BASELINE_CONTACT = 72 * 3600.0, 3.0
MUTE_LEAST_QUARTERS = 30
# Meanwhile others report life in so many quarters of an hour a day.
LIVES_PER_DAY = 8.0
_QUARTER_S = 900.0
# A device that said anything so short ago is in contact.
REPORTED_WITHIN_S = 12 * 3600.0
# What is checked, and what only says that a device is in contact.
METRICS = (
    *(one.name for one in metrics.METRICS.values() if one.stuck_check),
    *(one.name for one in (metrics.BATTERY_PCT, metrics.LINK_QUALITY, metrics.HEARTBEAT)),
)
_CHATTER, _LASTING = checked_for(StuckCheck.CHATTER), checked_for(StuckCheck.LASTING)
_FROZEN, _ACTS = checked_for(StuckCheck.FROZEN), checked_for(StuckCheck.MUTE)
# Both ways of a door are its use, of the others only "on".
_CONTACTS = (metrics.CONTACT_OPEN.name, metrics.CONTACT_USED.name)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReportedMetric:
    """One metric of one device: Unix seconds in order and values, shape (n,)."""

    metric: str
    time: Floats
    value: Floats


@dataclass(frozen=True)
class Sensor:
    """What a device reported; `has_heartbeat` or `has_status` if its silence would be noticed by another rule.

    `hold_s` is after how long it reports the next movement while somebody moves, None where its profile does not say.
    """

    device: int
    kind: DeviceKind
    place: str
    reported: Sequence[ReportedMetric]
    has_heartbeat: bool = False
    has_status: bool = False
    hold_s: float | None = None


@dataclass(frozen=True)
class StuckSpell:
    """A time in which a device was stuck: from when, from when on it is sure, and until when (None: it lasts)."""

    cause: str
    began: float
    known: float
    ended: float | None
    baseline_s: float


def stuck_spells(sensor: Sensor, others: Floats, until: float) -> Iterator[StuckSpell]:
    """Return the spells in which a device was stuck, up to a moment; `others` are the quarters of an hour in which others reported life."""
    acts = _acts(sensor)
    yield from _chatter(sensor)
    for reported in sensor.reported:
        if reported.metric in _LASTING and sensor.kind is not DeviceKind.OTHER:
            yield from _lasting(reported, others, until)
        elif reported.metric in _FROZEN:
            yield from _frozen(reported)
    yield from _mute(sensor, acts, others, until)


def _chatter(sensor: Sensor) -> Iterator[StuckSpell]:
    for reported in sensor.reported:
        if reported.metric not in _CHATTER:
            continue
        is_contact = reported.metric in _CONTACTS
        signs = reported.time if is_contact else reported.time[reported.value > 0]
        found = spells(signs, chatters(signs, is_contact=is_contact, hold_s=sensor.hold_s))
        joined: list[tuple[float, float, float | None]] = []
        for began, last, ended in found:
            if joined and began - joined[-1][1] <= CHATTER_BREAK_S:
                joined[-1] = (joined[-1][0], last, ended)
            else:
                joined.append((began, last, ended))
        for began, last, ended in joined:
            over = ended if ended is None or ended - last > CHATTER_BREAK_S else _calm(signs, last)
            yield StuckSpell("chatter", began, began + CHATTERS_S, over, 0.0)


def _calm(signs: Floats, last: float) -> float | None:
    """Return from when on a device that chattered last at a moment is calm; None if that is not seen yet."""
    calm = last + CHATTER_BREAK_S
    return calm if len(signs) and signs[-1] >= calm else None


def _lasting(reported: ReportedMetric, others: Floats, until: float) -> Iterator[StuckSpell]:
    """Return when a state lasted too long: from its first word that says so to the next that says otherwise."""
    is_on = reported.value > 0
    if not len(is_on) or is_on.all():
        return
    edges = np.flatnonzero(np.diff(is_on.astype(np.int8), prepend=0, append=0))
    begins = reported.time[edges[::2]]
    ends = np.append(reported.time, np.inf)[edges[1::2]]
    # Most are over long before the shortest limit.
    for number in np.flatnonzero(np.minimum(ends, until) - begins >= LASTS_S[reported.metric]).tolist():
        began, ended = float(begins[number]), float(ends[number])
        before = (begins < began) & (begins >= began - BASELINE_S)
        if not _has_past(reported.time, began):
            continue
        baseline = float(np.max((ends - begins)[before], initial=0.0))
        known = began + _limit(LASTS_S[reported.metric], baseline)
        if min(ended, until) >= known and _lives(others, began, known) >= LIVES_PER_DAY:
            yield StuckSpell("lasting", began, known, None if ended == np.inf else ended, baseline)


def _frozen(reported: ReportedMetric) -> Iterator[StuckSpell]:
    if not len(reported.time):
        return
    first = np.flatnonzero(np.diff(reported.value, prepend=np.nan) != 0)
    last = np.append(first[1:], len(reported.time)) - 1
    began, lasted = reported.time[first], reported.time[last] - reported.time[first]
    for number in np.flatnonzero((lasted >= FROZEN_S) & (last - first + 1 >= FROZEN_LEAST)).tolist():
        start = float(began[number])
        before = (began < start) & (began >= start - BASELINE_S)
        if not _has_past(reported.time, start):
            continue
        baseline = float(np.max(lasted[before], initial=0.0))
        known = max(
            start + _limit(FROZEN_S, baseline), float(reported.time[first[number] + FROZEN_LEAST - 1])
        )
        if float(reported.time[last[number]]) >= known:
            after = last[number] + 1
            yield StuckSpell(
                "frozen",
                start,
                known,
                float(reported.time[after]) if after < len(reported.time) else None,
                baseline,
            )


def _mute(sensor: Sensor, acts: Floats, others: Floats, until: float) -> Iterator[StuckSpell]:
    """Return when a sensor said nothing while others went on: its silences are measured in their quarters of an hour."""
    is_contact = any(reported.metric in _CONTACTS for reported in sensor.reported)
    least_s, beyond = (MUTE_CONTACT_S, BEYOND_BASELINE_CONTACT) if is_contact else (MUTE_S, BEYOND_BASELINE)
    ends = np.append(acts[1:], np.inf)[: len(acts)]
    others_before = np.searchsorted(others, acts)
    for number in np.flatnonzero(np.minimum(ends, until) - acts >= least_s).tolist():
        began, ended = float(acts[number]), float(ends[number])
        first = int(np.searchsorted(acts, began - BASELINE_S))
        past = acts[first : number + 1]
        days = np.unique(np.floor((began - past) / 86_400.0))
        if len(days) < MUTE_LEAST_DAYS or len(past) / (BASELINE_S / 86_400.0) < MUTE_PER_DAY:
            continue
        baseline = int(np.max(np.diff(others_before[first : number + 1]), initial=0))
        enough = int(others_before[number]) + max(MUTE_LEAST_QUARTERS, int(np.ceil(beyond * baseline)))
        if enough >= len(others):
            continue
        known = max(began + least_s, float(others[enough]) + _QUARTER_S)
        if known > min(ended, until, began + LONGEST_LIMIT_S):
            continue
        if not sensor.has_heartbeat or _has_reported(sensor, known):
            longest_s = float(np.max(np.diff(past), initial=0.0))
            yield StuckSpell("mute", began, known, None if ended == np.inf else ended, longest_s)


def _limit(least_s: float, baseline_s: float) -> float:
    return min(max(least_s, BEYOND_BASELINE * baseline_s), LONGEST_LIMIT_S)


def _has_past(time_: Floats, began: float) -> bool:
    return bool(len(time_)) and began - float(time_[0]) >= BASELINE_DAYS * 86_400.0


def _has_reported(sensor: Sensor, at: float) -> bool:
    return any(
        bool(np.any((reported.time > at - REPORTED_WITHIN_S) & (reported.time <= at)))
        for reported in sensor.reported
    )


def _acts(sensor: Sensor) -> Floats:
    """Return when a device reported that somebody acted."""
    times = [
        reported.time if reported.metric in _CONTACTS else reported.time[reported.value > 0]
        for reported in sensor.reported
        if reported.metric in _ACTS
    ]
    return np.unique(np.concatenate(times)) if times else np.zeros(0)


def lively(sensor: Sensor) -> Floats:
    """Return the quarters of an hour in which a sensor reports life; not while it chatters."""
    quarters = [np.zeros(0)]
    for reported in sensor.reported:
        if reported.metric in _ACTS:
            is_contact = reported.metric in _CONTACTS
            signs = reported.time if is_contact else reported.time[reported.value > 0]
            calm = signs[~chatters(signs, is_contact=is_contact, hold_s=sensor.hold_s)]
            quarters.append(np.floor(calm / _QUARTER_S) * _QUARTER_S)
    return np.unique(np.concatenate(quarters))


def _lives(others: Floats, began: float, ended: float) -> float:
    """Return in how many quarters of an hour a day the others reported life."""
    count = np.searchsorted(others, ended) - np.searchsorted(others, began)
    return float(count) / max((ended - began) / 86_400.0, 1e-9)
