"""Planned absences, and what is usual for a resident."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.common import Input, Moment, Output, Prose
from api.schemas.geofences import HoursIO, to_hours
from core.domain.geofence import Hours
from core.domain.planned_absence import Absence, AbsenceKind

# Longer than this is a move, not an absence.
LONGEST = timedelta(days=366)
TOO_LONG: Final = "absence_too_long"
NO_END: Final = "absence_no_end"
END_BEFORE_BEGIN: Final = "absence_end_before_begin"


Note = Annotated[Prose, StringConstraints(max_length=200)]


class AbsenceIn(Input):
    """A planned absence: once from `began_at` to `ended_at`, or in `hours` of every week from `began_at` on."""

    kind: AbsenceKind
    began_at: Moment
    ended_at: Moment | None = Field(
        default=None,
        description="Needed unless it is weekly, which goes on without, or a stay in hospital, about which somebody is asked once a week.",
    )
    hours: HoursIO | None = Field(default=None, description="For one that comes every week.")
    note: Note = ""

    @model_validator(mode="after")
    def _is_a_span(self) -> "AbsenceIn":
        if self.hours is None and self.ended_at is None and self.kind is not AbsenceKind.HOSPITAL:
            raise PydanticCustomError(
                NO_END, "say when it ends (ended_at), or in which hours it comes every week (hours)"
            )
        if self.ended_at is not None and self.ended_at <= self.began_at:
            raise PydanticCustomError(END_BEFORE_BEGIN, "the end must come after the beginning")
        if self.hours is None and self.ended_at is not None and self.ended_at - self.began_at > LONGEST:
            raise PydanticCustomError(TOO_LONG, "it is longer than {days} days", {"days": LONGEST.days})
        return self

    def to_hours(self) -> Hours | None:
        """Return the hours as the domain has them."""
        return None if self.hours is None else to_hours(self.hours)


class AbsenceOut(Output):
    """A planned absence. While it lasts, silence at home is not raised; a day service counts from leaving the home."""

    number: int
    kind: AbsenceKind
    began_at: datetime
    ended_at: datetime | None
    hours: HoursIO | None
    note: str
    created_at: datetime
    created_by: str | None
    cancelled_at: datetime | None
    needs_second: bool = Field(description="Whether it holds only when somebody else has confirmed it.")
    is_waiting: bool = Field(description="Whether nobody has yet: the watch goes on.")
    expires_at: datetime = Field(description="Until when somebody may.")
    confirmed_at: datetime | None
    confirmed_by: str | None
    asked_at: datetime | None = Field(
        description="When somebody was last asked whether a stay without an end goes on."
    )
    still_at: datetime | None = Field(description="When somebody last said that it does.")

    @staticmethod
    def of(one: Absence) -> "AbsenceOut":
        """Return an absence as it goes out."""
        hours = None
        if one.hours is not None:
            hours = HoursIO(days=one.hours.days, start=one.hours.start, end=one.hours.end)
        given = {name: getattr(one, name) for name in AbsenceOut.model_fields if name != "hours"}
        return AbsenceOut.model_validate(given | {"hours": hours})


class HabitOut(Output):
    """When something usually happens, by the clock on the wall."""

    at: str = Field(examples=["6:20"], description="The median.")
    by: str = Field(examples=["6:35"], description="By then on most days.")
    days: int


class UsualOut(Output):
    """What is usual for a resident, learned from the last four weeks; null where it is not known yet."""

    learned_for: str | None = Field(examples=["2026-11-23"])
    version: int
    days: int
    up: HabitOut | None
    down: HabitOut | None
    night_visits: float | None = Field(description="Visits to the bathroom in a usual night, 22:00 to 6:00.")
    longest_outing_min: float | None
    sentences: list[str] = Field(description="The same in plain words, in the user's language.")
