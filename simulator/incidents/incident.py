"""What goes wrong on purpose: one thing of a scenario, bound to a home, and when it happens there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import ceil

from simulator.local_days import DAY_S, LocalDay

WindowS = tuple[float, float]
_SHORTEST_EVERY_MS = 10_000


class IncidentKind(StrEnum):
    """What can be made to happen; `simulator.incidents.kinds` says of each what it is and what should follow."""

    DOES_NOT_GET_UP = "does_not_get_up"
    SOS = "sos"
    LEAVES_AREA = "leaves_area"
    NIGHT_EXIT = "night_exit"
    GATEWAY_DIES = "gateway_dies"
    WARD_SILENT = "ward_silent"
    COLLAPSE = "collapse"
    BATHROOM_FALL = "bathroom_fall"
    WANDERS = "wanders"
    DOES_NOT_RETURN = "does_not_return"
    TRACKER_LEFT = "tracker_left"
    MISSES_DAY_SERVICE = "misses_day_service"
    KETTLE_LEFT_ON = "kettle_left_on"
    ROOM_HOT = "room_hot"
    ROOM_COLD = "room_cold"
    DECLINES = "declines"
    ILL = "ill"
    SLEEPS_IN = "sleeps_in"
    LONG_NAP = "long_nap"
    TRAVELS = "travels"
    PLANNED_JOURNEY = "planned_journey"
    VISITOR = "visitor"
    PET = "pet"
    LINE_CUT = "line_cut"
    POWER_CUT = "power_cut"
    BROKER_AWAY = "broker_away"
    BATTERY_DIES = "battery_dies"
    SENSOR_STUCK = "sensor_stuck"
    LOSS = "loss"
    DELAY = "delay"
    DUPLICATES = "duplicates"
    REORDER = "reorder"
    CLOCK_OFF = "clock_off"
    CLOCK_DRIFT = "clock_drift"
    RETAINED = "retained"
    BRIDGE_RESTARTS = "bridge_restarts"
    RADAR_REPEATS = "radar_repeats"
    MOTION_HELD = "motion_held"
    STATUS_ANSWERS = "status_answers"
    AVAILABILITY_PINGS = "availability_pings"
    UPDATE_CHECKS = "update_checks"


ON_FOOT = frozenset({IncidentKind.LEAVES_AREA, IncidentKind.NIGHT_EXIT, IncidentKind.WANDERS})
# What a device measures meanwhile is lost. Of a gateway only what hangs on it.
SILENCING = frozenset({IncidentKind.GATEWAY_DIES, IncidentKind.POWER_CUT, IncidentKind.WARD_SILENT})
# A state is said again although nothing happened.
SAYS_AGAIN = frozenset(
    {
        IncidentKind.BRIDGE_RESTARTS,
        IncidentKind.MOTION_HELD,
        IncidentKind.STATUS_ANSWERS,
        IncidentKind.AVAILABILITY_PINGS,
        IncidentKind.UPDATE_CHECKS,
    }
)
AWAY_FOR_DAYS = frozenset({IncidentKind.TRAVELS, IncidentKind.PLANNED_JOURNEY})
LYING = frozenset({IncidentKind.COLLAPSE, IncidentKind.BATHROOM_FALL})


@dataclass(frozen=True)
class Incident:
    """One thing that happens.

    Attributes
    ----------
    resident : str
        Key of the resident it happens to, or whose home it happens in; empty for the whole ward.
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
    pattern : str
        How somebody wanders, see `simulator.town.wandering_route.Pattern`.
    device : str
        The place (`kitchen`) or kind (`tracker`) of the devices concerned; empty for all of the home.
    temperature_c : float
        Where the temperature of the rooms goes.
    share : float
        Which part of the messages it strikes, or by which part somebody does less; 0 to 1.
    seconds : float
        How late messages come, how far a clock is off or drifts in a day, or after how long something regular comes again.
    """

    kind: IncidentKind
    resident: str
    first: date
    at_s: float
    for_s: float
    every_days: int
    distance_m: float = 0.0
    pattern: str = ""
    device: str = ""
    temperature_c: float = 0.0
    share: float = 1.0
    seconds: float = 0.0

    def is_on(self, day: LocalDay) -> bool:
        """Return whether it begins on a day."""
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

    def windows_s(self, day: LocalDay) -> list[WindowS]:
        """Return from when to when it lasts, for each time that may touch `day` or the night after it.

        Seconds are on the wall clock after midnight of `day` and may lie before it.
        """
        starts = [
            self.at_s - back * DAY_S
            for back in self._days_back(day)
            if self.is_on(day.next() if back < 0 else day.before(back))
        ]
        return [(start, start + self.for_s) for start in starts]

    def windows_ms(self, day: LocalDay) -> list[tuple[int, int]]:
        """Return the same in Unix milliseconds."""
        return [(day.ms(from_s), day.ms(until_s)) for from_s, until_s in self.windows_s(day)]

    def repeats_ms(self, day: LocalDay) -> list[int]:
        """Return when something regular comes meanwhile, every so many seconds; Unix milliseconds, of each time that may touch `day`."""
        every_ms = max(round(1000 * abs(self.seconds)), _SHORTEST_EVERY_MS)
        return [
            time_ms
            for from_ms, until_ms in self.windows_ms(day)
            for time_ms in range(from_ms, until_ms, every_ms)
        ]

    def _days_back(self, day: LocalDay) -> Iterable[int]:
        longest = ceil((self.at_s + self.for_s) / DAY_S)
        if self.every_days:
            return range(-1, longest + 1)
        # Once only: no need to look through the weeks of something long.
        passed = (day.date - self.first).days
        return (passed,) if -1 <= passed <= longest else ()


def of_kind(incidents: Iterable[Incident], *kinds: IncidentKind) -> tuple[Incident, ...]:
    """Return the incidents of these kinds."""
    return tuple(incident for incident in incidents if incident.kind in kinds)
