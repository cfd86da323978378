"""Who is notified of what, and when: the consequences of everything that can happen to an alert. Pure: no clock, no database."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.alert import AlertEvent, Condition, EventKind, Handling, NotificationKind, Severity
from core.domain.escalation.audience import reached_by
from core.domain.escalation.policy import ABOVE, Recipients, TimedStep
from core.domain.escalation.state import EscalationPlan, EscalationState, PlannedNotification
from core.domain.notification import EscalationStep, EscalationStepKind
from core.domain.people import Contact
from detectors.alerting import limits
from detectors.alerting.companions import leading
from detectors.alerting.quiet_hours import with_quiet_hours_step
from detectors.alerting.reminders import (
    FIRST_PAUSE,
    Asked,
    round_of,
    went_up,
    with_reminder,
    without_pending_reminders,
)

# After the first, second ... failed attempt to deliver a message.
BACKOFF = (timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
# Then nobody waits for it any more; yet an alert that is still open is tried on at this pace, for so long.
LAST_PACE = timedelta(minutes=10)
LAST_HOPE = timedelta(hours=24)
# What may have arrived is sent once more after this, and not again.
UNKNOWN_BACKOFF = timedelta(minutes=2)


def consequences(event: AlertEvent, situation: EscalationState, now: datetime) -> EscalationPlan:
    """Return what follows from one event."""
    follow = _FOLLOWS.get(event.kind)
    if follow is None:
        return EscalationPlan((), tuple(situation.steps))
    return follow(event, situation, now)


def escalation(
    situation: EscalationState, now: datetime
) -> tuple[EscalationPlan, tuple[EscalationStep, ...]]:
    """Return what follows from the steps whose time has come, and which steps were taken; a handled alert's escalation stops."""
    alert = situation.alert
    is_led = leading(alert, situation.companions) is not None
    if alert.handling is not Handling.OPEN or alert.condition is not Condition.ACTIVE or is_led:
        return EscalationPlan((), _stopped(situation.steps, now)), ()
    planned, due, messages = _due(situation, now)
    taken = [replace(step, executed_at=now) if step in due else step for step in planned]
    steps = with_quiet_hours_step(alert, situation.quiet_ends, taken, now)
    # A step that reached nobody, or a turn where nobody is there at all, says nothing of anybody's share of the day.
    is_spent = not messages and any(step.is_reminder for step in due) and bool(_knowing(situation))
    whole = with_reminder(alert, steps, now, again=situation.again, is_spent=is_spent)
    return EscalationPlan(tuple(messages), whole), tuple(due)


def _due(
    situation: EscalationState, now: datetime
) -> tuple[list[EscalationStep], list[EscalationStep], list[PlannedNotification]]:
    """Return all steps, those whose time has come, and their messages; where these reach nobody any more, the next step has its time now."""
    steps = list(situation.steps)
    due = [step for step in steps if step.is_ahead and step.due_at <= now]
    messages = [message for step in due for message in _messages(step, situation)]
    if messages or all(step.is_after_quiet_hours for step in due):
        return steps, due, messages
    steps += _newly_there(due, situation, now)
    waiting = [step for step in steps if step.is_ahead and step.is_escalation and step not in due]
    for step in waiting:
        early = replace(step, due_at=now)
        steps[steps.index(step)] = early
        due.append(early)
        messages = _messages(early, situation)
        if messages:
            break
    return steps, due, messages


def _newly_there(
    due: Sequence[EscalationStep], situation: EscalationState, now: datetime
) -> list[EscalationStep]:
    """Return the steps that were left out when the alert opened, since nobody was there, and reach somebody by now.

    Where it was a turn that reached nobody, all who know had their share of the day: only desks above them are new.
    """
    known = {(step.kind, step.step) for step in situation.steps}
    cycle = situation.steps[0].cycle
    is_turn = not any(step.is_escalation for step in due)
    found = [
        EscalationStep(_kind_of(one), one.level, cycle, now + one.after, executed_at=None, stopped_at=None)
        for one in situation.timed
        if (_kind_of(one), one.level) not in known
    ]
    return [step for step in found if step.goes_up or not is_turn]


