"""What a device reports, before it is put into a message."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Value = bool | int | float
_KINDS = (bool, int, float)


class Sample(NamedTuple):
    """One value of one metric at one moment (Unix milliseconds); `device` is its place in the home's list."""

    time_ms: int
    device: int
    metric: str
    value: Value


class SimPosition(NamedTuple):
    """Where a tracker says it is at one moment (Unix milliseconds), and how sure it is."""

    time_ms: int
    device: int
    lat: float
    lon: float
    accuracy_m: float
    speed_kmh: float


@dataclass(frozen=True)
class HomeDay:
    """What a home's devices report from the resident's getting up to the next, in the order of time.

    Attributes
    ----------
    begin_ms, end_ms : int
        From when to when, Unix milliseconds; the next day begins where this ends.
    online : tuple of (int, bool)
        When the home's gateway went dark (False) and came back (True).
    """

    begin_ms: int
    end_ms: int
    samples: tuple[Sample, ...]
    positions: tuple[SimPosition, ...]
    online: tuple[tuple[int, bool], ...]


def packed(samples: Sequence[Sample]) -> Iterator[Sample]:
    """Return an iterator over samples that holds them in a tenth of their space."""
    metrics = list(dict.fromkeys(item.metric for item in samples))
    numbers = {metric: number for number, metric in enumerate(metrics)}
    times = array("q", [item.time_ms for item in samples])
    devices = array("H", [item.device for item in samples])
    names = array("B", [numbers[item.metric] for item in samples])
    values = array("d", [item.value for item in samples])
    # The kinds of number are kept apart, since they are written differently.
    kinds = array("B", [_KINDS.index(type(item.value)) for item in samples])

    def unpacked() -> Iterator[Sample]:
        for time_ms, device, name, value, kind in zip(times, devices, names, values, kinds, strict=True):
            yield Sample(time_ms, device, metrics[name], _KINDS[kind](value))

    return unpacked()
