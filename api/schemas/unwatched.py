"""When no home could be watched by a fault of ours."""

from datetime import datetime

from pydantic import Field

from api.schemas.common import Output
from core.store.operation.evaluation_gaps import EvaluationGap, UnwatchedHomes


class UnwatchedHomeOut(Output):
    """A home that was not watched, from when until when."""

    home: int
    resident: int = Field(description="Who lives there, the first of them.")
    names: str
    began_at: datetime
    ended_at: datetime | None = Field(description="Null while it lasts.")
    alerts: list[int] = Field(description="Alerts about that time which were found late.")


class UnwatchedOut(Output):
    """A time in which no home was watched; `homes` counts all of the office, `first` holds at most 200 of them."""

    began_at: datetime
    ended_at: datetime | None = Field(description="When all that waited was evaluated; null while it lasts.")
    known_at: datetime = Field(description="When we noticed it.")
    cause: str = Field(examples=["not_evaluated", "ingest_behind", "broker_unreachable", "no_life_sign"])
    homes: int
    first: list[UnwatchedHomeOut]

    @staticmethod
    def of(span: EvaluationGap, found: UnwatchedHomes) -> "UnwatchedOut":
        """Return a span with its homes as it goes out."""
        return UnwatchedOut(
            began_at=span.began_at,
            ended_at=span.ended_at,
            known_at=span.known_at,
            cause=span.cause,
            homes=found.homes,
            first=[UnwatchedHomeOut.model_validate(one) for one in found.first],
        )