def _steps_from(event: AlertEvent, situation: EscalationState, now: datetime) -> list[EscalationStep]:
    """Return the escalation that begins with an event; where nobody is there, the moment at which it is looked again."""
    # Whoever calls again and again must not put off those who are asked next.
    goes_on = event.kind in {EventKind.REPEATED, EventKind.SEVERITY_RAISED}
    before = {(step.kind, step.step): step.due_at for step in situation.steps if goes_on and step.is_ahead}
    steps = [
        EscalationStep(
            kind=_kind_of(one),
            step=one.level,
            cycle=event.number,
            due_at=min(now + one.after, before.get((_kind_of(one), one.level), now + one.after)),
            executed_at=None if one.after else now,
            stopped_at=None,
        )
        for one in situation.timed
    ]
    severity = situation.alert.severity
    if not steps and severity in FIRST_PAUSE:
        # Nobody is there: somebody may be registered later, and is asked then.
        pause = FIRST_PAUSE[severity]
        kind = EscalationStepKind.REMINDER
        steps = [EscalationStep(kind, 0, event.number, now + pause, executed_at=None, stopped_at=None)]
    return steps


def _escalate(event: AlertEvent, situation: EscalationState, now: datetime) -> EscalationPlan:
    """Notify the first step at once and plan the others."""
    alert = situation.alert
    if alert.handling is Handling.CLOSED or leading(alert, situation.companions) is not None:
        return EscalationPlan((), _stopped(situation.steps, now))
    steps = _steps_from(event, situation, now)
    messages = [message for step in steps if step.executed_at for message in _openings(step, situation)]
    # Whoever was notified before must know that it is on again, even on a step that is not due.
    messages += [
        PlannedNotification(contact, NotificationKind.OPENING, str(event.number))
        for contact in sorted(_awake(_knowing(situation), situation))
        if contact not in {message.contact for message in messages}
    ]
    if alert.handling is not Handling.OPEN or alert.condition is not Condition.ACTIVE:
        return EscalationPlan(tuple(messages), _stopped(steps, now))
    whole = with_quiet_hours_step(alert, situation.quiet_ends, steps, now)
    return EscalationPlan(tuple(messages), with_reminder(alert, whole, now, again=situation.again))


def _clear(event: AlertEvent, situation: EscalationState, now: datetime) -> EscalationPlan:
    is_over = situation.alert.condition is Condition.CLEARED
    # While anything that belongs together with it goes on, there is no end to report.
    is_wanted = is_over and not situation.companions
    plan = _notify(NotificationKind.CLEARED, event, situation, is_wanted=is_wanted)
    return replace(plan, steps=_stopped(plan.steps, now)) if is_over else plan


def _claim(event: AlertEvent, situation: EscalationState, now: datetime) -> EscalationPlan:
    is_held = situation.alert.handling is Handling.CLAIMED
    # Who was notified of the end needs nobody who checks.
    is_on = situation.alert.condition is Condition.ACTIVE
    plan = _notify(NotificationKind.CLAIMED, event, situation, is_wanted=is_held and is_on)
    return replace(plan, steps=_stopped(plan.steps, now)) if is_held else plan


def _close(event: AlertEvent, situation: EscalationState, now: datetime) -> EscalationPlan:
    if situation.companions:
        # Something more urgent goes on: "safe" of a part would be read as the end of all.
        return EscalationPlan((), _stopped(situation.steps, now))
    plan = _notify(NotificationKind.CLOSED, event, situation, is_wanted=True)
    messages = [*plan.messages, *_for_the_centre(event, situation, {one.contact for one in plan.messages})]
    return EscalationPlan(tuple(messages), _stopped(plan.steps, now))


def _for_the_centre(
    event: AlertEvent, situation: EscalationState, notified: Collection[int]
) -> list[PlannedNotification]:
    """Notify the centre of what the family closed, also where it was not asked: it is the one who watches on."""
    did_it = _same_person(event, situation.contacts)
    centre = [
        one.number
        for one in situation.contacts
        if one.resident is None and one.desk is None and not one.is_duty_only
    ]
    if situation.alert.severity > Severity.CHECK_SOON or did_it.intersection(centre):
        return []
    is_by_family = any(one.number in did_it and one.resident is not None for one in situation.contacts)
    return [
        PlannedNotification(number, NotificationKind.CLOSED, str(event.number))
        for number in centre
        if is_by_family and number not in notified
    ]


