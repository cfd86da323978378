"""Registering devices, moving them, and handing out their credentials."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import Path
from pydantic import Field, StringConstraints

from api.schemas.common import Input, Line, Moment, Output
from core.domain.broker_account import AccountKind
from core.domain.device import DeviceKind
from core.domain.device_proposal import DeviceProposal
from core.domain.evidence.device_profile import DeviceProfile, FieldMeaning, ProfileSource
from core.domain.evidence.edges import Proof
from core.domain.evidence.profile_trial import MOST_MESSAGES, TrialState
from core.domain.evidence.single_state import SingleState, pulse_profile
from core.domain.metrics import MOTION, SOS
from core.formats.profile_file import profile_text
from core.store.devices.profile_trials import ProfileTrial
from core.store.devices.unread_fields import UnreadField

DeviceId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", examples=["hall-1"])]
NewDeviceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Sender = Annotated[Line, StringConstraints(pattern=r"^[a-z0-9_]+:.+")]
ProfileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Place = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00]*$")]
_Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class PlacementIn(Input):
    """Where a device goes: to a resident as that person's own, or to a home as everybody's there; neither: into store."""

    home: _Number | None = None
    resident: _Number | None = None
    at: Moment | None = Field(
        default=None,
        description="When it happened, if that was before now; a reading of that moment is the new place's.",
    )


class DeviceIn(Input):
    """A device to register."""

    device_id: NewDeviceId = Field(examples=["hall-1"])
    kind: DeviceKind
    place: Place = Field(default="", examples=["hall"])
    sender: Sender | None = Field(
        default=None, description="How its messages come; by default `native:{device_id}`."
    )
    gateway_id: Line | None = None
    heartbeat_s: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    home: _Number | None = Field(default=None, description="The home, if it is everybody's there.")
    resident: _Number | None = Field(default=None, description="The resident, if it is that person's own.")
    model: Line = Field(default="", description="Its model; the library's profile of it is followed.")
    profile: ProfileName | None = Field(default=None, description="A profile to follow, whatever the model.")
    meaning: FieldMeaning | None = Field(default=None, description="What its presses or states mean there.")


class ReplacementIn(Input):
    """The new device in the place of a broken one."""

    device_id: NewDeviceId = Field(examples=["hall-2"])
    sender: Sender | None = Field(default=None, description="How its messages come, unless it is native.")
    at: Moment | None = Field(default=None, description="When it was exchanged, if that was before now.")


class SingleStateOut(Output):
    """A state beside which a part of a device has said no other, so that its messages are no life signs."""

    metric: str = Field(examples=[MOTION.name])
    channel: str = Field(description="Which part of the device; empty: itself.")
    said: int = Field(description="How often it was said.")
    since: datetime
    last_at: datetime
    per_hour: float
    profile: str | None = Field(
        description="The profile to follow if each message is a new movement; null where it says again that somebody is there."
    )

    @classmethod
    def of(cls, one: SingleState) -> Self:
        """Return it as it is answered."""
        return cls(
            metric=one.metric.name,
            channel=one.channel,
            said=one.said,
            since=one.since,
            last_at=one.last_at,
            per_hour=round(one.per_hour, 2),
            profile=pulse_profile(one.metric),
        )


class UnreadFieldOut(Output):
    """A field of a device's messages that no value was read from; what it held is not kept."""

    field: str = Field(examples=["work_state"])
    messages: int = Field(description="In how many messages it came, since the device follows its profile.")
    first_at: datetime
    last_at: datetime


class PartSignsOut(Output):
    """What one part of a device said in the last seven days that can show that a person acted."""

    metric: str = Field(examples=[MOTION.name])
    channel: str
    proof: Proof = Field(description="Whether each one counts as a life sign, only an edge, or nothing.")
    readings: int
    per_hour: float
    last_at: datetime
    life_signs: int
    life_sign_at: datetime | None = Field(description="Since when the last life sign counts.")


class EvidenceOut(Output):
    """What the messages of a device show of people, what keeps them from it, and what of them is not read."""

    signs: list[PartSignsOut]
    is_cut_off: bool = Field(description="It connects and is cut off again and again.")
    single_states: list[SingleStateOut]
    unread_fields: list[UnreadFieldOut]


