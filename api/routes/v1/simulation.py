"""For testers of the demo: stop and start the simulated ward, make something happen, and compare what was raised with what was true."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.actions import simulation as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, NowDep, Tester, refuse_production
from api.schemas.simulation import (
    ExpectationOut,
    InjectionRequestIn,
    InjectionRequestMadeOut,
    InjectionRequestOut,
    RaisedOut,
    SimulationIn,
    SimulationOut,
)
from core.domain.simulation import Expectation, RaisedAlert, compare
from core.errors import NotFoundError
from core.store.operation import simulation

_NONE = "there is no simulation here"
Days = Annotated[int, Query(ge=1, le=28, description="How many days back to compare.")]


router = APIRouter(tags=["simulation"], dependencies=[Depends(refuse_production)])


@router.get("/simulation", summary="Expected against got")
def show_simulation(_viewer: Tester, connection: ConnectionDep, now: NowDep, days: Days = 2) -> SimulationOut:
    """Return how the simulated ward goes, what really happened in it and which alerts were raised for it. Not in production."""
    found = simulation.state(connection)
    if found is None:
        raise NotFoundError(_NONE)
    since = now - timedelta(days=days)
    events = simulation.events(connection, since, now)
    compared = compare(events, simulation.alerts(connection, since), now, by_delivery=True)
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
            InjectionRequestOut(
                number=one.number,
                at=one.at,
                home=one.home,
                kind=one.kind,
                taken_at=one.executed_at,
                problem=one.problem,
            )
            for one in simulation.injection_requests(connection)
        ],
    )


@router.patch("/simulation", summary="Start or stop the simulated ward", status_code=204)
def want_simulation(viewer: Tester, connection: ConnectionDep, now: NowDep, body: SimulationIn) -> None:
    """Ask for the simulation to run or to stop; it follows within a second."""
    actions.set_running(ActionContext(connection, viewer, now), is_wanted=body.wanted)


@router.post("/simulation/wishes", summary="Make something happen now", status_code=201)
def wish(
    viewer: Tester, connection: ConnectionDep, now: NowDep, body: InjectionRequestIn
) -> InjectionRequestMadeOut:
    """Ask for something to happen in a home; whether it could be done shows in the list of wishes."""
    number = actions.inject(ActionContext(connection, viewer, now), kind=body.kind, home=body.home)
    return InjectionRequestMadeOut(number=number)


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
        RaisedOut(
            alert=alert.number,
            rule=alert.rule,
            home=alert.home,
            raised_at=alert.raised_at,
            notified_at=alert.notified_at,
        )
        for alert in alerts
    ]
