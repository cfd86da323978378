"""Trying rules and settings on a resident's past: what is asked for, and how it goes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.sensitivity import Sensitivity

# Rules that can be tried, in the order in which they are offered. Calls for help, equipment and slow change are not among them: the
# first are told whatever is set, the others only to the staff.
TRIED_RULES = (
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
)
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
    """The resident is not watched for a whole day yet."""
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
