"""Events for other programs that did not arrive."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from api.schemas.common import Output
from core.domain.alert import NotificationKind
from core.domain.delivery.record import DeliveryResult, DeliveryState
from core.store.alerts.webhook_redeliveries import FailedEvent, Redelivery


class RedeliveryOut(Output):
    """That somebody had an event sent again; `result` is null until that is done."""

    asked_at: datetime
    who: str | None
    done_at: datetime | None
    result: DeliveryResult | None
    error: str | None = Field(description="Why it was not taken, as a code.")


class FailedEventOut(Output):
    """An event that its receiver did not take when it was due."""

    number: int
    alert: int
    type: str = Field(description="As in the event, such as `alert.opening`.")
    contact: int
    contact_name: str
    address: str = Field(description="As much of it as may be shown.")
    planned_at: datetime
    state: DeliveryState
    error: str | None
    accepted_at: datetime | None = Field(description="When it was taken after all.")
    can_be_sent: bool
    is_waiting: bool
    redeliveries: list[RedeliveryOut] = Field(description="The newest first.")

    @staticmethod
    def of(one: FailedEvent, history: Sequence[Redelivery]) -> "FailedEventOut":
        """Return an event as it goes out."""
        return FailedEventOut(
            number=one.number,
            alert=one.alert,
            type=event_type(one.kind),
            contact=one.contact,
            contact_name=one.contact_name,
            address=one.address,
            planned_at=one.planned_at,
            state=one.state,
            error=one.error,
            accepted_at=one.accepted_at,
            can_be_sent=one.can_be_sent,
            is_waiting=one.is_waiting,
            redeliveries=[
                RedeliveryOut.model_validate(past) for past in history if past.delivery == one.number
            ],
        )


def event_type(kind: NotificationKind) -> str:
    """Return the type that an event has."""
    return f"alert.{kind.value}"
