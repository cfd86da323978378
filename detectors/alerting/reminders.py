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
    """Whoever is not of the family: the centre, and the desks above it that were notified."""
    ABOVE = "above"
    """The desks above the resident's office alone."""
    NEXT = "next"
    """One person: whoever may still get a message today and was sent the last one longest ago."""


@dataclass(frozen=True)
class ReminderRound:
    """How long after the step before it, and to whom."""

    pause: timedelta
    asked: Asked


# No two in a row go to the same people (our choice). What is less urgent is not repeated.
_FIRST_IN_EMERGENCY = (
    ReminderRound(timedelta(minutes=5), Asked.WHO_KNOW),
    ReminderRound(timedelta(minutes=10), Asked.FAMILY),
    ReminderRound(timedelta(minutes=20), Asked.CENTRE),
)
# An emergency with no desk above goes on at this pace, one person after the other, never more slowly (our choice: with three people for
# an hour and a half). When everybody has had their share of the day it is looked every hour who may be asked again.
_NEXT_IN_EMERGENCY = ReminderRound(timedelta(minutes=20), Asked.NEXT)
_LOOKS_AGAIN = timedelta(hours=1)
ROUNDS: Mapping[Severity, Sequence[ReminderRound]] = {
    Severity.EMERGENCY: _FIRST_IN_EMERGENCY,
    Severity.CHECK_SOON: (
        ReminderRound(timedelta(minutes=30), Asked.WHO_KNOW),
        ReminderRound(timedelta(hours=2), Asked.CENTRE),
        ReminderRound(timedelta(hours=4), Asked.FAMILY),
    ),
}
# An emergency that has gone up stays there: after the first rounds the desks above are asked every hour until somebody takes it on,
# and in place of them now and then the family or everybody else (our choice).
_UP_PAUSE = timedelta(hours=1)
_UP_TURNS = (*(Asked.ABOVE,) * 3, Asked.FAMILY, *(Asked.ABOVE,) * 3, Asked.CENTRE)
# Where the policy says how often, they take turns, once each: nobody reads the fifth message of an hour, and it would be missing later.
_TURNS = (Asked.WHO_KNOW, Asked.FAMILY, Asked.CENTRE)
FIRST_PAUSE = {severity: rounds[0].pause for severity, rounds in ROUNDS.items()}
# Then whoever knows is asked for the outcome of what is no emergency, once a day.
_DAILY = ReminderRound(timedelta(days=1), Asked.WHO_KNOW)


def went_up(steps: Sequence[EscalationStep]) -> bool:
    """Return whether an escalation asks desks above the resident's office."""
    return any(step.goes_up for step in steps)


def round_of(
    severity: Severity, number: int, *, again: timedelta | None = None, goes_up: bool = False
) -> ReminderRound:
    """Return the round of the reminder with so many before it.

    Parameters
    ----------
    severity : Severity
        Of the alert.
    number : int
        How many reminders came before.
    again : timedelta or None
        The pause before the first three that the policy asks for; None: as the service does it by itself.
    goes_up : bool
        Whether desks above the resident's office are among those notified.
    """
    if again is not None and number < len(_TURNS):
        return ReminderRound(again, _TURNS[number])
    if goes_up and severity is Severity.EMERGENCY:
        if number < len(_FIRST_IN_EMERGENCY):
            return _FIRST_IN_EMERGENCY[number]
        return ReminderRound(_UP_PAUSE, _UP_TURNS[(number - len(_FIRST_IN_EMERGENCY)) % len(_UP_TURNS)])
    rounds = ROUNDS.get(severity, ())
    last = _NEXT_IN_EMERGENCY if severity is Severity.EMERGENCY else _DAILY
    return rounds[number] if number < len(rounds) else last


def with_reminder(
    alert: Alert,
    steps: Sequence[EscalationStep],
    now: datetime,
    *,
    again: timedelta | None = None,
    is_spent: bool = False,
) -> tuple[EscalationStep, ...]:
    """Return the escalation with a reminder at its end, if nothing else is ahead and somebody still has to answer.

    Of the reminders that were sent the last is kept: an emergency that nobody answers for days would gather hundreds. With
    `is_spent` the turn that was just taken found that everybody has had their share of the day.
    """
    is_waiting = alert.handling is Handling.OPEN and alert.condition is Condition.ACTIVE
    if (
        alert.severity not in ROUNDS
        or not is_waiting
        or not steps
        or any(step.is_ahead and not step.is_after_quiet_hours for step in steps)
    ):
        return tuple(steps)
    before = max((step for step in steps if step.is_reminder), key=lambda step: step.step, default=None)
    number = 0 if before is None else before.step + 1
    pause = round_of(alert.severity, number, again=again, goes_up=went_up(steps)).pause
    return (
        *(step for step in steps if not step.is_reminder or step is before),
        EscalationStep(
            kind=EscalationStepKind.REMINDER,
            step=number,
            cycle=steps[0].cycle,
            due_at=now + (max(pause, _LOOKS_AGAIN) if is_spent else pause),
            executed_at=None,
            stopped_at=None,
        ),
    )


def without_pending_reminders(steps: Sequence[EscalationStep]) -> tuple[EscalationStep, ...]:
    """Return the escalation without reminders that were never sent."""
    return tuple(step for step in steps if not step.is_reminder or step.executed_at is not None)
