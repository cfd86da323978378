"""How soon people answered alerts."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from api.schemas.common import Output
from core.domain.escalation.response_times import HourSpan, ResponseStep, StepTimes


class StepTimesOut(Output):
    """How long a step took, in seconds since the alert was opened."""

    step: ResponseStep
    alerts: int = Field(description="Of so many alerts it is known.")
    half_within_s: float = Field(description="Half of them took at most as long.")
    nine_in_ten_within_s: float

    @staticmethod
    def of(one: StepTimes) -> "StepTimesOut":
        """Return a step as it goes out."""
        return StepTimesOut(
            step=one.step,
            alerts=one.alerts,
            half_within_s=one.half.total_seconds(),
            nine_in_ten_within_s=one.most.total_seconds(),
        )


class HourSpanOut(Output):
    """Hours of the day in which alerts were opened, by the service's time zone."""

    from_hour: int
    until_hour: int
    alerts: int
    steps: list[StepTimesOut]

    @staticmethod
    def of(one: HourSpan) -> "HourSpanOut":
        """Return a span as it goes out."""
        return HourSpanOut(
            from_hour=one.first,
            until_hour=one.until,
            alerts=one.alerts,
            steps=[StepTimesOut.of(step) for step in one.steps],
        )


class ResponseTimesOut(Output):
    """How soon alerts about an office's residents were answered."""

    since: datetime
    until: datetime
    emergencies: list[HourSpanOut] = Field(
        description="By hours, put together until each span has alerts of ten residents; empty where there are fewer."
    )
    others: list[HourSpanOut] = Field(description="The same of what can wait minutes or hours.")

    @staticmethod
    def build(
        since: datetime, until: datetime, emergencies: Sequence[HourSpan], others: Sequence[HourSpan]
    ) -> "ResponseTimesOut":
        """Return what was found as it goes out."""
        return ResponseTimesOut(
            since=since,
            until=until,
            emergencies=[HourSpanOut.of(one) for one in emergencies],
            others=[HourSpanOut.of(one) for one in others],
        )