class CredentialOut(Output):
    """How a device's credential stands; the credential itself is kept by nobody but the device."""

    name: str = Field(
        description="What it signs in to the broker as: itself, its gateway or its phone's user."
    )
    kind: AccountKind
    is_let_in: bool
    issued_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str = Field(description="Who revoked it; empty where that was done at the machine.")
    code_until: datetime | None = Field(description="Until when a code waits to be used.")


class CodeOut(Output):
    """A one-use code, shown only now."""

    name: str = Field(description="Who signs in with what the code is exchanged for.")
    code: str = Field(examples=["K7QM-2XNP-9RTA-4WHC"])
    address: str = Field(description="What the QR code says.")
    expires_at: datetime
    label_svg: str = Field(description="The label to print, 90 by 50 mm.")


class EnrolmentIn(Input):
    """A code from a label; case, spaces and hyphens make no difference."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        examples=["K7QM-2XNP-9RTA-4WHC"]
    )


class BrokerOut(Output):
    """Where the broker is."""

    address: str = Field(examples=["mqtts://mqtt.example.jp:8883"])
    host: str
    port: int
    tls: bool
    ca_certificate: str | None = Field(
        description="The authority to trust (PEM); null where a public authority signed."
    )


class EnrolledOut(Output):
    """A credential, shown exactly once."""

    username: str = Field(description="Also the client id: the broker takes no other.")
    password: str
    broker: BrokerOut
    publishes: str = Field(description="The topics it may publish to.", examples=["mimamori/v1/hall-1/+"])
    commands: str | None = Field(description="Where it receives what the service asks of it.")
    protocol: Literal["MQTT 5 or 3.1.1, QoS 1"] = "MQTT 5 or 3.1.1, QoS 1"


class ProposalOut(Output):
    """A device that a gateway described and nobody has registered."""

    number: int
    sender: str = Field(examples=["zigbee2mqtt:g12/hallway"])
    name: str
    model: str
    device_classes: list[str] = Field(description="What it measures, in Home Assistant's words.")
    kind: DeviceKind = Field(description="What it seems to be.")
    pulse_profile: str | None = Field(
        description="To follow if it never says the end of a movement: until then its messages are no life signs."
    )
    understood: list[str] = Field(
        description="What its model can say that is read, where its gateway describes that.",
        examples=[["fall_status: fall_alarm -> fall"]],
    )
    unread: list[str] = Field(
        description="What its model can say that is not read, and fields that came and were not read."
    )
    first_seen_at: datetime
    last_seen_at: datetime

    @classmethod
    def of(cls, one: DeviceProposal, came: Iterable[UnreadField]) -> Self:
        """Return it as it is answered, with the fields that came and were not read."""
        return cls(
            number=one.number,
            sender=one.sender,
            name=one.name,
            model=one.model,
            device_classes=list(one.device_classes),
            kind=one.kind,
            pulse_profile=one.pulse_profile,
            understood=list(one.described.understood),
            unread=list(dict.fromkeys([*one.described.unread, *(field.field for field in came)])),
            first_seen_at=one.first_seen_at,
            last_seen_at=one.last_seen_at,
        )


class WayToReadIn(Input):
    """How a device's messages are read from now on; what it sent before stays as it was read."""

    profile: ProfileName | None = Field(
        description="The profile to follow, null for none, `described` for what its bridge describes next; a library profile that suits only movement is added to what its bridge describes."
    )
    version: _Number | None = Field(default=None, description="By default the newest.")
    meaning: FieldMeaning | None = Field(
        default=None, description="What its presses or states mean in its home; by default as it was."
    )
    kind: DeviceKind | None = Field(
        default=None, description="What it is; by default as it was. What means a bed is one."
    )


class ProfileOut(Output):
    """A profile: what the fields of a model's messages measure and mean."""

    name: str = Field(examples=["browan-tbdw100"])
    version: int
    vendor: str
    model: str
    source: ProfileSource
    toml: str = Field(description="As it is entered; docs/devices.md says what may stand there.")

    @classmethod
    def of(cls, one: DeviceProfile) -> Self:
        """Return it as it is answered."""
        return cls(
            name=one.name,
            version=one.version,
            vendor=one.vendor,
            model=one.model,
            source=one.source,
            toml=profile_text(one),
        )


class ProfileIn(Input):
    """A profile to enter."""

    toml: str = Field(max_length=60_000, examples=['name = "my-button"\n[fields]\nAlarm = "sos"\n'])


