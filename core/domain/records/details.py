"""The fields of residents, homes, contacts, offices and accounts that people fill in and change."""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from core.domain.people import DigestRhythm, Language, OfficeRole, Role


class EndReason(StrEnum):
    """Why the watch over a resident ended."""

    MOVED = "moved"
    DIED = "died"
    LEFT = "left"


@dataclass(frozen=True)
class ResidentDetails:
    """What is filled in about a resident. The home stays: whoever moves is registered anew there, since readings belong to homes."""

    name: str
    kana: str
    born_on: date | None
    phone: str
    office: int
    alert_on_night_exit: bool = False


@dataclass(frozen=True)
class HomeDetails:
    """What is filled in about a home; where it stands is both numbers or neither."""

    name: str
    area: str
    time_zone: str
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True)
class ContactDetails:
    """What is filled in about a contact, besides the channels; `user` is the account that belongs to them.

    `is_duty_only`: of an office, asked only while on its roster. `is_tested_monthly`: their channels are tested once a month.
    `digest`: of a resident's, how often they get a summary. `is_resident`: the resident themself, who is asked first and never notified.
    """

    name: str
    relation: str
    calls_resident: str
    step: int
    language: Language
    user: int | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    is_active: bool = True
    is_duty_only: bool = False
    is_tested_monthly: bool = True
    digest: DigestRhythm = DigestRhythm.NEVER
    is_resident: bool = False


@dataclass(frozen=True)
class OfficeDetails:
    """What is filled in about an office; what it is (`role`) stays as it was registered.

    `is_tested_monthly`: channels of its contacts and of its residents' are tested once a month.
    """

    name: str
    phone: str
    is_active: bool = True
    role: OfficeRole = OfficeRole.CARE
    is_tested_monthly: bool = True


@dataclass(frozen=True)
class AccountDetails:
    """What is filled in about somebody who signs in."""

    login: str
    name: str
    role: Role
    office: int | None
    language: Language
    is_active: bool = True
