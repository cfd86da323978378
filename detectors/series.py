"""Series of life signs and fixes for the rules, from what the store gives per device."""

from collections.abc import Sequence

import numpy as np

from core.store.windows import DeviceLifeSigns
from detectors.rules.judgement import LIFE_KINDS, LifeSigns, Track


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


def track(rows: Sequence[tuple[float, float, float, float]]) -> Track:
    """Return a track from rows of Unix seconds, latitude, longitude and accuracy."""
    values = np.array(rows, np.float64).reshape(-1, 4)
    return Track(values[:, 0], values[:, 1], values[:, 2], values[:, 3])
