"""For testers of the demo: stop and start the simulated ward, make something happen, and compare what was told with what was true."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from api.dependencies import Admin, ConnectionDep, NowDep, refuse_production
from api.schemas.common import Input, Output
from core.domain.simulation import Expectation, Injectable, RaisedAlert, compare
from core.errors import NotFoundError
from core.store.operation import simulation

_NONE = "there is no simulation here"
Days = Annotated[int, Query(ge=1, le=28, description="How many days back to compare.")]


router = APIRouter(tags=["simulation"], dependencies=[Depends(refuse_production)])


class RaisedOut(Output):
    """An alert as it was raised."""

    alert: int
    rule: str
    home: int | None
    raised_at: datetime


class ExpectationOut(Output):
    """Something that really happened, and how it was told."""

    kind: str = Field(examples=["collapse"])
    home: int | None = Field(description="Null for the whole ward.")
    began_at: datetime
    ended_at: datetime
    raises: list[str] = Field(
        description="Rules of which one should tell; empty: nobody should be disturbed."
    )
    due_at: datetime | None
    injected: bool
    verdict: str = Field(description="told, late, missed, waiting or not_due.")
    alert: RaisedOut | None
    delay_s: float | None


class WishOut(Output):
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
    wishes: list[WishOut]


class SimulationIn(Input):
    """Whether the ward should be played."""

    wanted: bool


class WishIn(Input):
    """What should happen, and in which home."""

    kind: Injectable
    home: int = Field(ge=1, le=2_147_483_647)


class WishMadeOut(Output):
    """The number of what was asked for."""

    number: int


@router.get("/simulation", summary="Expected against got")
def show_simulation(_viewer: Admin, connection: ConnectionDep, now: NowDep, days: Days = 2) -> SimulationOut:
    """Return how the simulated ward goes, what really happened in it and which alerts told of it. Not in production."""
    found = simulation.state(connection)
    if found is None:
        raise NotFoundError(_NONE)
    since = now - timedelta(days=days)
    events = simulation.events(connection, since, now)
    compared = compare(events, simulation.alerts(connection, since), now)
    return SimulationOut(
        wanted=found.is_wanted,
        running=found.is_running,
        problem=found.problem,
        homes=found.homes,
        devices=found.devices,
        messages=found.messages,
        scenarios=list(found.scenarios),
        reported_at=found.reported_at,
        home_names=simulation.home_names(connection),
        expectations=[_expectation(one) for one in compared.expectations],
        false_alerts=_raised(compared.false_alerts),
        wishes=[
            WishOut(
                number=wish.number,
                at=wish.at,
                home=wish.home,
                kind=wish.kind,
                taken_at=wish.taken_at,
                problem=wish.problem,
            )
            for wish in simulation.wishes(connection)
        ],
    )


@router.patch("/simulation", summary="Start or stop the simulated ward", status_code=204)
def want_simulation(_viewer: Admin, connection: ConnectionDep, body: SimulationIn) -> None:
    """Ask for the simulation to run or to stop; it follows within a second."""
    simulation.want(connection, is_wanted=body.wanted)


@router.post("/simulation/wishes", summary="Make something happen now", status_code=201)
def wish(viewer: Admin, connection: ConnectionDep, now: NowDep, body: WishIn) -> WishMadeOut:
    """Ask for something to happen in a home; whether it could be done shows in the list of wishes."""
    if simulation.state(connection) is None:
        raise NotFoundError(_NONE)
    number = simulation.add_wish(connection, home=body.home, kind=body.kind, user=viewer.number, now=now)
    return WishMadeOut(number=number)


def _expectation(one: Expectation) -> ExpectationOut:
    event = one.event
    return ExpectationOut(
        kind=event.kind,
        home=event.home,
        began_at=event.began_at,
        ended_at=event.ended_at,
        raises=list(event.raises),
        due_at=event.due_at,
        injected=event.is_injected,
        verdict=one.verdict,
        alert=None if one.alert is None else _raised([one.alert])[0],
        delay_s=None if one.delay is None else one.delay.total_seconds(),
    )


def _raised(alerts: Sequence[RaisedAlert]) -> list[RaisedOut]:
    return [
        RaisedOut(alert=alert.number, rule=alert.rule, home=alert.home, raised_at=alert.raised_at)
        for alert in alerts
    ]
