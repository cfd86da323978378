"""Notifications as stored, the steps of an escalation, and what a message says besides the alert itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.alert import Delivery, NotificationKind
from core.domain.escalation.policy import ABOVE, Recipients
from core.domain.people import Channel

_ABOVE = frozenset(desk.value for desk in ABOVE)


@dataclass(frozen=True)
class Notification:
    """One message to one contact, with its delivery. `contact_name` and `relation` are for people who may see contacts."""

    number: int
    alert: int
    contact: int
    contact_name: str
    relation: str
    channel: Channel
    step: int
    kind: NotificationKind
    status: Delivery
    attempts: int
    due_at: datetime
    created_at: datetime
    sent_at: datetime | None
    last_error: str | None


class EscalationStepKind(StrEnum):
    """Whom a step of an escalation notifies."""

    CONTACTS = Recipients.CONTACTS.value
    """The contacts of one number in their order, for the first time."""
    FAMILY = Recipients.FAMILY.value
    OFFICE = Recipients.OFFICE.value
    DUTY = Recipients.DUTY.value
    NEXT_OFFICE = Recipients.NEXT_OFFICE.value
    WARD_LINE = Recipients.WARD_LINE.value
    EMERGENCY_PLAN = Recipients.EMERGENCY_PLAN.value
    AFTER_QUIET_HOURS = "after_quiet_hours"
    """Those who were passed over in their quiet hours."""
    REMINDER = "reminder"
    """Everybody who was notified already, once more."""


@dataclass(frozen=True)
class EscalationStep:
    """One step of an alert's escalation.

    Attributes
    ----------
    kind : EscalationStepKind
        Whom it notifies.
    step : int
        Of contacts: those with this number. Of other recipients: its place in the policy. Of those after quiet hours and reminders:
        how many of the kind came before.
    cycle : int
        The event that started the escalation.
    due_at : datetime
        When these contacts are notified if nobody claims before.
    executed_at, stopped_at : datetime or None
        When they were notified; when a claim, an end or an outcome made it unnecessary.
    """

    kind: EscalationStepKind
    step: int
    cycle: int
    due_at: datetime
    executed_at: datetime | None
    stopped_at: datetime | None

    @property
    def is_ahead(self) -> bool:
        """Whether these contacts will still be notified."""
        return self.executed_at is None and self.stopped_at is None

    @property
    def is_escalation(self) -> bool:
        """Whether it notifies the next people: neither those after their quiet hours nor once more those who know."""
        return not (self.is_after_quiet_hours or self.is_reminder)

    @property
    def goes_up(self) -> bool:
        """Whether it asks a desk above the resident's office."""
        return self.kind.value in _ABOVE

    @property
    def is_after_quiet_hours(self) -> bool:
        """Whether it notifies those who were passed over in their quiet hours."""
        return self.kind is EscalationStepKind.AFTER_QUIET_HOURS

    @property
    def is_reminder(self) -> bool:
        """Whether it asks once more those who were notified already."""
        return self.kind is EscalationStepKind.REMINDER


@dataclass(frozen=True)
class SentMessages:
    """What a contact got about an alert, or will get: how many, how many of claims, when the last was planned, and of which kind that is."""

    contact: int
    count: int
    claims: int
    last_at: datetime
    last_kind: str


@dataclass(frozen=True)
class Surroundings:
    """What a message says besides the alert itself; texts are empty where there is nothing.

    Attributes
    ----------
    who, acted_at : str, datetime or None
        Who acted last, and when.
    was_withdrawn : bool
        Late data contradicted what the alert is about.
    life_sign_at, life_sign_known_by, life_sign_place : datetime or None, datetime or None, str
        The last movement that a sensor of the home reported, by when it had happened where only the stretch of time is known, and the
        sensor's place; as the board shows them.
    asked_before : int
        How often the addressee was asked to act since the latest call or finding.
    people_asked : int
        How many people were notified of the alert.
    """

    resident: str
    resident_phone: str
    time_zone: str
    area: str
    office_phone: str
    device_kind: str
    device_place: str
    who: str
    acted_at: datetime | None
    was_withdrawn: bool
    life_sign_at: datetime | None = None
    life_sign_known_by: datetime | None = None
    life_sign_place: str = ""
    asked_before: int = 0
    people_asked: int = 0
