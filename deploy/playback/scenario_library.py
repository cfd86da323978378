"""Runs scenarios one after the other on test beds that they share, and checks what was raised."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from deploy.local.postgres_cluster import Cluster
from deploy.playback.scenario_run import (
    BYSTANDERS,
    LONGEST_WATCH,
    STEPS,
    ScenarioCheck,
    ScenarioRun,
    perform,
    plan,
)
from deploy.playback.scenario_test_bed import Grounds, ScenarioTestBed, built
from simulator.scenarios.binding import bind
from simulator.scenarios.scenario import read_scenario


@dataclass(frozen=True)
class Watcher:
    """Callbacks for progress: after each home whose past is stored, and after each step of a run."""

    on_home: Callable[[], None] = lambda: None
    on_step: Callable[[ScenarioRun, timedelta], None] = lambda _run, _span: None


def plans(
    grounds: Grounds,
    names: Sequence[str],
    *,
    bystanders: int = BYSTANDERS,
    crowd: int | None = None,
    watch: timedelta = LONGEST_WATCH,
) -> list[ScenarioRun]:
    """Return the runs of scenarios, by name or file; the rest is as in `plan`.

    Raises
    ------
    InputError
        There is no such scenario, something in it is not allowed, or the ward lacks what it needs.
    """
    found: list[ScenarioRun] = []
    for name in names:
        scenario = read_scenario(name)
        incidents = bind([scenario], grounds.ward, grounds.seed)
        found.append(
            plan(
                name,
                scenario,
                incidents,
                grounds.ward,
                grounds.seed,
                bystanders=bystanders,
                crowd=crowd,
                watch=watch,
            )
        )
    return found


def pasts(runs: Sequence[ScenarioRun]) -> dict[int, set[str]]:
    """Return whose past is needed, by how many days of it."""
    found: dict[int, set[str]] = {}
    for run in runs:
        found.setdefault(run.simulation.history_days, set()).update(home.resident for home in run.homes)
    return found


def verify(
    grounds: Grounds,
    runs: Sequence[ScenarioRun],
    *,
    cluster: Cluster,
    folder: Path,
    template: str | None = None,
    steps: int = STEPS,
    is_hasty: bool = False,
    watcher: Watcher | None = None,
) -> Iterator[ScenarioCheck]:
    """Yield the check of each run; the past of all homes is stored first.

    Parameters
    ----------
    cluster : Cluster
        A running server of our own; databases are made and dropped in it.
    folder : Path
        For ward files.
    template : str, optional
        A database with the tables in it, to begin with.
    steps, is_hasty
        As in `perform`.

    Raises
    ------
    ScenarioCheckError
        A rule failed.
    """
    watching = watcher or Watcher()
    with ExitStack() as lent:
        test_beds: dict[int, ScenarioTestBed] = {}
        for days, residents in pasts(runs).items():
            homes = [home for home in grounds.ward.homes if home.resident in residents]
            test_beds[days] = lent.enter_context(
                built(
                    grounds,
                    homes,
                    days,
                    cluster=cluster,
                    folder=folder,
                    template=template,
                    on_home=watching.on_home,
                )
            )
        for run in runs:
            test_bed = test_beds[run.simulation.history_days]
            yield perform(
                run, test_bed, steps=steps, is_hasty=is_hasty, on_step=partial(watching.on_step, run)
            )
