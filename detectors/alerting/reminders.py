"""Everybody was notified and nobody answered: others are asked, in other words, until somebody does. Pure, as the policy is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from core.domain.alert import Alert, Condition, Handling, Severity
from core.domain.notification import EscalationStep, EscalationStepKind


class Asked(Enum):
    """Whom a reminder goes to."""

    WHO_KNOW = "who_know"
    """Everybody who was notified and has not said that they cannot go."""
    FAMILY = "family"
    """All of the family, also who could not go before."""
    CENTRE = "centre"
    """The centre alone: the family did not answer."""


@dataclass(frozen=True)
class ReminderRound:
    """How long after the step before it, and to whom."""

    pause: timedelta
    asked: Asked


# No two in a row go to the same people (our choice). What is less urgent is not repeated.
ROUNDS: Mapping[Severity, Sequence[ReminderRound]] = {
    Severity.EMERGENCY: (
        ReminderRound(timedelta(minutes=5), Asked.WHO_KNOW),
        ReminderRound(timedelta(minutes=10), Asked.FAMILY),
        ReminderRound(timedelta(minutes=20), Asked.CENTRE),
        ReminderRound(timedelta(hours=4), Asked.FAMILY),
        ReminderRound(timedelta(hours=8), Asked.CENTRE),
    ),
    Severity.CHECK_SOON: (
        ReminderRound(timedelta(minutes=30), Asked.WHO_KNOW),
        ReminderRound(timedelta(hours=2), Asked.CENTRE),
        ReminderRound(timedelta(hours=4), Asked.FAMILY),
    ),
}
FIRST_PAUSE = {severity: rounds[0].pause for severity, rounds in ROUNDS.items()}
# Then whoever knows is asked for the outcome, once a day.
_DAILY = ReminderRound(timedelta(days=1), Asked.WHO_KNOW)


def round_of(severity: Severity, number: int) -> ReminderRound:
    """Return the round of the reminder with so many before it."""
    rounds = ROUNDS.get(severity, ())
    return rounds[number] if number < len(rounds) else _DAILY


def with_reminder(alert: Alert, steps: Sequence[EscalationStep], now: datetime) -> tuple[EscalationStep, ...]:
    """Return the escalation with a reminder at its end, if nothing else is ahead and somebody still has to answer."""
    is_waiting = alert.handling is Handling.OPEN and alert.condition is Condition.ACTIVE
    if (
        alert.severity not in ROUNDS
        or not is_waiting
        or not steps
        or any(step.is_ahead and not step.is_after_quiet_hours for step in steps)
    ):
        return tuple(steps)
    number = sum(step.is_reminder for step in steps)
    return (
        *steps,
        EscalationStep(
            kind=EscalationStepKind.REMINDER,
            step=number,
            cycle=steps[0].cycle,
            due_at=now + round_of(alert.severity, number).pause,
            executed_at=None,
            stopped_at=None,
        ),
    )


def without_pending_reminders(steps: Sequence[EscalationStep]) -> tuple[EscalationStep, ...]:
    """Return the escalation without reminders that were never sent."""
    return tuple(step for step in steps if not step.is_reminder or step.executed_at is not None)
