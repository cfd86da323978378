"""What every rule is: asked about a span of time with a window of what happened, it gives an evaluation.

A rule evaluates *time*, not messages: it is asked what there is to say about the span from `since` to `until`, from readings
ordered by the time they happened. So the same data give the same findings whether they came live, late, repeated, or in one batch
(ADR 2). A rule object holds its settings and what it learned about one resident; it has no clock, database, network or settings.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.domain.alert import Finding
from detectors.features.window import Window


@dataclass(frozen=True)
class ComingAlarm:
    """An alarm that will be raised at `alarm_at` unless something happens, about what began at `began_at`."""

    began_at: datetime
    alarm_at: datetime


@dataclass(frozen=True)
class Evaluation:
    """What a rule says about the time up to `until`.

    Attributes
    ----------
    findings : tuple of Finding
        All episodes that were raised, or still held, in the evaluated span, in order of time.
    due_at : datetime or None
        The next moment at which the answer can change without a new reading; None if only a reading can change it. Not after
        `until` if something is held back until it is decided elsewhere.
    can_tell : bool
        False where the rule could not evaluate (blind, too little data): neither "all is well" nor "something is wrong".
    is_different : bool
        True where nothing is raised yet but it soon will be: a little different from the usual.
    coming : ComingAlarm or None
        What is raised next without a new reading, so that somebody may be asked before; None where that is not said.
    """

    findings: tuple[Finding, ...]
    due_at: datetime | None
    can_tell: bool
    is_different: bool = False
    coming: ComingAlarm | None = None


class Rule(Protocol):
    """A rule with its settings and what it learned: pure, without clock, database, network or settings."""

    @property
    def name(self) -> str:
        """The name that its findings carry."""
        ...

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        ...
