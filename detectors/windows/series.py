"""Series of life signs and fixes for the rules, from what the store gives per device."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.domain.device import DeviceKind
from core.domain.metrics import HUMIDITY_PCT, METRICS_BY_NUMBER, NEAR_HOME, POWER_W, TEMPERATURE_C
from core.store.telemetry.metric_series import Series
from core.store.telemetry.occupancies import OccupancyChanges
from core.store.telemetry.rule_windows import DeviceLifeSigns
from detectors.features.chatter import EVEN_LEAST, chatters, spells
from detectors.features.stuck_patterns import CHATTER_BREAK_S
from detectors.features.window import LIFE_KINDS, LifeSigns, Occupancy, Power, RoomSeries, Track

_HUMIDITY_HOLDS_S = 3600.0
# A sensor that chatters makes no such pause.
_PAUSE_S = 1800.0
SURE_WITHIN_S = 10 * 3600.0
"""What a device reported is put down to chatter at most so long before that was sure."""
_CONTACTS = frozenset({DeviceKind.DOOR, DeviceKind.FRIDGE})


def merged(devices: Sequence[DeviceLifeSigns]) -> LifeSigns:
    """Return the life signs of all devices in order of time, each once."""
    places = tuple(sorted({device.place for device in devices}))
    counts = [len(device.times) for device in devices]
    kind = np.repeat(np.array([LIFE_KINDS.index(one.kind) for one in devices], np.int8), counts)
    place = np.repeat(np.array([places.index(one.place) for one in devices], np.int16), counts)
    time = np.concatenate([np.array(one.times, np.float64) for one in devices] or [np.empty(0)])
    order = np.lexsort((place, kind, time))
    time, kind, place = time[order], kind[order], place[order]
    repeated = np.zeros(len(time), np.bool_)
    repeated[1:] = (np.diff(time) == 0) & (np.diff(kind) == 0) & (np.diff(place) == 0)
    return LifeSigns(time[~repeated], kind[~repeated], place[~repeated], places)


def times_of(devices: Sequence[DeviceLifeSigns], device: int) -> NDArray[np.float64]:
    """Return when one device gave life signs, in order of time."""
    times = (np.array(one.times, np.float64) for one in devices if one.device == device)
    return np.unique(np.concatenate([np.empty(0), *times]))


def believed(devices: Sequence[DeviceLifeSigns], at: float | None = None) -> list[DeviceLifeSigns]:
    """Return the life signs without those that devices reported while they chattered.

    With a moment `at` (Unix seconds), a device that chatters at that moment is left out whole: what is usual is then learned from the
    others alone, because only they will be received.
    """
    found: list[DeviceLifeSigns] = []
    for device in devices:
        times, flags = _chatter(device)
        if not flags.any():
            found.append(device)
        elif at is None or not _lasts(times, flags, at):
            found.append(replace(device, times=times[~flags].tolist()))
    return found


def chattering(devices: Sequence[DeviceLifeSigns], at: float) -> frozenset[int]:
    """Return which devices chatter at a moment (Unix seconds); what comes later is not looked at."""
    found: set[int] = set()
    for device in devices:
        times, flags = _chatter(device, until=at)
        if flags.any() and _lasts(times, flags, at):
            found.add(device.device)
    return frozenset(found)


def disbelieved(devices: Sequence[DeviceLifeSigns]) -> list[tuple[float, float]]:
    """Return when a device chattered, in Unix seconds: from the first of the signs without a pause that led to it."""
    found: list[tuple[float, float]] = []
    for device in devices:
        times, flags = _chatter(device)
        pauses = np.append(-np.inf, times[1:][np.diff(times) > _PAUSE_S])
        for sure, last, _ in spells(times, flags):
            first = float(pauses[np.searchsorted(pauses, sure, side="right") - 1])
            found.append((max(first, sure - SURE_WITHIN_S), last))
    return found


def _chatter(device: DeviceLifeSigns, until: float = np.inf) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the life signs of a device up to a moment, in order, and of each whether it chattered; none if it cannot have."""
    if device.sees_stillness or len(device.times) <= EVEN_LEAST:
        return np.zeros(0), np.zeros(0, np.bool_)
    times = np.sort(np.array(device.times, np.float64))
    times = times[times <= until]
    return times, chatters(times, is_contact=device.kind in _CONTACTS, hold_s=device.hold_s)


