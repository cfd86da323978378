"""Trying rules and settings on a resident's past: what is asked for, and how it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.metrics import CALLS
from core.domain.sensitivity import Sensitivity

# Rules that can be tried, in the order in which they are offered. Those about the person are all tried unless some are named.
RULES_ABOUT_PERSON = (
    "inactivity",
    "late_morning",
    "restless_night",
    "bathroom_stay",
    "appliance_unused",
    "appliance_left_on",
    "heat",
    "cold",
    "not_returned",
    "night_exit",
    "absence_not_taken",
    "geofence_exit",
    "wandering",
    "left_behind",
    "decline",
)
RULES_ABOUT_EQUIPMENT = ("device_stuck", "battery")
TRIED_RULES = (*RULES_ABOUT_PERSON, *RULES_ABOUT_EQUIPMENT)
_CALL = "every call for help is told, whatever is set; those that came are in the list of alerts"
_HEARD = "it goes by when each device was last heard, of which only the newest is kept; what it told is in the list of alerts"
_WARD = "it is about the whole ward or a neighbourhood, not about one resident"
NOT_TRIED: Mapping[str, str] = {
    **dict.fromkeys(CALLS, _CALL),
    **dict.fromkeys(("home_silent", "device_silent"), _HEARD),
    **dict.fromkeys(("ward_silent", "area_silent", "canary_silent", "stray_sos"), _WARD),
}
"""Why the other rules cannot be tried."""
LONGEST_WEEKS = 26
MOST_LABELS = 200
# So many of each resident are kept, and so many may wait.
KEPT, MOST_OPEN = 20, 3
# A request that ended its worker so often is given up.
MOST_ATTEMPTS = 3


class BacktestState(StrEnum):
    """How far a backtest is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class BacktestProblem(StrEnum):
    """Why a backtest failed."""

    NO_PAST = "no_past"
    """Less than a whole day is stored about the resident."""
    STOPPED = "stopped"
    """It was begun several times, and each time the process ended."""
    FAULT = "fault"
    """A fault of ours; the log says what it was."""


@dataclass(frozen=True)
class Label:
    """Something that really happened: when it began, and what it was."""

    began_at: datetime
    what: str


@dataclass(frozen=True)
class BacktestWish:
    """What is to be tried.

    Attributes
    ----------
    weeks : int
        How far back.
    rules : tuple of str
        Only these; all that are asked about the resident if it is empty.
    sensitivities : tuple of Sensitivity
        Settings to try beside the one that is in force.
    budget : float or None
        At most so many alerts in 30 days: every setting is tried, and one proposed.
    labels : tuple of Label
        What really happened; if it is empty, what people closed as real.
    """

    weeks: int = 8
    rules: tuple[str, ...] = ()
    sensitivities: tuple[Sensitivity, ...] = ()
    budget: float | None = None
    labels: tuple[Label, ...] = ()
