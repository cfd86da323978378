"""Runs one scenario as fast as possible, and compares what was expected with what was raised."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.clock import HandClock
from core.domain.simulation import Comparison, RaisedAlert, SimulatedEvent, Verdict, compare
from core.errors import InputError, MimamoriError
from core.store.database import Database
from core.store.operation import simulation as store
from core.store.operation.health import health
from deploy.playback.clock_stepping import drive
from deploy.playback.day_services import lay_down_day_services
from deploy.playback.in_process_feed import Feed
from deploy.playback.planned_journeys import lay_down
from deploy.playback.scenario_test_bed import ScenarioTestBed
from detectors.engine.baseline_trainer import BaselineTrainer
from detectors.engine.scheduler import Scheduler
from simulator.incidents.incident import Incident, IncidentKind
from simulator.incidents.kinds import KINDS
from simulator.network.lossy_channel import OutboundMessage
from simulator.scenarios.ground_truth import TrueEvent
from simulator.scenarios.scenario import EVERYONE, Scenario
from simulator.town.ward import HISTORY_DAYS
from simulator.ward_file import SimHome, SimWard
from simulator.ward_run import Simulation

# What is found has times of its own, so longer steps change nothing but how long a run takes. Only silence of equipment must be evaluated
# while it lasts, so it is evaluated besides when something is due.
STEPS = 24
_SHORTEST_STEP, _LONGEST_STEP = timedelta(minutes=30), timedelta(hours=12)
BYSTANDERS = 2
# What nobody should be notified of is watched for so long at most.
LONGEST_WATCH = timedelta(days=7)
_MOST_DAYS = 120
_AFTERWARDS = timedelta(hours=1)
_SLOW = frozenset({IncidentKind.DECLINES, IncidentKind.ILL})
# The rule of slow change compares with two months, and a week lies between.
_SLOW_HISTORY_DAYS = 63


class ScenarioCheckError(MimamoriError):
    """A scenario could not be checked."""


@dataclass(frozen=True)
class ScenarioRun:
    """A scenario ready to run.

    Attributes
    ----------
    simulation : Simulation
        What happens, with the homes that take part alone.
    end : datetime
        Until when; it begins where watching does.
    """

    name: str
    title: str
    simulation: Simulation
    end: datetime

    @property
    def begin(self) -> datetime:
        """When it begins."""
        return self.simulation.ward.origin

    @property
    def homes(self) -> tuple[SimHome, ...]:
        """The homes that take part."""
        return self.simulation.ward.homes

    def moments(self, steps: int = STEPS) -> list[datetime]:
        """Return when everything that was sent by then is evaluated: in about so many steps, and when something is due."""
        length = self.end - self.begin
        step = min(max(length / steps, _SHORTEST_STEP), _LONGEST_STEP)
        found = {self.begin + step * number for number in range(1, -(-length // step))}
        found.update(event.by for event in self.simulation.ground_truth(self.end) if event.by is not None)
        return [*sorted(one for one in found if self.begin < one < self.end), self.end]

    @property
    def home_days(self) -> float:
        """How many days of homes it covers."""
        return len(self.homes) * ((self.end - self.begin) / timedelta(days=1))


@dataclass(frozen=True)
class ScenarioCheck:
    """Expected against raised of a run; `homes` are the names of its homes by number."""

    run: ScenarioRun
    comparison: Comparison
    homes: Mapping[int, str]
    seconds: float


def plan(
    name: str,
    scenario: Scenario,
    incidents: Sequence[Incident],
    ward: SimWard,
    seed: int,
    *,
    bystanders: int = BYSTANDERS,
    crowd: int | None = None,
    watch: timedelta = LONGEST_WATCH,
) -> ScenarioRun:
    """Return the run of a scenario: which homes, with how much of a past, and for how long.

    Parameters
    ----------
    incidents : sequence of Incident
        The scenario's, bound to the ward.
    bystanders : int
        How many homes take part in which nothing happens.
    crowd : int or None
        Of the homes in which nothing happens but what happens in all homes: how many take part; None for all.
    watch : timedelta
        For how long, at most, it is watched that nobody is notified of what nobody should be notified of.

    Raises
    ------
    InputError
        Something happens too late to be run.
    """
    slow = any(incident.kind in _SLOW for incident in incidents)
    days = _SLOW_HISTORY_DAYS if slow else HISTORY_DAYS
    homes = _cast(scenario, ward, incidents, bystanders, crowd)
    simulation = Simulation(replace(ward, homes=homes), tuple(incidents), seed, days)
    return ScenarioRun(name, scenario.title, simulation, _end(name, simulation, watch))


def perform(
    run: ScenarioRun,
    test_bed: ScenarioTestBed,
    *,
    steps: int = STEPS,
    is_hasty: bool = False,
    on_step: Callable[[timedelta], None] = lambda _span: None,
) -> ScenarioCheck:
    """Run on a test bed that has its homes, in about so many steps.

    Parameters
    ----------
    is_hasty : bool
        End as soon as everything is raised that should be, if nothing happens of which nobody should be notified.
    on_step : callable
        Called with how far it went on.

    Raises
    ------
    ScenarioCheckError
        A rule failed, so nothing can be said.
    """
    began = time.monotonic()
    with test_bed.copy(run.homes) as database:
        with database.transaction() as connection:
            lay_down(connection, run.simulation.ground_truth(run.end), run.begin)
            lay_down_day_services(connection, run.simulation)
            homes = store.home_names(connection)
        before = run.begin
        raised: dict[RaisedAlert, None] = {}
        comparison = Comparison((), ())
        transport = InProcess(run, database, test_bed.grounds.zone)
        for moment in drive(run.simulation.live(run.begin), run.moments(steps), transport):
            on_step(moment - before)
            before = moment
            comparison = _compared(run, database, homes, raised)
            if is_hasty and all(one.verdict is Verdict.RAISED for one in comparison.expectations):
                break
    return ScenarioCheck(run, comparison, homes, time.monotonic() - began)


def _compared(
    run: ScenarioRun, database: Database, homes: Mapping[int, str], raised: dict[RaisedAlert, None]
) -> Comparison:
    """Compare; what is `raised` stays so, also if late data take it back."""
    with database.transaction() as connection:
        if health(connection).failing_watches:
            raise ScenarioCheckError(f"{run.name}: a rule failed in a home; the log above says which and why")
        alerts = store.alerts(connection, run.begin)
    raised.update(dict.fromkeys(alerts))
    numbers = {name: number for number, name in homes.items()}
    events = [
        _event(place, one, numbers) for place, one in enumerate(run.simulation.ground_truth(run.end), 1)
    ]
    lasting = compare(events, alerts, run.end)
    return replace(lasting, expectations=compare(events, list(raised), run.end).expectations)


class InProcess:
    """Transport within this process: the code of ingest and detectors, without a broker, on a clock that is set.

    Parameters
    ----------
    database : Database
        One with the homes of the run and their past.
    zone : ZoneInfo
        The ward's.
    """

    def __init__(self, run: ScenarioRun, database: Database, zone: ZoneInfo) -> None:
        self._clock = HandClock(run.begin)
        self._feed = Feed(database, zone)
        for stream in run.simulation.streams():
            # What happened on the day of the beginning before it may belong to the scenario.
            self._feed.past(stream.history(0), run.begin)
        trainer = BaselineTrainer(database, self._clock)
        while trainer.train_one():
            pass
        self._scheduler = Scheduler(database, self._clock, zone)

    def advance(self, messages: Sequence[OutboundMessage], moment: datetime) -> None:
        """Store messages as ingest does, set the clock, and evaluate what is due."""
        self._feed.until(moment, messages)
        self._clock.set(moment)
        self._scheduler.cycle()


def _cast(
    scenario: Scenario, ward: SimWard, incidents: Sequence[Incident], bystanders: int, crowd: int | None
) -> tuple[SimHome, ...]:
    if any(not incident.resident for incident in incidents):
        return ward.homes
    everywhere = {event.kind for event in scenario.events if event.resident == EVERYONE}
    marked = {one.resident for one in incidents if KINDS[one.kind].raises or one.kind not in everywhere}
    struck = {one.resident for one in incidents}
    calm, others = _parted((home.resident for home in ward.homes if home.resident not in marked), struck)
    played = {*marked, *others[:crowd], *calm[:bystanders]}
    return tuple(home for home in ward.homes if home.resident in played)


def _parted(keys: Iterable[str], struck: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the residents to whom nothing happens, and the others."""
    calm: list[str] = []
    others: list[str] = []
    for key in keys:
        (others if key in struck else calm).append(key)
    return calm, others


def _end(name: str, simulation: Simulation, watch: timedelta) -> datetime:
    """Return when everything is due that happens for the first time."""
    origin = simulation.ward.origin
    end = origin
    seen: set[tuple[str, str]] = set()
    again = {(one.kind, one.resident) for one in simulation.incidents if one.every_days}
    for event in simulation.ground_truth(origin + timedelta(days=_MOST_DAYS)):
        whose = (event.kind, event.resident)
        if whose in again and whose in seen:
            continue
        seen.add(whose)
        over = min(event.ends, event.begins + watch)
        end = max(end, over, event.by or over)
    if end == origin:
        raise InputError(
            f"{name}: nothing of it comes about within {_MOST_DAYS} days; `mimamori simulate check` says what is planned"
        )
    return end + _AFTERWARDS


def _event(number: int, event: TrueEvent, homes: Mapping[str, int]) -> SimulatedEvent:
    return SimulatedEvent(
        number=number,
        kind=event.kind,
        home=homes[event.home] if event.home else None,
        began_at=event.begins,
        ended_at=event.ends,
        raises=event.raises,
        due_at=event.by,
        is_injected=False,
    )
