"""What a device has to tell before it is put into a message."""

from typing import NamedTuple

Value = bool | int | float


class Sample(NamedTuple):
    """One value of one metric at one moment (Unix milliseconds); `device` is its place in the home's list."""

    time_ms: int
    device: int
    metric: str
    value: Value


class Position(NamedTuple):
    """Where a tracker says it is at one moment (Unix milliseconds), and how sure it is."""

    time_ms: int
    device: int
    lat: float
    lon: float
    accuracy_m: float
    speed_kmh: float