def _lasts(times: NDArray[np.float64], flags: NDArray[np.bool_], at: float) -> bool:
    return bool(flags[-1]) and at - float(times[-1]) <= CHATTER_BREAK_S


def track(rows: Sequence[tuple[float, float, float, float]]) -> Track:
    """Return a track from rows of Unix seconds, latitude, longitude and accuracy."""
    values = np.array(rows, np.float64).reshape(-1, 4)
    return Track(values[:, 0], values[:, 1], values[:, 2], values[:, 3])


def room_series(rows: Sequence[Series]) -> list[RoomSeries]:
    """Return the climate of each room: temperatures with the last humidity of the same room in the hour before."""
    found: list[RoomSeries] = []
    for place in sorted({one.place for one in rows if one.metric == TEMPERATURE_C.name}):
        time, temperature = _joined(rows, place, TEMPERATURE_C.name)
        damp_time, damp = _joined(rows, place, HUMIDITY_PCT.name)
        humidity = np.full(len(time), np.nan)
        # A thermometer sends both in one message, so the humidity of the same moment counts.
        last = np.searchsorted(damp_time, time, side="right") - 1
        known = last >= 0
        known[known] = time[known] - damp_time[last[known]] <= _HUMIDITY_HOLDS_S
        humidity[known] = damp[last[known]]
        found.append(RoomSeries(place, time, temperature, humidity))
    return found


def power_series(rows: Sequence[Series]) -> list[Power]:
    """Return what each plug drew; the power of anything else says nothing about a person."""
    return [
        Power(one.device, one.place, np.array(one.times, np.float64), np.array(one.values, np.float64))
        for one in rows
        if one.metric == POWER_W.name and one.kind is DeviceKind.PLUG
    ]


def occupancy_series(rows: Sequence[OccupancyChanges]) -> list[Occupancy]:
    """Return when each part of a device saw somebody, from the changes that the store gives."""
    found: list[Occupancy] = []
    for row in rows:
        began: list[float] = []
        ended: list[float] = []
        for time, is_there in zip(row.times, row.is_there, strict=True):
            if len(ended) < len(began):
                ended.append(time)
            if is_there:
                began.append(time)
        ended += [np.inf] * (len(began) - len(ended))
        part = ".".join(filter(None, (str(row.device), METRICS_BY_NUMBER[row.metric].name, row.channel)))
        found.append(Occupancy(part, row.place, np.array(began, np.float64), np.array(ended, np.float64)))
    return found


def near_home(rows: Sequence[Series]) -> NDArray[np.float64]:
    """Return when the home's gateway received a tracker, in order."""
    contacts = [
        np.array(one.times, np.float64)[np.array(one.values, np.float64) > 0]
        for one in rows
        if one.metric == NEAR_HOME.name
    ]
    return np.sort(np.concatenate([np.zeros(0), *contacts]))


def _joined(
    rows: Sequence[Series], place: str, metric: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    chosen = [one for one in rows if one.place == place and one.metric == metric]
    time = np.concatenate([np.array(one.times, np.float64) for one in chosen] or [np.empty(0)])
    value = np.concatenate([np.array(one.values, np.float64) for one in chosen] or [np.empty(0)])
    order = np.lexsort((value, time))
    return time[order], value[order]


def signs_after(signs: LifeSigns, moment: datetime) -> LifeSigns:
    """Return the life signs after a moment."""
    first = int(np.searchsorted(signs.time, moment.timestamp(), side="right"))
    return LifeSigns(signs.time[first:], signs.kind[first:], signs.place[first:], signs.places)


def since_of(room: RoomSeries, since: datetime) -> RoomSeries:
    """Return a room's climate from a moment on."""
    first = int(np.searchsorted(room.time, since.timestamp(), side="right"))
    return RoomSeries(room.place, room.time[first:], room.temperature_c[first:], room.humidity_pct[first:])
