"""Who is notified of what, and when: the consequences of everything that can happen to an alert. Pure: no clock, no database."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.domain.alert import Alert, AlertEvent, Condition, EventKind, Handling, NotificationKind, Severity
from core.domain.notification import EscalationStep, EscalationStepKind
from core.domain.people import Contact
from core.domain.rules import is_for_staff
from detectors.alerting.companions import leading
from detectors.alerting.quiet_hours import with_quiet_hours_step
from detectors.alerting.reminders import Asked, round_of, with_reminder, without_pending_reminders

# How long one step waits for an answer before the next is taken; what is less urgent has no second step.
STEP_WAIT = {Severity.EMERGENCY: timedelta(minutes=2), Severity.CHECK_SOON: timedelta(minutes=10)}
# After the first, second ... failed attempt to deliver a message.
BACKOFF = (timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
# Then nobody waits for it any more; yet an alert that is still open is tried on at this pace, for so long.
LAST_PACE = timedelta(minutes=10)
LAST_HOPE = timedelta(hours=24)
# What may have arrived is sent once more after this, and not again.
UNKNOWN_BACKOFF = timedelta(minutes=2)


@dataclass(frozen=True)
class PlannedNotification:
    """One message to put into the outbox; the same `key` for the same contact and kind is written once."""

    contact: int
    kind: NotificationKind
    key: str


@dataclass(frozen=True)
class EscalationState:
    """What is known when an event's consequences are decided.

    Attributes
    ----------
    alert : Alert
        As it is now, which may be past the event.
    contacts : sequence of Contact
        Everybody who could be notified: the resident's contacts and the centre's.
    steps : sequence of EscalationStep
        The steps as stored, lowest first.
    notified : collection of int
        Contacts whom an opening has reached, or may have.
    awaited : collection of int
        Contacts whom an opening has reached, or will within the time one may wait.
    declined : collection of int
        Contacts who said in this escalation that they cannot go.
    quiet : mapping of int to datetime
        Contacts in their quiet hours, and when those end.
    companions : sequence of Alert
        Other alerts that belong together with this one and hold.
    """

    alert: Alert
    contacts: Sequence[Contact]
    steps: Sequence[EscalationStep]
    notified: Collection[int]
    awaited: Collection[int]
    declined: Collection[int]
    quiet: Mapping[int, datetime] = field(default_factory=dict[int, datetime])
    companions: Sequence[Alert] = ()

    @property
    def asked(self) -> list[Contact]:
        """Whom to notify now, by step."""
        return audience(self.alert, self.contacts, self.quiet)

    @property
    def quiet_ends(self) -> list[datetime]:
        """When the quiet hours of those end who would be notified now without them."""
        asked = self.asked
        passed_over = [one.number for one in audience(self.alert, self.contacts) if one not in asked]
        return [self.quiet[number] for number in passed_over]


@dataclass(frozen=True)
class EscalationPlan:
    """What follows: messages, and the escalation as it is from now on."""

    messages: tuple[PlannedNotification, ...]
    steps: tuple[EscalationStep, ...]


def audience(
    alert: Alert, contacts: Sequence[Contact], quiet: Collection[int] | None = None
) -> list[Contact]:
    """Return those whom this alert concerns, by step: equipment, neighbourhoods, the whole ward and changes of habit are the staff's, the rest begins with the family.

    Those in `quiet` are not woken, except in an emergency, and unless nobody else could be notified.
    """
    is_the_staffs = alert.severity is Severity.EQUIPMENT or alert.resident is None
    if alert.severity is Severity.KEEP_AN_EYE:
        is_the_staffs = is_the_staffs or is_for_staff(alert.rule)
    concerned = [contact for contact in contacts if contact.resident is None or not is_the_staffs]
    if quiet and alert.severity is not Severity.EMERGENCY:
        concerned = [contact for contact in concerned if contact.number not in quiet] or concerned
    return sorted(concerned, key=lambda contact: (contact.step, contact.number))


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
    due = [step for step in situation.steps if step.is_ahead and step.due_at <= now]
    messages = [message for step in due for message in _messages(step, situation)]
    taken = [replace(step, executed_at=now) if step in due else step for step in situation.steps]
    steps = with_quiet_hours_step(alert, situation.quiet_ends, taken, now)
    return EscalationPlan(tuple(messages), with_reminder(alert, steps, now)), tuple(due)


def _escalate(event: AlertEvent, situation: EscalationState, now: datetime) -> EscalationPlan:
    """Notify the first step at once and plan the others."""
    alert = situation.alert
    if alert.handling is Handling.CLOSED or leading(alert, situation.companions) is not None:
        return EscalationPlan((), _stopped(situation.steps, now))
    levels = sorted({contact.step for contact in situation.asked})
    wait = STEP_WAIT.get(alert.severity)
    if wait is None:
        levels = levels[:1]
    steps = [
        EscalationStep(
            kind=EscalationStepKind.CONTACTS,
            step=step,
            cycle=event.number,
            due_at=now + place * (wait or timedelta()),
            executed_at=now if place == 0 else None,
            stopped_at=None,
        )
        for place, step in enumerate(levels)
    ]
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
    return EscalationPlan(tuple(messages), with_reminder(alert, whole, now))


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
    centre = [one.number for one in situation.contacts if one.resident is None]
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
    wait = STEP_WAIT.get(alert.severity, timedelta())
    steps = without_pending_reminders(situation.steps)
    ahead = [step for step in steps if step.executed_at is None and step.is_escalation]
    again = {
        (step.kind, step.step): replace(step, due_at=now + place * wait, stopped_at=None)
        for place, step in enumerate(ahead)
    }
    again |= {
        (step.kind, step.step): replace(step, stopped_at=None) for step in steps if step.is_after_quiet_hours
    }
    resumed = [again.get((step.kind, step.step), step) for step in steps]
    return replace(plan, steps=with_reminder(alert, resumed, now))


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
    return [_opening(step, contact) for contact in situation.asked if contact.step == step.step]


def _after_quiet_hours(step: EscalationStep, situation: EscalationState) -> list[PlannedNotification]:
    """Notify those whom the escalation passed over: what should be checked soon to all, what is worth an eye to whom it concerns by day."""
    everybody = audience(situation.alert, situation.contacts)
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
    chosen = {
        Asked.WHO_KNOW: notified - set(situation.declined),
        Asked.FAMILY: notified & family,
        Asked.CENTRE: notified - family,
    }[round_of(situation.alert.severity, step.step).asked]
    return [
        PlannedNotification(contact, NotificationKind.REMINDER, f"{step.cycle}.{step.step}")
        for contact in sorted(_awake(chosen or notified, situation))
    ]


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
