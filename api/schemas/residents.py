"""Residents, who is notified about them, and who looked."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.access.location_gate import RevealReason
from api.schemas.common import Input, Output
from core.domain.device import DeviceKind
from core.domain.evidence.presence import PresenceReason, PresenceState
from core.domain.people import Channel, Language, Role, WatchState
from core.domain.weekly_report import Change
from core.store.people.access_log import Viewed
from core.store.people.residents import ResidentOverview


class ResidentOut(Output):
    """A resident and their state. `state` is what is known while no alert is open; blind is `cannot_tell`, never `as_usual`."""

    number: int
    name: str = Field(examples=["田中 花子"])
    kana: str
    age: int | None
    phone: str
    area: str = Field(description="The neighbourhood of the home.", examples=["三丁目"])
    office: int
    office_name: str
    office_phone: str
    watched_from: datetime
    is_paused: bool
    paused_until: datetime | None = Field(
        description="Null too where nobody knows when a stay in hospital ends."
    )
    state: WatchState
    state_since: datetime | None
    presence_state: PresenceState = Field(
        description="Whether they are at home, as far as the door and the sensors inside prove it."
    )
    presence_reason: PresenceReason = Field(description="Why.", examples=["nothing_inside"])
    presence_since: datetime | None
    presence_door_at: datetime | None = Field(description="The last use of the door, as far as it is known.")
    last_life_sign_at: datetime | None
    last_life_sign_kind: DeviceKind | None
    last_life_sign_place: str | None
    last_received_at: datetime | None
    open_alerts: int
    worst: int | None = Field(
        description="The most urgent open alert: 1 emergency, 2 check soon, 3 keep an eye."
    )

    @staticmethod
    def of(one: ResidentOverview, now: datetime, known_since: datetime) -> "ResidentOut":
        """Return a resident as seen at `now`; what was evaluated before `known_since` is not known any more."""
        given = {name: getattr(one, name) for name in ResidentOut.model_fields if hasattr(one, name)}
        presence = one.presence_at(known_since)
        seen = {
            "paused_until": one.pause_ends_at,
            "age": one.age(now),
            "is_paused": one.is_paused(now),
            "state": one.state_at(known_since),
            "presence_state": presence.state,
            "presence_reason": presence.reason,
            "presence_since": presence.since,
            "presence_door_at": presence.door_at,
        }
        return ResidentOut.model_validate(given | seen)


class ContactChannelOut(Output):
    """One way to reach a contact."""

    number: int
    kind: Channel
    address: str | None = Field(
        description="Of webhooks and chats no more than the host; null for whoever may not see it."
    )
    confirmed_on: date | None = Field(
        description="When somebody made sure that messages arrive at the right person; null: nobody did."
    )
    unreachable_since: datetime | None = Field(
        description="Since when it is known to be dead: blocked, unknown to its provider."
    )


class ContactOut(Output):
    """Somebody who is notified, in the order of the escalation. The address is shown to staff, and to the contact."""

    number: int
    name: str
    relation: str
    step: int
    channel: Channel = Field(description="The kind of the first of `channels`.")
    address: str | None = Field(description="The address of the first of `channels`.")
    channels: list[ContactChannelOut] = Field(description="In the order in which they are tried.")
    language: Language
    is_centre: bool = Field(description="The office's care centre, not a contact of the resident.")
    quiet_hours: str | None = Field(
        description="When this contact is not woken except in an emergency; null: notified at any hour.",
        examples=["22:00-07:00"],
    )


class LookOut(Output):
    """One person's looks at one thing within half an hour."""

    first_at: datetime
    last_at: datetime
    until: datetime | None
    user_name: str
    role: Role | None = Field(description="Null: somebody at the machine, or by a link.")
    is_by_link: bool = Field(description="Whoever opened the link that was sent to the contact `user_name`.")
    what: Viewed
    reason: str = Field(examples=["no_contact", "alert:12"])
    times: int


class WeeklyCountOut(Output):
    """One count of a week: means of a day, null where too few days are known."""

    name: str = Field(examples=["active_quarters"])
    change: Change
    mean: float | None
    days: int
    before: float | None = Field(description="The mean of the 56 days that end a week before.")
    days_before: int


class WeeklyOut(Output):
    """The last whole week, Monday to Sunday, against the two months before. A week about which too little is known is never called less."""

    first: date
    last: date
    counts: list[WeeklyCountOut]


class RevealIn(Input):
    """Why the precise place is needed; the family can read it."""

    reason: RevealReason
    note: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", description="Needed with the reason `other`."
    )


class LocationAccessOut(Output):
    """What may be seen of the place."""

    is_precise: bool
    reason: str
    until: datetime | None
