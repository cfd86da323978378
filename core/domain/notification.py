"""Notifications as stored, the rungs of the escalation ladder, and what a message says besides the alert itself."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.alert import Delivery, NotificationKind
from core.domain.people import Channel


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


# Rungs from here on ask once more everybody who was told; the steps of contacts end far below.
FIRST_REMINDER = 1000
# This rung tells those whom the climb passed over in their quiet hours.
AFTER_QUIET_HOURS = FIRST_REMINDER - 1


@dataclass(frozen=True)
class EscalationStep:
    """One rung of an alert's ladder.

    Attributes
    ----------
    step : int
        Which contacts: those with this step; at `AFTER_QUIET_HOURS` those passed over; from `FIRST_REMINDER` on everybody who was told.
    cycle : int
        The event that started the climb.
    due_at : datetime
        When these contacts are told if nobody claims before.
    executed_at, stopped_at : datetime or None
        When they were told; when a claim, an end or an outcome made it unnecessary.
    """

    step: int
    cycle: int
    due_at: datetime
    executed_at: datetime | None
    stopped_at: datetime | None

    @property
    def is_ahead(self) -> bool:
        """Whether these contacts will still be told."""
        return self.executed_at is None and self.stopped_at is None

    @property
    def is_climb(self) -> bool:
        """Whether it is a step of the ladder itself: neither what follows in the morning nor a reminder."""
        return self.step < AFTER_QUIET_HOURS

    @property
    def is_after_quiet_hours(self) -> bool:
        """Whether it tells those who were passed over in their quiet hours."""
        return self.step == AFTER_QUIET_HOURS

    @property
    def is_reminder(self) -> bool:
        """Whether it asks once more those who were told already."""
        return self.step >= FIRST_REMINDER


@dataclass(frozen=True)
class Surroundings:
    """What a message says besides the alert itself; texts are empty where there is nothing."""

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
