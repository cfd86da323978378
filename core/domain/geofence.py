"""Geofences: a shape on the ground and the hours in which it holds."""

from dataclasses import dataclass
from datetime import datetime, time


@dataclass(frozen=True)
class Circle:
    """A circle: centre in WGS 84 degrees, radius in metres."""

    lat: float
    lon: float
    radius_m: float


@dataclass(frozen=True)
class Polygon:
    """A simple polygon: (lat, lon) corners in order, not closed, WGS 84 degrees."""

    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Hours:
    """When a geofence holds, in the home's zone.

    `days` are weekdays on which a window starts (Monday 0). A window whose end is not after its start runs over midnight into
    the next day; equal start and end mean the whole day.
    """

    days: frozenset[int]
    start: time
    end: time


ALWAYS = Hours(frozenset(range(7)), time(0), time(0))


@dataclass(frozen=True)
class Geofence:
    """The area a resident is expected to stay in while `hours` hold; nothing is judged before `created_at`."""

    number: int
    resident: int
    name: str
    shape: Circle | Polygon
    hours: Hours
    created_at: datetime | None = None
