"""The people: residents who are watched over, their homes, contacts, and the users of the pages."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.domain.escalation.policy import Recipients
from core.domain.quiet_hours import QuietHours


class Language(StrEnum):
    """A language of pages and messages."""

    JA = "ja"
    EN = "en"


class Role(StrEnum):
    """What a user may do; which residents they may see depends on office and relation."""

    ADMIN = "admin"
    CARE = "care"
    FAMILY = "family"
    TECHNICIAN = "technician"
    """The devices of an office's homes: where they are and whether they report, not what they say about anybody."""
    OFFICIAL = "official"
    """The ward's figures, and nothing about anybody."""
    TESTER = "tester"
    """The simulated ward, where people are made up."""

    @property
    def has_office(self) -> bool:
        """Whether they belong to an office, and reach no other."""
        return self in {Role.CARE, Role.TECHNICIAN}

    @property
    def watches(self) -> bool:
        """Whether they watch over somebody, and so may ask about people at all."""
        return self in {Role.ADMIN, Role.CARE, Role.FAMILY}


class TokenScope(StrEnum):
    """What a program's token may: never more than its owner, and nothing that needs a fresh proof of who asks."""

    READ = "read"
    """Only ask."""
    WRITE = "write"
    """Change things too."""


class OfficeRole(StrEnum):
    """What an office is: one that looks after people, the ward's duty line, or the operator's emergency plan."""

    CARE = "care"
    WARD_LINE = "ward_line"
    EMERGENCY_PLAN = "emergency_plan"


@dataclass(frozen=True)
class Home:
    """A place where residents live. `area` is the neighbourhood (町丁目), the finest place shown before a reveal."""

    number: int
    name: str
    area: str
    zone: ZoneInfo
    lat: float | None
    lon: float | None


@dataclass(frozen=True)
class Resident:
    """A person watched over (見守られる方)."""

    number: int
    name: str
    kana: str
    born_on: date | None
    phone: str
    home: int
    office: int
    watched_from: datetime
    paused_until: datetime | None


class WatchState(StrEnum):
    """What is known of a resident while no alert is open: life sign, something unusual, or cannot tell."""

    AS_USUAL = "as_usual"
    DIFFERENT = "different"
    CANNOT_TELL = "cannot_tell"


class DigestRhythm(StrEnum):
    """How often a contact gets a summary of how somebody has been."""

    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"


class Channel(StrEnum):
    """How a contact is reached."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    LINE = "line"
    SMS = "sms"
    VOICE = "voice"
    SLACK = "slack"
    TEAMS = "teams"
    MATTERMOST = "mattermost"
    NTFY = "ntfy"
    APPRISE = "apprise"


@dataclass(frozen=True)
class Contact:
    """Somebody who is notified about a resident: family, a caregiver, or (resident None) the care centre of an office.

    `step` is the step of the escalation, from 1. `calls_resident` is the name the family chose, such as お父さん. From
    `quiet_from` until `quiet_until` a resident's contact is not woken, except in an emergency; both None: notified at any hour.
    `channel` and `address` are what may be shown of the first of the contact's channels. `is_duty_only`: asked only while on
    the roster of the office. `desk` is where above the resident's office they sit; None: not above it.
    """

    number: int
    resident: int | None
    office: int | None
    user: int | None
    name: str
    relation: str
    calls_resident: str
    step: int
    channel: Channel
    address: str
    language: Language
    quiet_from: time | None = None
    quiet_until: time | None = None
    is_duty_only: bool = False
    desk: Recipients | None = None

    @property
    def quiet_hours(self) -> QuietHours | None:
        """When this contact is not woken; None: notified at any hour."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return QuietHours(self.quiet_from, self.quiet_until)


@dataclass(frozen=True)
class User:
    """Somebody who signs in."""

    number: int
    login: str
    name: str
    role: Role
    office: int | None
    language: Language
    is_active: bool
