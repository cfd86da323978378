"""Residents, homes and contacts as they are registered and changed, and what changed."""

from datetime import date, datetime, time
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from api.schemas.common import Input, Line, Moment, Output, ShortText
from core.domain.delivery import telephone
from core.domain.delivery.contact_channel import ContactChannel
from core.domain.people import Channel, DigestRhythm, Language
from core.domain.records.details import ContactDetails, EndReason, HomeDetails, ResidentDetails
from core.store.people.records.stored_records import Record
from core.store.people.watch_changes import WatchChange, Watched

Version = Annotated[int, Field(ge=1, description="The version that you read; another one is refused (409).")]


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("there is no such time zone; one is Asia/Tokyo")
    return name


def _minute(value: time) -> time:
    if value.tzinfo is not None or value.second or value.microsecond:
        raise ValueError("must be a time of day to the minute, such as 22:00, without an offset")
    return value


Phone = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(telephone.written),
    StringConstraints(pattern=r"^[0-9+() .-]*$"),
]
Minute = Annotated[time, AfterValidator(_minute)]
# A form without it asks for none.
_Digest = Annotated[DigestRhythm, BeforeValidator(lambda given: given or DigestRhythm.NEVER)]
_Zone = Annotated[str, StringConstraints(max_length=60), AfterValidator(_zone)]


class ResidentIn(Input):
    """What is filled in about a resident."""

    name: Line = Field(examples=["田中 花子"])
    kana: ShortText = Field(default="", examples=["たなか はなこ"])
    born_on: date | None = None
    phone: Phone = ""
    office: int = Field(ge=1, le=2**31 - 1)
    alert_on_night_exit: bool = False

    def to_details(self) -> ResidentDetails:
        """Return the domain's fields."""
        return ResidentDetails(**self.model_dump(include=set(ResidentIn.model_fields)))


class ResidentNew(ResidentIn):
    """A new resident, in the home of that name if there is one, else in a new one."""

    home: Line = Field(examples=["三丁目 A-102"])
    area: ShortText = Field(default="", description="Of a new home.", examples=["三丁目"])
    watched_from: Moment | None = Field(default=None, description="By default from now on.")


class RecordChange(Input):
    """What changes of a record; what is left out stays."""

    version: Version

    @property
    def changes(self) -> dict[str, Any]:
        """The fields that were given."""
        return {name: getattr(self, name) for name in self.model_fields_set if name != "version"}


class ResidentChange(RecordChange):
    """What changes of a resident."""

    name: Line = ""
    kana: ShortText = ""
    born_on: date | None = None
    phone: Phone = ""
    office: int = Field(default=0, ge=1, le=2**31 - 1)
    alert_on_night_exit: bool = False


class WatchEndIn(Input):
    """Why the watch over a resident ends."""

    version: Version
    reason: EndReason


class WatchStoppedOut(Output):
    """What ended with a watch."""

    alerts: int = Field(description="How many open alerts were closed.")
    links: int = Field(description="How many answer links ended.")
    devices: list[str] = Field(description="The devices that are in store now.")


class ResidentRecordOut(Output):
    """A resident's fields, with the version for a change of them."""

    number: int
    version: int
    name: str
    kana: str
    born_on: date | None
    phone: str
    office: int
    alert_on_night_exit: bool

    @staticmethod
    def of(record: Record[ResidentDetails]) -> "ResidentRecordOut":
        """Return a record as it goes out."""
        return ResidentRecordOut(number=record.number, version=record.version, **vars(record.details))


class HomeIn(Input):
    """What is filled in about a home; where it stands is given with both numbers, or stays as it is."""

    name: Line
    area: ShortText = ""
    time_zone: _Zone = "Asia/Tokyo"
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)

    @model_validator(mode="after")
    def _both_or_neither(self) -> "HomeIn":
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon go together; give both or neither")
        return self


class HomeChange(RecordChange):
    """What changes of a home; where it stands is both numbers or neither."""

    name: Line = ""
    area: ShortText = ""
    time_zone: _Zone = "Asia/Tokyo"
    lat: float = Field(default=0, ge=-90, le=90)
    lon: float = Field(default=0, ge=-180, le=180)

    @model_validator(mode="after")
    def _both_or_neither(self) -> "HomeChange":
        if ("lat" in self.model_fields_set) != ("lon" in self.model_fields_set):
            raise ValueError("lat and lon go together; give both or neither")
        return self


class HomeOut(Output):
    """A home's fields; where it stands is never given out here."""

    number: int
    version: int
    name: str
    area: str
    time_zone: str
    has_position: bool

    @staticmethod
    def of(record: Record[HomeDetails]) -> "HomeOut":
        """Return a record as it goes out."""
        one = record.details
        return HomeOut(
            number=record.number,
            version=record.version,
            name=one.name,
            area=one.area,
            time_zone=one.time_zone,
            has_position=one.lat is not None,
        )


