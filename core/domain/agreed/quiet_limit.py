"""Quiet limits: how long a part of a home may give no sign in which hours, as somebody set it for one resident."""

from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from core.domain.geofence import Hours, minutes_of_week

SHORTEST_MIN, LONGEST_MIN = 30, 24 * 60
"""Between which lengths a limit lies: nobody is seen every few minutes, and each day is evaluated by itself (our choice)."""


@dataclass(frozen=True)
class QuietLimit:
    """Nothing in a room, from one device or in the whole home for so long between two times of day is raised.

    Attributes
    ----------
    number, resident : int
        Its key, and whose it is.
    place : str
        The room that must give a sign, or where the device is; empty for the whole home.
    device : int or None
        The number of the device that must give a sign.
    kind : str
        The kind of the device; empty without one.
    quiet_min : int
        After so many minutes it is raised, from `SHORTEST_MIN` to `LONGEST_MIN` and no longer than the hours.
    hours : Hours
        When it holds, in the home's zone. A silence is counted from their beginning at the earliest.
    created_at : datetime or None
        Nothing is counted before; None where it is tried on the days before it was set.
    watched_since : datetime or None
        Since when a device is there that can give the sign, and nothing is counted before; None where none is now, or on those days.
    """

    number: int
    resident: int
    place: str
    device: int | None
    kind: str
    quiet_min: int
    hours: Hours
    created_at: datetime | None = None
    watched_since: datetime | None = None


def overlapping(limits: list[QuietLimit]) -> tuple[QuietLimit, QuietLimit] | None:
    """Return two limits about the same thing whose hours overlap, None if there are none: of these one would be raised twice."""
    for one, other in combinations(limits, 2):
        is_same = one.device == other.device and (one.device is not None or one.place == other.place)
        if is_same and not minutes_of_week(one.hours).isdisjoint(minutes_of_week(other.hours)):
            return one, other
    return None
