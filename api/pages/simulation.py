"""The page of testers: play or stop the simulated ward, make something happen, and see expected against got. Not in production."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.actions import simulation as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, NowDep, Tester, refuse_production
from api.locale import Words
from api.pages.rendering import HtmlPage
from api.schemas.simulation import HomeNumber
from core.domain.simulation import Expectation, Injectable, RaisedAlert, Verdict, compare
from core.store.operation import simulation

router = APIRouter(dependencies=[Depends(refuse_production)])
_BACK = timedelta(days=2)
_MARKS = {
    Verdict.RAISED: "ok",
    Verdict.LATE: "p2",
    Verdict.MISSED: "p1",
    Verdict.WAITING: "unknown",
    Verdict.NOT_DUE: "unknown",
}


@dataclass(frozen=True)
class SimulationEventRow:
    """One thing that happened, in words; `mark` is the shape and colour of how it was raised."""

    began_at: datetime
    home: str
    what: str
    is_injected: bool
    should: str
    got: str
    mark: str
    alert: int | None


@dataclass(frozen=True)
class RaisedAlertRow:
    """An alert that belongs to nothing."""

    number: int
    home: str
    rule: str
    raised_at: datetime


@router.get("/sim")
def show(request: Request, viewer: Tester, connection: ConnectionDep, now: NowDep) -> Response:
    """Show how the simulation goes, and what was expected against what was got."""
    page = HtmlPage(request, viewer)
    homes = simulation.home_names(connection)
    compared = compare(
        simulation.events(connection, now - _BACK, now),
        simulation.alerts(connection, now - _BACK),
        now,
        by_delivery=True,
    )
    return page.render(
        "simulation.html",
        {
            "state": simulation.state(connection),
            "homes": homes,
            "kinds": list(Injectable),
            "lines": [_event(one, homes, page) for one in compared.expectations],
            "false_alerts": [_alert(one, homes, page) for one in compared.false_alerts],
            "notes": _notes(simulation.injection_requests(connection), homes, page.words),
        },
    )


@router.post("/sim/wanted")
def want(
    viewer: Tester, connection: ConnectionDep, now: NowDep, wanted: Annotated[str, Form()] = ""
) -> Response:
    """Start or stop the simulation."""
    actions.set_running(ActionContext(connection, viewer, now), is_wanted=wanted == "yes")
    return RedirectResponse("/sim?said=sim_wanted", 303)


@router.post("/sim/wishes")
def inject(
    viewer: Tester,
    connection: ConnectionDep,
    now: NowDep,
    kind: Annotated[Injectable, Form()],
    home: Annotated[HomeNumber, Form()],
) -> Response:
    """Make something happen now."""
    actions.inject(ActionContext(connection, viewer, now), kind=kind, home=home)
    return RedirectResponse("/sim?said=sim_asked", 303)


def _event(one: Expectation, homes: dict[int, str], page: HtmlPage) -> SimulationEventRow:
    words, event = page.words, one.event
    delay = "" if one.delay is None else page.times.length(one.delay)
    got = "still_waiting" if one.verdict is Verdict.WAITING else one.verdict.value
    should = words("sim.nobody")
    if event.due_at is not None:
        rules = " / ".join(_rule(rule, words) for rule in event.raises)
        should = words("sim.by", rules=rules, by=page.times.clock_text(event.due_at))
    return SimulationEventRow(
        event.began_at,
        words("sim.whole_ward") if event.home is None else homes.get(event.home, ""),
        _named("happens", event.kind, words),
        event.is_injected,
        should,
        words(f"sim.{got}", delay=delay) if delay else words(f"sim.{got}"),
        _MARKS[one.verdict],
        None if one.alert is None else one.alert.number,
    )


def _alert(one: RaisedAlert, homes: dict[int, str], page: HtmlPage) -> RaisedAlertRow:
    home = page.words("sim.whole_ward") if one.home is None else homes.get(one.home, "")
    return RaisedAlertRow(one.number, home, _rule(one.rule, page.words), one.raised_at)


def _notes(requests: list[simulation.InjectionRequest], homes: dict[int, str], words: Words) -> list[str]:
    """Say which of the latest requests wait, or could not be fulfilled."""
    notes: list[str] = []
    for one in requests[:3]:
        said = {"home": homes.get(one.home, ""), "what": _named("happens", one.kind, words)}
        if one.executed_at is None:
            notes.append(words("sim.wish_open", **said))
        elif one.problem:
            notes.append(words("sim.wish_problem", **said))
    return notes


def _rule(rule: str, words: Words) -> str:
    return _named("rule", rule, words)


def _named(table: str, name: str, words: Words) -> str:
    return words(f"{table}.{name}") if words.has(f"{table}.{name}") else name
