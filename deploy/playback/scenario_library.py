"""Proves scenarios one after the other on stages that they share."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from deploy.local.postgres_cluster import Cluster
from deploy.playback.scenario_run import BYSTANDERS, LONGEST_WATCH, STEPS, Play, Proof, perform, plan
from deploy.playback.scenario_stage import Grounds, Stage, built
from simulator.scenarios.binding import bind
from simulator.scenarios.scenario import read_scenario


@dataclass(frozen=True)
class Watcher:
    """Is told how it goes: of each home whose past is stored, and of each step of a play."""

    on_home: Callable[[], None] = lambda: None
    on_step: Callable[[Play, timedelta], None] = lambda _play, _span: None


def plans(
    grounds: Grounds,
    names: Sequence[str],
    *,
    bystanders: int = BYSTANDERS,
    crowd: int | None = None,
    watch: timedelta = LONGEST_WATCH,
) -> list[Play]:
    """Return what is to be played of scenarios, by name or file; the rest is as in `plan`.

    Raises
    ------
    InputError
        There is no such scenario, something in it is not allowed, or the ward lacks what it needs.
    """
    found: list[Play] = []
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


def pasts(plays: Sequence[Play]) -> dict[int, set[str]]:
    """Return whose past is needed, by how many days of it."""
    found: dict[int, set[str]] = {}
    for play in plays:
        found.setdefault(play.simulation.history_days, set()).update(home.resident for home in play.homes)
    return found


def prove(
    grounds: Grounds,
    plays: Sequence[Play],
    *,
    cluster: Cluster,
    folder: Path,
    template: str | None = None,
    steps: int = STEPS,
    is_hasty: bool = False,
    watcher: Watcher | None = None,
) -> Iterator[Proof]:
    """Yield what came of each play; the past of all homes is stored first.

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
    ProofError
        A rule failed.
    """
    told = watcher or Watcher()
    with ExitStack() as lent:
        stages: dict[int, Stage] = {}
        for days, residents in pasts(plays).items():
            homes = [home for home in grounds.ward.homes if home.resident in residents]
            stages[days] = lent.enter_context(
                built(
                    grounds,
                    homes,
                    days,
                    cluster=cluster,
                    folder=folder,
                    template=template,
                    on_home=told.on_home,
                )
            )
        for play in plays:
            stage = stages[play.simulation.history_days]
            yield perform(play, stage, steps=steps, is_hasty=is_hasty, on_step=partial(told.on_step, play))
