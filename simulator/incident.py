"""What goes wrong on purpose: the kinds of incident a scenario can hold, and when each happens in a home."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import ceil

from simulator.days import DAY_S, LocalDay


class IncidentKind(StrEnum):
    """What can be made to happen."""

    DOES_NOT_GET_UP = "does_not_get_up"
    """The resident lies still from the usual getting up until somebody comes."""
    SOS = "sos"
    """The resident presses the button."""
    LEAVES_AREA = "leaves_area"
    """The resident walks out of the area by day, farther than any geofence, and comes back."""
    NIGHT_EXIT = "night_exit"
    """The same at night, out of bed."""
    GATEWAY_DIES = "gateway_dies"
    """The home's gateway goes dark; what its sensors measure meanwhile is lost."""
    WARD_SILENT = "ward_silent"
    """Nothing arrives from any home, as when a carrier or a data centre fails."""


OF_THE_WARD = frozenset({IncidentKind.WARD_SILENT})
ON_FOOT = frozenset({IncidentKind.LEAVES_AREA, IncidentKind.NIGHT_EXIT})
LINE_CUT = frozenset({IncidentKind.GATEWAY_DIES, IncidentKind.WARD_SILENT})


@dataclass(frozen=True)
class Incident:
    """One thing that happens.

    Attributes
    ----------
    resident : str
        Key of the resident it happens to; empty for the whole ward.
    first : date
        The local day on which it happens.
    at_s : float
        Seconds after midnight of that day; for `does_not_get_up` the last stirring in bed, if later than getting up.
    for_s : float
        How long it lasts.
    every_days : int
        Repeats after so many days; 0 for once.
    distance_m : float
        How far somebody walks.
    """

    kind: IncidentKind
    resident: str
    first: date
    at_s: float
    for_s: float
    every_days: int
    distance_m: float

    def is_on(self, day: LocalDay) -> bool:
        """Tell whether it happens on a day."""
        passed = (day.date - self.first).days
        if self.every_days == 0:
            return passed == 0
        return passed >= 0 and passed % self.every_days == 0

    def starts_s(self, day: LocalDay, begin_s: float, end_s: float) -> list[float]:
        """Return when it starts between `begin_s` and `end_s`, both in seconds after midnight of `day`."""
        candidates = ((0.0, day), (DAY_S, day.next()))
        return [
            shift + self.at_s
            for shift, clock_day in candidates
            if self.is_on(clock_day) and begin_s <= shift + self.at_s < end_s
        ]

    def windows_ms(self, day: LocalDay) -> list[tuple[int, int]]:
        """Return from when to when it lasts, for each time that may touch `day` or the night after it."""
        windows: list[tuple[int, int]] = []
        for back in range(-1, ceil(self.for_s / DAY_S) + 1):
            clock_day = day.next() if back < 0 else day.before(back)
            if self.is_on(clock_day):
                windows.append((clock_day.ms(self.at_s), clock_day.ms(self.at_s + self.for_s)))
        return windows
