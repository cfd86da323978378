"""The roster of an office."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.schemas.common import Input, Moment, Output
from core.domain.escalation.duty import DutyShift

_Contact = Annotated[int, Field(ge=1, le=2**31 - 1)]


class DutyShiftIn(Input):
    """Somebody to put on the roster; `weeks` in how many weeks, one after the other, at the same hours."""

    person: _Contact = Field(description="A contact of the office.")
    substitute: _Contact | None = None
    began_at: Moment
    ended_at: Moment
    weeks: Annotated[int, Field(ge=1, le=26)] = 1


class SubstitutionIn(Input):
    """Whether the substitute takes the shift."""

    is_substituted: bool


class DutyPersonOut(Output):
    """Somebody on a roster; `is_able`: messages reach them on some channel."""

    number: int
    name: str
    is_able: bool


class DutyShiftOut(Output):
    """A shift; `asked` is who is asked, null where neither can be reached: the centre is asked then."""

    number: int
    began_at: datetime
    ended_at: datetime
    person: DutyPersonOut
    substitute: DutyPersonOut | None
    is_substituted: bool
    asked: int | None

    @staticmethod
    def of(one: DutyShift) -> "DutyShiftOut":
        """Return a shift as it goes out."""
        return DutyShiftOut(
            number=one.number,
            began_at=one.began_at,
            ended_at=one.ended_at,
            person=DutyPersonOut.model_validate(one.person),
            substitute=None if one.substitute is None else DutyPersonOut.model_validate(one.substitute),
            is_substituted=one.is_substituted,
            asked=None if one.asked is None else one.asked.number,
        )


class DutyGapOut(Output):
    """A stretch in which the policy asks whoever is on duty, and nobody is."""

    began_at: datetime
    ended_at: datetime


class DutyRosterOut(Output):
    """The shifts and gaps of the next days, and who can be on the roster."""

    shifts: list[DutyShiftOut]
    gaps: list[DutyGapOut]
    people: list[DutyPersonOut]
