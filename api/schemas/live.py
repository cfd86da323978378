"""Events of the live stream."""

from datetime import datetime

from pydantic import Field

from api.schemas.common import Output
from core.domain.alert import Alert, Condition, Handling


class AlertChange(Output):
    """An alert that was opened or changed; read it for more."""

    number: int
    version: int
    severity: int = Field(description="1 emergency, 2 check soon, 3 keep an eye, 4 equipment")
    rule: str
    resident: int | None
    condition: Condition
    handling: Handling
    claimed_by: str | None

    @staticmethod
    def of(alert: Alert) -> "AlertChange":
        """Return the change that holds the alert's present state."""
        return AlertChange.model_validate(alert)


class StatesOut(Output):
    """How many residents are in each state."""

    with_alert: int
    as_usual: int
    different: int
    cannot_tell: int
    paused: int


class StatusTick(Output):
    """The proof, every five seconds, that the page is alive."""

    now: datetime
    last_received_at: datetime | None
    devices_heard: int
    devices_expected: int
    is_blind: bool = Field(description="Nothing new can be seen: do not look calm.")
    states: StatesOut
    session_ends_in_s: float | None = Field(
        default=None, description="When the reader will be signed out; pages offer to stay before."
    )
