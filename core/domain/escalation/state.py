"""What is known of an alert when it is decided who is notified next, and what is decided. Pure: no clock, no database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.domain.alert import Alert, NotificationKind, Severity
from core.domain.escalation.audience import audience, reached, steps_of
from core.domain.escalation.policy import ABOVE, DEFAULT, PolicyBranch, PolicyStep, TimedStep
from core.domain.notification import EscalationStep, SentMessages
from core.domain.people import Contact

# What the policy that everybody has says at any hour.
_USUAL = {branch.severity: branch for branch in DEFAULT.branches}


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
    branch : PolicyBranch or None
        What the policy says for this hour; None: what everybody has.
    on_duty : collection of int
        Contacts who are on the office's roster now.
    sent : mapping of int to SentMessages
        What each contact was sent in the last 24 hours, where a reminder is due or ahead.
    """

    alert: Alert
    contacts: Sequence[Contact]
    steps: Sequence[EscalationStep]
    notified: Collection[int]
    awaited: Collection[int]
    declined: Collection[int]
    quiet: Mapping[int, datetime] = field(default_factory=dict[int, datetime])
    companions: Sequence[Alert] = ()
    branch: PolicyBranch | None = None
    on_duty: Collection[int] = ()
    sent: Mapping[int, SentMessages] = field(default_factory=dict[int, SentMessages])

    @property
    def policy(self) -> PolicyBranch:
        """What the policy says."""
        usual = _USUAL.get(self.alert.severity)
        if usual is None:
            return PolicyBranch(self.alert.severity, _USUAL[Severity.CHECK_SOON].steps)
        return self.branch or usual

    @property
    def timed(self) -> tuple[TimedStep, ...]:
        """The steps that the policy asks for, as far as anybody is there; where it reaches nobody, those that everybody has, or any desk."""
        usual = _USUAL.get(self.alert.severity)
        found = steps_of(self.policy, self.asked, self.contacts, self.on_duty)
        if usual is None:
            return found[:1]  # what is less urgent has no second step
        above = PolicyBranch(
            usual.severity, tuple(PolicyStep(desk, usual.steps[0].wait_min) for desk in ABOVE)
        )
        return (
            found
            or steps_of(usual, self.asked, self.contacts, self.on_duty)
            or steps_of(above, self.asked, self.contacts, self.on_duty)
        )

    @property
    def again(self) -> timedelta | None:
        """The pause between reminders that the policy asks for."""
        return self.policy.again

    @property
    def asked(self) -> list[Contact]:
        """Whom to notify now, by step."""
        return audience(self.alert, self.contacts, self.quiet)

    @property
    def quiet_ends(self) -> list[datetime]:
        """When the quiet hours of those end who would be notified now without them."""
        asked = self.asked
        passed_over = [one.number for one in self.concerned if one not in asked]
        return [self.quiet[number] for number in passed_over]

    @property
    def concerned(self) -> list[Contact]:
        """Whom the policy would ask if nobody slept."""
        near = audience(self.alert, self.contacts)
        wanted = {
            contact.number
            for step in self.policy.steps
            for contact in reached(step.asked, near, self.contacts, self.on_duty)
        }
        return [one for one in near if one.number in wanted]


@dataclass(frozen=True)
class EscalationPlan:
    """What follows: messages, and the escalation as it is from now on."""

    messages: tuple[PlannedNotification, ...]
    steps: tuple[EscalationStep, ...]