def _resume(event: AlertEvent, situation: EscalationState, now: datetime) -> EscalationPlan:
    """Notify everybody that nobody is going any more, and escalate further: the next step at once."""
    alert = situation.alert
    is_led = leading(alert, situation.companions) is not None
    is_waiting = alert.handling is Handling.OPEN and alert.condition is Condition.ACTIVE and not is_led
    plan = _notify(NotificationKind.UNCLAIMED, event, situation, is_wanted=is_waiting)
    if not is_waiting:
        return plan
    steps = without_pending_reminders(situation.steps)
    again = _from_now_on(
        [step for step in steps if step.executed_at is None and step.is_escalation], situation, now
    )
    again |= {
        (step.kind, step.step): replace(step, stopped_at=None) for step in steps if step.is_after_quiet_hours
    }
    resumed = [again.get((step.kind, step.step), step) for step in steps]
    return replace(plan, steps=with_reminder(alert, resumed, now, again=situation.again))


def _from_now_on(
    ahead: Sequence[EscalationStep], situation: EscalationState, now: datetime
) -> dict[tuple[EscalationStepKind, int], EscalationStep]:
    """Return the steps ahead, the first of them now, each of the others after what the one before may take to answer."""
    waits = {(_kind_of(one), one.level): one.wait for one in situation.timed}
    usual = timedelta(minutes=situation.policy.steps[0].wait_min)
    found: dict[tuple[EscalationStepKind, int], EscalationStep] = {}
    due_at = now
    for step in ahead:
        found[step.kind, step.step] = replace(step, due_at=due_at, stopped_at=None)
        due_at += waits.get((step.kind, step.step), usual)
    return found


def _kind_of(step: TimedStep) -> EscalationStepKind:
    return EscalationStepKind(step.asked.value)


def _hurry(event: AlertEvent, situation: EscalationState, now: datetime) -> EscalationPlan:  # noqa: ARG001
    """Take the next step early if none of those already notified can be waited for."""
    hopes = [contact for contact in situation.awaited if contact not in situation.declined]
    if hopes:
        return EscalationPlan((), tuple(situation.steps))
    upcoming = next((step for step in situation.steps if step.is_ahead and not step.is_reminder), None)
    return EscalationPlan(
        (),
        tuple(
            replace(step, due_at=min(now, step.due_at)) if step is upcoming else step
            for step in situation.steps
        ),
    )


_FOLLOWS: Mapping[EventKind, Callable[[AlertEvent, EscalationState, datetime], EscalationPlan]] = {
    EventKind.OPENED: _escalate,
    EventKind.REACTIVATED: _escalate,
    EventKind.REOPENED: _escalate,
    EventKind.SEVERITY_RAISED: _escalate,
    EventKind.REPEATED: _escalate,
    EventKind.TOOK_OVER: _escalate,
    EventKind.CLEARED: _clear,
    EventKind.CLAIMED: _claim,
    EventKind.RELEASED: _resume,
    EventKind.EXPIRED: _resume,
    EventKind.CLOSED: _close,
    EventKind.DECLINED: _hurry,
    EventKind.DELIVERY_FAILED: _hurry,
}


def _messages(step: EscalationStep, situation: EscalationState) -> list[PlannedNotification]:
    if step.is_reminder:
        return _asked_again(step, situation)
    return _after_quiet_hours(step, situation) if step.is_after_quiet_hours else _openings(step, situation)


def _openings(step: EscalationStep, situation: EscalationState) -> list[PlannedNotification]:
    timed = TimedStep(Recipients(step.kind.value), step.step, timedelta(), timedelta())
    found = reached_by(timed, situation.asked, situation.contacts, situation.on_duty)
    return [_opening(step, contact) for contact in found]


def _after_quiet_hours(step: EscalationStep, situation: EscalationState) -> list[PlannedNotification]:
    """Notify those whom the escalation passed over: what should be checked soon to all, what is worth an eye to whom it concerns by day."""
    everybody = situation.concerned
    if situation.alert.severity is not Severity.CHECK_SOON:
        first = min((contact.step for contact in everybody), default=0)
        everybody = [contact for contact in situation.asked if contact.step == first]
    return [_opening(step, contact) for contact in everybody]


