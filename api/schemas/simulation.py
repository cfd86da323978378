"""The simulated ward: how it goes, what was expected against what was raised, and what testers ask for."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.schemas.common import Input, Output
from core.domain.simulation import Injectable

HomeNumber = Annotated[int, Field(ge=1, le=2_147_483_647)]


class RaisedOut(Output):
    """An alert as it was raised."""

    alert: int
    rule: str
    home: int | None
    raised_at: datetime
    notified_at: datetime | None = Field(
        description="When the first message that asks somebody to act was accepted; of equipment, when it came on the board."
    )


class ExpectationOut(Output):
    """Something that really happened, and the alert that was raised for it."""

    kind: str = Field(examples=["collapse"])
    home: int | None = Field(description="Null for the whole ward.")
    began_at: datetime
    ended_at: datetime
    raises: list[str] = Field(
        description="Rules of which one should raise it; empty: nobody should be disturbed."
    )
    due_at: datetime | None
    injected: bool
    verdict: str = Field(description="told, late, missed, waiting or not_due.")
    alert: RaisedOut | None
    delay_s: float | None = Field(description="From the beginning until people were notified.")


class InjectionRequestOut(Output):
    """Something that was asked for, and what became of it."""

    number: int
    at: datetime
    home: int
    kind: str
    taken_at: datetime | None
    problem: str


class SimulationOut(Output):
    """How the simulation goes, and what was expected against what was got."""

    wanted: bool
    running: bool
    problem: str
    homes: int
    devices: int
    messages: int
    scenarios: list[str]
    reported_at: datetime
    home_names: dict[int, str]
    expectations: list[ExpectationOut] = Field(description="The newest first.")
    false_alerts: list[RaisedOut] = Field(description="Alerts that belong to nothing that happened.")
    wishes: list[InjectionRequestOut]


class SimulationIn(Input):
    """Whether the ward should be played."""

    wanted: bool


class InjectionRequestIn(Input):
    """What should happen, and in which home."""

    kind: Injectable
    home: HomeNumber


class InjectionRequestMadeOut(Output):
    """The number of what was asked for."""

    number: int
