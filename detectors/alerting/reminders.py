"""Everybody was notified and nobody answered: those who know are asked again, ever more slowly, until somebody does. Pure, as the policy is."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.domain.alert import Alert, Condition, Handling, Severity
from core.domain.notification import EscalationStep, EscalationStepKind

# After the last step; each further pause is twice as long, up to the longest. What is less urgent is not repeated.
FIRST_PAUSE = {Severity.EMERGENCY: timedelta(minutes=5), Severity.CHECK_SOON: timedelta(minutes=30)}
LONGEST_PAUSE = {Severity.EMERGENCY: timedelta(hours=1), Severity.CHECK_SOON: timedelta(hours=4)}
_MOST_DOUBLINGS = 10


def with_reminder(alert: Alert, steps: Sequence[EscalationStep], now: datetime) -> tuple[EscalationStep, ...]:
    """Return the escalation with a reminder at its end, if nothing else is ahead and somebody still has to answer."""
    is_waiting = alert.handling is Handling.OPEN and alert.condition is Condition.ACTIVE
    if (
        alert.severity not in FIRST_PAUSE
        or not is_waiting
        or not steps
        or any(step.is_ahead and not step.is_after_quiet_hours for step in steps)
    ):
        return tuple(steps)
    number = sum(step.is_reminder for step in steps)
    pause = FIRST_PAUSE[alert.severity] * 2 ** min(number, _MOST_DOUBLINGS)
    return (
        *steps,
        EscalationStep(
            kind=EscalationStepKind.REMINDER,
            step=number,
            cycle=steps[0].cycle,
            due_at=now + min(pause, LONGEST_PAUSE[alert.severity]),
            executed_at=None,
            stopped_at=None,
        ),
    )


def without_pending_reminders(steps: Sequence[EscalationStep]) -> tuple[EscalationStep, ...]:
    """Return the escalation without reminders that were never sent."""
    return tuple(step for step in steps if not step.is_reminder or step.executed_at is not None)