def _opening(step: EscalationStep, contact: Contact) -> PlannedNotification:
    # By the contact's own step: whoever was notified in this escalation is not notified once more.
    return PlannedNotification(contact.number, NotificationKind.OPENING, f"{step.cycle}.{contact.step}")


def _awake(numbers: set[int], situation: EscalationState) -> set[int]:
    """Return those who may be notified now; all of them in an emergency, or if nobody else could be notified."""
    if situation.alert.severity is Severity.EMERGENCY:
        return numbers
    return numbers - situation.quiet.keys() or numbers


def _knowing(situation: EscalationState) -> set[int]:
    """Return who was notified and may still be: somebody who is no contact any more receives nothing further."""
    return {contact.number for contact in situation.contacts} & set(situation.notified)


def _asked_again(step: EscalationStep, situation: EscalationState) -> list[PlannedNotification]:
    """Ask those whose turn it is; everybody who knows where there is nobody of these."""
    notified = _knowing(situation)
    family = {one.number for one in situation.contacts if one.resident is not None}
    above = {one.number for one in situation.contacts if one.desk in ABOVE}
    asked = round_of(
        situation.alert.severity, step.step, again=situation.again, goes_up=went_up(situation.steps)
    ).asked
    chosen = {
        Asked.WHO_KNOW: notified - set(situation.declined),
        Asked.FAMILY: notified & family,
        Asked.CENTRE: notified - family,
        Asked.ABOVE: notified & above,
        Asked.NEXT: _next_in_turn(notified, situation),
    }[asked]
    if asked is Asked.NEXT and notified and not chosen:
        return []  # Everybody has had their share of the day: whoever is new above them is asked, else it is looked again later.
    if not notified:
        # Nobody of those who know is a contact any more, or there never was one: whoever is there now is asked as for the first time.
        timed = situation.timed
        found = reached_by(timed[0], situation.asked, situation.contacts, situation.on_duty) if timed else ()
        return [_opening(step, contact) for contact in found]
    return [
        PlannedNotification(
            contact,
            # Whoever was sent an end, and had no message left when it began again, must learn that first.
            NotificationKind.OPENING
            if contact not in notified or limits.knows_of_an_end(contact, situation.sent)
            else NotificationKind.REMINDER,
            f"{step.cycle}.again.{step.step}",
        )
        for contact in sorted(_awake(chosen or notified, situation))
    ]


def _next_in_turn(notified: Collection[int], situation: EscalationState) -> set[int]:
    """Return the one whose turn it is, whoever was registered since among them; whoever said that they cannot go comes after all others."""
    there = {
        one.number
        for step in situation.timed
        for one in reached_by(step, situation.asked, situation.contacts, situation.on_duty)
        if one.desk is None
    }
    order = limits.next_in_turn(situation.alert, there.union(notified), situation.sent)
    return set(sorted(order, key=lambda number: number in situation.declined)[:1])


def _notify(
    kind: NotificationKind, event: AlertEvent, situation: EscalationState, *, is_wanted: bool
) -> EscalationPlan:
    """Notify everybody who was notified before, except whoever did it; when a claim expires its holder is notified too."""
    did_it = frozenset[int]() if event.kind is EventKind.EXPIRED else _same_person(event, situation.contacts)
    messages = [
        PlannedNotification(contact, kind, str(event.number))
        for contact in sorted(_knowing(situation))
        if contact not in did_it
    ]
    return EscalationPlan(tuple(messages) if is_wanted else (), tuple(situation.steps))


def _same_person(event: AlertEvent, contacts: Sequence[Contact]) -> frozenset[int]:
    users = {contact.user for contact in contacts if contact.number == event.contact} | {event.user}
    users.discard(None)
    return frozenset(
        contact.number for contact in contacts if contact.number == event.contact or contact.user in users
    )


def _stopped(steps: Sequence[EscalationStep], now: datetime) -> tuple[EscalationStep, ...]:
    return tuple(replace(step, stopped_at=now) if step.is_ahead else step for step in steps)
