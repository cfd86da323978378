"""Quiet limits: where, for how long, and in which hours."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from api.schemas.common import Input, Output, ShortText
from api.schemas.geofences import HoursIO
from core.domain.agreed.quiet_limit import LONGEST_MIN, SHORTEST_MIN, QuietLimit


class QuietLimitIn(Input):
    """A new limit: about a room (`place`), one device (`device`), or, with neither, anything in the home."""

    place: ShortText = Field(default="", examples=["kitchen"])
    device: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    quiet_min: Annotated[int, Field(ge=SHORTEST_MIN, le=LONGEST_MIN, examples=[240])]
    hours: HoursIO = Field(
        default=HoursIO(),
        description="A silence is counted from their beginning at the earliest, and must reach `quiet_min` before they end.",
    )

    @model_validator(mode="after")
    def _looks_at_one_thing(self) -> "QuietLimitIn":
        if self.place and self.device is not None:
            raise ValueError("give a place or a device, not both")
        return self


class QuietLimitOut(Output):
    """A limit that holds; `place` of one about a device is where it is, and `kind` what it is."""

    number: int
    resident: int
    place: str
    device: int | None
    kind: str
    quiet_min: int
    hours: HoursIO
    created_at: datetime | None

    @staticmethod
    def of(one: QuietLimit) -> "QuietLimitOut":
        """Return a limit as it goes out."""
        given = {name: getattr(one, name) for name in QuietLimitOut.model_fields if name != "hours"}
        hours = HoursIO(days=one.hours.days, start=one.hours.start, end=one.hours.end)
        return QuietLimitOut.model_validate(given | {"hours": hours})