class WayToReadOut(Output):
    """How a device's messages are read, and how they could be."""

    profile: ProfileOut | None = Field(description="What it follows; null: fields mean what their names say.")
    newest: int | None = Field(description="The newest version of that profile.")
    follows_descriptions: bool = Field(
        description="Whether it gets a profile from what its bridge describes, while it follows none."
    )
    meaning: FieldMeaning
    suitable: list[str] = Field(description="Profiles for which its model, or what it said so far, speaks.")
    meanings: list[FieldMeaning] = Field(description="What it can mean by what it measured so far.")


class AcceptanceIn(Input):
    """Where a proposed device belongs."""

    device_id: NewDeviceId | None = Field(default=None, description="By default made of its name.")
    kind: DeviceKind | None = Field(default=None, description="By default what it seems to be.")
    place: Place = ""
    home: _Number | None = Field(default=None, description="The home, if it is everybody's there.")
    resident: _Number | None = Field(default=None, description="The resident, if it is that person's own.")
    profile: ProfileName | None = Field(default=None, description="By default the library's of its model.")
    meaning: FieldMeaning | None = Field(default=None, description="What its presses or states mean there.")


class TrialIn(Input):
    """A profile to try."""

    profile: ProfileName = Field(description="Its newest version is tried.", examples=["my-button"])


class TrialOfAnyIn(TrialIn):
    """A profile to try, and on whose messages: one of the three."""

    device_id: NewDeviceId | None = Field(default=None, description="A registered device.")
    sender: Sender | None = Field(
        default=None, description="A sender that nobody registered; of a registered one its device is tried."
    )
    model: Line | None = Field(
        default=None,
        description="All devices of a model: those registered, and those that describe themselves and wait for it.",
    )


class TrialDeviceOut(Output):
    """One device on whose messages a profile was tried."""

    sender: str
    device_id: str | None = Field(description="Null: nobody registered it.")
    messages: int
    read_messages: int


class TrialValueOut(Output):
    """What would be read, and how often."""

    was: str = Field(description="Of a stored reading: what it was.", examples=["button single"])
    metric: str = Field(description="Empty: it would be read as nothing.", examples=[SOS.name])
    value: str = Field(examples=["true"])
    is_call: bool = Field(
        description="Whether it would be a call: for help, or of a fall, water, smoke or gas."
    )
    count: int


class TrialReasonOut(Output):
    """Why messages would stay in quarantine."""

    reason: str
    count: int


class TrialFieldOut(Output):
    """A field of which nothing would be read; never what it said."""

    field: str
    count: int


class TrialResultOut(Output):
    """What a profile would read. Each list holds the 30 commonest, calls first."""

    looked_at: int = Field(
        description=f"So many of the newest messages in quarantine, of any device, at most {MOST_MESSAGES:,}."
    )
    is_whole: bool = Field(description="Whether these are all that wait there.")
    device_count: int = Field(default=1, description="On the messages of how many devices it was tried.")
    devices: list[TrialDeviceOut] = Field(
        default=[], description="Those of which most messages wait, at most 30."
    )
    messages: int = Field(description="How many of the messages these devices sent.")
    read_messages: int = Field(description="Of how many of these more would be read than without a profile.")
    read: list[TrialValueOut] = Field(description="What they would say that they do not say without it.")
    stored: list[TrialValueOut] = Field(
        description="What readings of the last seven days would have been. They stay as they are."
    )
    is_stored_whole: bool = Field(
        default=True, description="Whether readings of all the devices were looked at within the time."
    )
    refused: list[TrialReasonOut]
    unread: list[TrialFieldOut]


class TrialOut(Output):
    """A trial of a profile. Nothing counts until the profile is chosen for the device."""

    number: int
    profile: str
    version: int
    device_id: str | None = Field(
        description="The device on whose messages; of this, `sender` and `model` two are null."
    )
    sender: str | None
    model: str | None
    asked_at: datetime
    state: TrialState = Field(
        description="`waiting`: no ingest process has taken it up; `expired`: none did within ten minutes."
    )
    result: TrialResultOut | None = Field(description="Null until it is done.")

    @classmethod
    def of(cls, one: ProfileTrial) -> Self:
        """Return it as it is answered."""
        return cls.model_validate(one)
