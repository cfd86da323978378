"""Who was passed over in their quiet hours is notified later: when nobody has answered by then. Pure, as the policy is."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.alert import Alert, Condition, Handling, Severity
from core.domain.notification import EscalationStep, EscalationStepKind
from detectors.alerting.reminders import FIRST_PAUSE


def with_quiet_hours_step(
    alert: Alert, ends: Collection[datetime], steps: Sequence[EscalationStep], now: datetime
) -> tuple[EscalationStep, ...]:
    """Return the escalation with the step that notifies those who were passed over, if the alert still waits for an answer.

    What should be checked soon waits only as long as those who were notified may take to answer, and then wakes everybody: quiet
    hours silence nothing that nobody takes on. What is worth an eye waits until the quiet hours end.

    Parameters
    ----------
    alert : Alert
        As it is now.
    ends : collection of datetime
        When the quiet hours of those passed over end.
    steps : sequence of EscalationStep
        As it is without them.
    now : datetime
        The moment of the decision.
    """
    before = next((step for step in steps if step.is_after_quiet_hours), None)
    is_waiting = alert.handling is Handling.OPEN and alert.condition is Condition.ACTIVE
    is_soon = alert.severity is Severity.CHECK_SOON
    if not ends or not steps or not is_waiting or (before is not None and (before.is_ahead or is_soon)):
        return tuple(steps)
    due_at = min(max(ends), now + FIRST_PAUSE[alert.severity]) if is_soon else min(ends)
    later = EscalationStep(
        EscalationStepKind.AFTER_QUIET_HOURS, 0, steps[0].cycle, due_at, executed_at=None, stopped_at=None
    )
    if before is None:
        return (*steps, later)
    return tuple(replace(later, cycle=step.cycle) if step is before else step for step in steps)
