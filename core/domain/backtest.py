"""Trying rules and settings on a resident's past: what is asked for, and how it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.rule_spec import Family
from core.domain.rules import RULES
from core.domain.sensitivity import Sensitivity

# Rules that can be tried, in the order in which they are offered. Those about the person are all tried unless some are named.
_TRIED = tuple(rule for rule in RULES.values() if not rule.not_in_backtest)
RULES_ABOUT_PERSON = tuple(rule.name for rule in _TRIED if rule.family is not Family.EQUIPMENT)
RULES_ABOUT_EQUIPMENT = tuple(rule.name for rule in _TRIED if rule.family is Family.EQUIPMENT)
TRIED_RULES = (*RULES_ABOUT_PERSON, *RULES_ABOUT_EQUIPMENT)
NOT_TRIED: Mapping[str, str] = {
    rule.name: rule.not_in_backtest for rule in RULES.values() if rule.not_in_backtest
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
    """Something that really happened: when it began, and what it was.

    `until` is up to when an alert is about it, where that is known: of an alert that people closed as real, when its episode ended, or when they
    closed it. A silence of a night is raised many hours after the last movement.
    """

    began_at: datetime
    what: str
    until: datetime | None = None


@dataclass(frozen=True)
class BacktestSettings:
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
