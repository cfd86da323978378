"""Findings, alerts and notifications: what a rule saw, the open alert about a resident, and each attempt to notify somebody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Self

JsonObject = Mapping[str, object]


class SubjectKind(StrEnum):
    """What an alert or a blind time can be about."""

    RESIDENT = "resident"
    GEOFENCE = "geofence"
    HOME = "home"
    DEVICE = "device"
    AREA = "area"
    WARD = "ward"
    CANARY = "canary"


_WITHOUT_NUMBER = frozenset({SubjectKind.AREA, SubjectKind.WARD, SubjectKind.CANARY})


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What an alert or a blind time is about: one thing with a number, a neighbourhood, the whole ward, or all canaries.

    Attributes
    ----------
    kind : SubjectKind
        What it is.
    number : int or None
        Of a resident, geofence, home or device: its key, at least 1; None of any other kind.
    area : str or None
        Of a neighbourhood: its name, not empty; None of any other kind.

    Raises
    ------
    ValueError
        The number or the area is not of this kind.
    """

    kind: SubjectKind
    number: int | None = None
    area: str | None = None

    def __post_init__(self) -> None:
        is_numbered = self.kind not in _WITHOUT_NUMBER
        if (self.number is not None and self.number > 0) != is_numbered or bool(self.area) != (
            self.kind is SubjectKind.AREA
        ):
            raise ValueError(
                f"a subject of the kind {self.kind} cannot be number {self.number}, area {self.area!r}"
            )

    @classmethod
    def of_resident(cls, number: int) -> Self:
        """Return the subject that is one resident."""
        return cls(SubjectKind.RESIDENT, number)

    @classmethod
    def of_geofence(cls, number: int) -> Self:
        """Return the subject that is one geofence of a resident."""
        return cls(SubjectKind.GEOFENCE, number)

    @classmethod
    def of_home(cls, number: int) -> Self:
        """Return the subject that is one home."""
        return cls(SubjectKind.HOME, number)

    @classmethod
    def of_device(cls, number: int) -> Self:
        """Return the subject that is one device."""
        return cls(SubjectKind.DEVICE, number)

    @classmethod
    def of_area(cls, name: str) -> Self:
        """Return the subject that is one neighbourhood."""
        return cls(SubjectKind.AREA, area=name)

    def to_text(self) -> str:
        """Return how interfaces and reports write it: `resident:5`, `area:3丁目` or `ward`; nothing else may build this text."""
        name = self.area or self.number
        return self.kind.value if name is None else f"{self.kind}:{name}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the subject that `to_text` wrote.

        Raises
        ------
        ValueError
            There is no such subject.
        """
        kind, _, name = text.partition(":")
        try:
            if kind == SubjectKind.AREA:
                return cls(SubjectKind.AREA, area=name)
            found = cls(SubjectKind(kind), int(name) if name else None)
        except ValueError:
            found = None
        if found is None or found.to_text() != text:
            raise ValueError(f"{text!r} is no subject: it must look like resident:5, area:NAME or ward")
        return found


WARD = Subject(SubjectKind.WARD)


@dataclass(frozen=True, slots=True, order=True)
class AlertKey:
    """What at most one unclosed alert is about: a rule and its subject."""

    rule: str
    subject: Subject


class Severity(IntEnum):
    """How soon somebody must look; smaller is more urgent."""

    EMERGENCY = 1
    CHECK_SOON = 2
    KEEP_AN_EYE = 3
    EQUIPMENT = 4


class Condition(StrEnum):
    """Whether what was found still holds."""

    ACTIVE = "active"
    CLEARED = "cleared"


class Handling(StrEnum):
    """What people have done about it."""

    OPEN = "open"
    CLAIMED = "claimed"
    CLOSED = "closed"


class Progress(StrEnum):
    """What whoever holds an alert reported last; each of them lets the claim hold longer."""

    STILL = "still"
    """「まだ対応しています」"""
    ON_THE_WAY = "on_the_way"
    """On the way, with the time of arrival."""
    ON_SITE = "on_site"
    """「現地にいます」"""
    LATER = "later"
    """Put off to a time, with the reason; never an emergency."""


class Outcome(StrEnum):
    """How an alert ended; closing needs one."""

    SAFE_CONTACTED = "safe_contacted"
    SAFE_AFTER_HELP = "safe_after_help"
    OUT_OR_TRAVEL = "out_or_travel"
    PRESSED_BY_MISTAKE = "pressed_by_mistake"
    EQUIPMENT_FAULT = "equipment_fault"
    WRONG_JUDGEMENT = "wrong_judgement"
    AMBULANCE_CALLED = "ambulance_called"
    POLICE_NOTIFIED = "police_notified"
    DRILL = "drill"
    OTHER = "other"


# Outcomes after which no sign of life at home is waited for.
ELSEWHERE = frozenset({Outcome.OUT_OR_TRAVEL, Outcome.AMBULANCE_CALLED, Outcome.POLICE_NOTIFIED})


@dataclass(frozen=True)
class Finding:
    """Something a rule saw, as an episode.

    Attributes
    ----------
    rule : str
        The rule's name: `inactivity`, `geofence_exit`, `sos`, `home_silent`, `ward_silent`, `device_silent`.
    subject : Subject
        What it is about. At most one alert that is not closed exists per rule and subject.
    severity : Severity
        How soon somebody must look.
    began_at : datetime
        When the alert began (the last life sign, the first fix outside); with rule and subject it names the episode, so evaluation
        the same data again finds the same episode.
    raised_at : datetime
        When the rule's limit was passed, in the time of the data.
    cleared_at : datetime or None
        When it ended, in the time of the data; None if it still holds.
    reason : mapping
        The reason card (JSON values only): `rule_version`, the readings used, the person's own usual, what was ruled out, confidence.
        Positions may be in it and are shown only behind the reveal.
    """

    rule: str
    subject: Subject
    severity: Severity
    began_at: datetime
    raised_at: datetime
    cleared_at: datetime | None
    reason: JsonObject

    @property
    def key(self) -> AlertKey:
        """Whose episode it is."""
        return AlertKey(self.rule, self.subject)


@dataclass(frozen=True)
class Alert:
    """An open alert about a resident (or a home, a device, the ward), stored with its reason.

    `began_at`, `raised_at`, `detected_at` and the reason are of the latest of its episodes. `occurrences` counts them all, at least 1;
    `first_began_at` is when the first began, None for an alert that was never stored.
    """

    number: int
    rule: str
    subject: Subject
    resident: int | None
    office: int | None
    severity: Severity
    condition: Condition
    handling: Handling
    began_at: datetime
    raised_at: datetime
    opened_at: datetime
    cleared_at: datetime | None
    claimed_by: str | None
    claimed_at: datetime | None
    closed_at: datetime | None
    outcome: Outcome | None
    detected_late: bool
    reason: JsonObject
    version: int
    claimed_by_user: int | None = None
    claimed_by_contact: int | None = None
    claim_expires_at: datetime | None = None
    progress: Progress | None = None
    progress_at: datetime | None = None
    progress_note: str = ""
    arrives_at: datetime | None = None
    occurrences: int = 1
    first_began_at: datetime | None = None
    detected_at: datetime | None = None

    @property
    def key(self) -> AlertKey:
        """What it is about."""
        return AlertKey(self.rule, self.subject)

    @property
    def seen_at(self) -> datetime:
        """When we saw what it is about now; an alert of a version that did not write it down was seen when it was opened."""
        return self.detected_at or self.opened_at


@dataclass(frozen=True)
class Episode:
    """One time at which what an alert is about began, as the rule saw it; `cleared_at` is None while it holds, or has no end of its own."""

    began_at: datetime
    raised_at: datetime
    cleared_at: datetime | None


class EventKind(StrEnum):
    """What can happen to an alert."""

    OPENED = "opened"
    REACTIVATED = "reactivated"
    REPEATED = "repeated"
    TOOK_OVER = "took_over"
    SEVERITY_RAISED = "severity_raised"
    AMENDED = "amended"
    CLEARED = "cleared"
    ESCALATED = "escalated"
    REMINDED = "reminded"
    DELIVERY_FAILED = "delivery_failed"
    CLAIMED = "claimed"
    PROLONGED = "prolonged"
    RELEASED = "released"
    EXPIRED = "expired"
    DECLINED = "declined"
    NOTED = "noted"
    CLOSED = "closed"
    CORRECTED = "corrected"
    REOPENED = "reopened"


@dataclass(frozen=True)
class AlertEvent:
    """One thing that happened to an alert; `who` is the name of the user or contact who did it, None for the service itself."""

    number: int
    alert: int
    at: datetime
    kind: EventKind
    who: str | None
    user: int | None
    contact: int | None
    detail: JsonObject


class NotificationKind(StrEnum):
    """Which message a notification carries."""

    OPENING = "opening"
    CLEARED = "cleared"
    CLAIMED = "claimed"
    UNCLAIMED = "unclaimed"
    REMINDER = "reminder"
    CLOSED = "closed"


CALLS_TO_ACT = frozenset({NotificationKind.OPENING, NotificationKind.UNCLAIMED, NotificationKind.REMINDER})
"""Messages that ask their reader to act."""


class Delivery(StrEnum):
    """How far a notification has come. A time-out is `unknown`: it may have arrived."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"


def unraised(finding: Finding, resident: int) -> Alert:
    """Return the alert that a finding would have been, had anybody been notified: for those who put reasons into words."""
    return Alert(
        number=0,
        rule=finding.rule,
        subject=finding.subject,
        resident=resident,
        office=None,
        severity=finding.severity,
        condition=Condition.ACTIVE if finding.cleared_at is None else Condition.CLEARED,
        handling=Handling.OPEN,
        began_at=finding.began_at,
        raised_at=finding.raised_at,
        opened_at=finding.raised_at,
        cleared_at=finding.cleared_at,
        claimed_by=None,
        claimed_at=None,
        closed_at=None,
        outcome=None,
        detected_late=False,
        reason=finding.reason,
        version=0,
    )
