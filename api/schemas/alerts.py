"""Alerts: their reason, what happened to them, and what people do about them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from api.schemas.common import Input, Number, Output, Prose
from core.domain.alert import (
    Alert,
    AlertEvent,
    Condition,
    Episode,
    EventKind,
    Handling,
    Outcome,
    Progress,
    Subject,
)
from core.domain.delivery.record import DeliveryState
from core.domain.people import Channel
from core.domain.rules import INACTIVITY


def _text(subject: object) -> object:
    return subject.to_text() if isinstance(subject, Subject) else subject


SubjectText = Annotated[str, BeforeValidator(_text)]


class AlertOut(Output):
    """An open or past alert about a resident, a home, a device or the ward."""

    model_config = ConfigDict(
        from_attributes=True, frozen=True, validate_by_name=True, validate_by_alias=True
    )

    number: int
    rule: str = Field(examples=[INACTIVITY.name])
    subject: SubjectText = Field(examples=["resident:5"])
    resident: int | None
    severity: int = Field(description="1 emergency, 2 check soon, 3 keep an eye, 4 equipment")
    condition: Condition
    handling: Handling
    began_at: datetime = Field(description="When it began, such as the last life sign.")
    raised_at: datetime = Field(description="When the rule's limit was passed, in the time of the data.")
    opened_at: datetime = Field(description="When we raised it.")
    cleared_at: datetime | None
    claimed_by: str | None
    claimed_at: datetime | None
    claim_lapses_at: datetime | None = Field(
        validation_alias="claim_expires_at", description="When the claim runs out without an outcome."
    )
    progress: Progress | None = Field(description="What the holder reported last.")
    progress_at: datetime | None
    progress_note: str = Field(description="Why it was put off.")
    arrives_at: datetime | None = Field(description="When the holder said to arrive.")
    closed_at: datetime | None
    outcome: Outcome | None
    seen_late: bool = Field(
        validation_alias="detected_late",
        description="It was over, or long since begun, before anybody could be notified.",
    )
    seen_at: datetime = Field(
        description="When we saw what it is about now: of what was seen late, later than `raised_at`."
    )
    occurrences: int = Field(
        description="How often it was called or found so far, 1 for once; `began_at`, `raised_at` and the reason are of the latest."
    )
    first_began_at: datetime | None = Field(description="When it was called or found first.")
    version: int = Field(
        description="Send it back with a change: the change is refused if somebody was faster."
    )


class AlertEventOut(Output):
    """One thing that happened to an alert."""

    at: datetime
    kind: EventKind
    who: str | None = Field(description="The user or contact who did it; null for the service itself.")
    detail: Mapping[str, Any]


class EpisodeOut(Output):
    """One time at which what an alert is about began."""

    began_at: datetime
    raised_at: datetime
    cleared_at: datetime | None = Field(
        description="When it ended; null while it holds, or where only a person ends it."
    )


class AlertDetailOut(AlertOut):
    """An alert with why it fired and what happened since."""

    reason: Mapping[str, Any] = Field(
        description="The readings, the person's own usual, what was ruled out. Positions only behind the open location gate."
    )
    is_precise: bool = Field(description="Whether the reason holds precise positions.")
    episodes: list[EpisodeOut] = Field(description="Each time at which it was called or found, newest first.")
    events: list[AlertEventOut]

    @staticmethod
    def build(
        alert: Alert,
        events: list[AlertEvent],
        reason: Mapping[str, Any],
        *,
        episodes: list[Episode],
        is_precise: bool,
    ) -> "AlertDetailOut":
        """Return an alert with a reason that is already coarse where it has to be."""
        base = AlertOut.model_validate(alert).model_dump()
        return AlertDetailOut(
            **base,
            reason=reason,
            is_precise=is_precise,
            episodes=[EpisodeOut.model_validate(one) for one in episodes],
            events=[AlertEventOut.model_validate(event) for event in events],
        )


class ClaimIn(Input):
    """Taking an alert on."""

    version: int = Field(ge=1, description="The version that was read.", examples=[3])
    take_over: bool = Field(default=False, description="Take it from whoever holds it, if that was agreed.")


class ProgressIn(Input):
    """How it goes, by whoever holds the alert."""

    version: int = Field(ge=1, description="The version that was read.", examples=[3])
    progress: Progress = Field(description="still, on_the_way, on_site, or later (never an emergency).")
    minutes: int | None = Field(
        default=None, ge=1, le=480, description="In how long they arrive (to 240) or look again (15 to 480)."
    )
    note: Prose = Field(default="", description="Why it is put off; needed with `later`.")


class AssignIn(Input):
    """Giving an alert to a colleague."""

    version: int = Field(ge=1, description="The version that was read.", examples=[3])
    user: Number = Field(description="Who shall hold it: staff who may see the alert.", examples=[2])


class ReopenIn(Input):
    """Putting a closed alert back into the queue."""

    version: int = Field(ge=1, description="The version that was read.", examples=[3])
    note: Prose = Field(min_length=1, description="Why.", examples=["また電話に出ません。"])


class ReleaseIn(Input):
    """Giving an alert back to the queue."""

    version: int = Field(ge=1, description="The version that was read.", examples=[3])


class CloseIn(Input):
    """Ending an alert."""

    version: int = Field(ge=1, description="The version that was read.", examples=[3])
    outcome: Outcome = Field(description="How it ended.")
    note: Prose = Field(default="", description="Needed with the outcome `other`.")


class NoteIn(Input):
    """What the next person should know."""

    note: Prose = Field(min_length=1, examples=["お隣の山田さんが見に行きます。"])


class DeliveryOut(Output):
    """One message on one channel, and what is known of it. Null: not known."""

    message: int = Field(
        validation_alias="notification", description="The message; several channels may have carried it."
    )
    kind: Channel
    state: DeliveryState = Field(
        description="`accepted` is the provider's word; `arrived_at` is its receipt's."
    )
    attempts: int
    planned_at: datetime
    accepted_at: datetime | None
    arrived_at: datetime | None
    read_at: datetime | None
    answered_at: datetime | None
    failed_at: datetime | None
    provider_id: str | None
    parts: int | None
    error: str | None = Field(description="Why the last attempt failed, as a code.")