class HomeLineOut(Output):
    """A home of the list."""

    number: int
    name: str
    area: str
    has_position: bool
    residents: int
    devices: int


class ContactIn(Input):
    """What is filled in about a contact; a care centre's has no quiet hours."""

    name: Line
    relation: ShortText = Field(default="", examples=["長女"])
    calls_resident: ShortText = Field(default="", examples=["お母さん"])
    step: int = Field(default=1, ge=1, le=9)
    language: Language = Language.JA
    user: int | None = Field(default=None, ge=1, le=2**31 - 1, description="The account of the contact.")
    quiet_from: Minute | None = None
    quiet_until: Minute | None = None
    is_active: bool = Field(default=True, description="Whether the contact is notified.")
    is_duty_only: bool = Field(
        default=False, description="Of an office's contact: asked only while on its duty roster."
    )
    is_tested_monthly: bool = Field(
        default=True, description="Whether each channel gets a test once a month, answered by one press."
    )
    digest: _Digest = Field(
        default=DigestRhythm.NEVER, description="Of a resident's contact: how often a summary is sent."
    )
    is_resident: bool = Field(
        default=False,
        description="The resident themself: asked before anybody else is notified, and never part of the escalation. It stays as it was registered.",
    )

    @model_validator(mode="after")
    def _both_or_neither(self) -> "ContactIn":
        if (self.quiet_from is None) != (self.quiet_until is None) or (
            self.quiet_from is not None and self.quiet_from == self.quiet_until
        ):
            raise ValueError("quiet hours have a beginning and another end; give both or neither")
        return self

    def to_details(self) -> ContactDetails:
        """Return the domain's fields."""
        return ContactDetails(**self.model_dump(include=set(ContactIn.model_fields)))


class ChannelIn(Input):
    """A way to reach a contact."""

    kind: Channel = Channel.MAIL
    address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    language: Language | None = None


class ContactNew(ContactIn):
    """A new contact with the first channel."""

    channel: ChannelIn


class ContactChange(RecordChange):
    """What changes of a contact."""

    name: Line = ""
    relation: ShortText = ""
    calls_resident: ShortText = ""
    step: int = Field(default=1, ge=1, le=9)
    language: Language = Language.JA
    user: int | None = Field(default=None, ge=1, le=2**31 - 1)
    quiet_from: Minute | None = None
    quiet_until: Minute | None = None
    is_active: bool = True
    is_duty_only: bool = False
    is_tested_monthly: bool = True
    digest: DigestRhythm = DigestRhythm.NEVER

    @model_validator(mode="after")
    def _both_or_neither(self) -> "ContactChange":
        if ("quiet_from" in self.model_fields_set) != ("quiet_until" in self.model_fields_set) or (
            (self.quiet_from is None) != (self.quiet_until is None)
            or (self.quiet_from is not None and self.quiet_from == self.quiet_until)
        ):
            raise ValueError("quiet hours have a beginning and another end; give both or neither")
        return self


class ContactRecordOut(Output):
    """A contact's fields, with the version for a change of them."""

    number: int
    version: int
    name: str
    relation: str
    calls_resident: str
    step: int
    language: Language
    user: int | None
    quiet_from: time | None
    quiet_until: time | None
    is_active: bool
    is_duty_only: bool
    is_tested_monthly: bool
    digest: DigestRhythm
    is_resident: bool

    @staticmethod
    def of(record: Record[ContactDetails]) -> "ContactRecordOut":
        """Return a record as it goes out."""
        return ContactRecordOut(number=record.number, version=record.version, **vars(record.details))


class ChannelRecordOut(Output):
    """A way to reach a contact, in the order in which they are tried; of webhooks and chats only the host is given."""

    number: int
    kind: Channel
    address: str
    confirmed_at: datetime | None = Field(description="When somebody made sure that it is the right one.")
    unreachable_since: datetime | None
    can_be_tested: bool
    tested_at: datetime | None = Field(description="When a test was last asked for.")
    proven_at: datetime | None = Field(description="When somebody last pressed in a test that it arrived.")

    @staticmethod
    def of(one: ContactChannel) -> "ChannelRecordOut":
        """Return a channel as it goes out."""
        return ChannelRecordOut.model_validate(
            {name: getattr(one, name) for name in ChannelRecordOut.model_fields}
        )


class ChangeOut(Output):
    """One change: who made it, when, and the fields before and after; null before of what is new. No place is in it."""

    number: int
    at: datetime
    who: str = Field(description="Empty: somebody at the machine.")
    what: Watched
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @staticmethod
    def of(change: WatchChange) -> "ChangeOut":
        """Return a change without the place that it may hold."""
        return ChangeOut(
            number=change.number,
            at=change.at,
            who=change.who,
            what=change.what,
            before=_without_place(change.before),
            after=_without_place(change.after),
        )


def _without_place(kept: Any) -> dict[str, Any] | None:
    if kept is None:
        return None
    return {name: value for name, value in kept.items() if name not in {"lat", "lon", "shape"}}
