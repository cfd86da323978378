"""The library of scenarios, evaluated by the whole service: what is raised must not get worse, and nobody may be disturbed without a reason.

The verdict on every event about which somebody should be notified, and every false alert, are kept in scores.json beside this file under
`library`; docs/evaluation.md explains those that are not as they should be. A scenario that is not there must be raised as it says. It is
what `mimamori simulate verify` plays with its own defaults, without bystanders and in longer steps; what concerns the whole ward is played with a
week of history. The long form, with `LONG_FAULTS=1` in the environment, runs under `make test-faults` and plays the month of a slow decline, too.
"""

import json
import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TypedDict

import pytest

from core.domain.simulation import Verdict
from deploy.local.postgres_cluster import Cluster
from deploy.playback.scenario_library import plans, verify
from deploy.playback.scenario_run import ScenarioCheck, ScenarioRun
from deploy.playback.scenario_test_bed import made_up
from simulator.scenarios.scenario import library
from simulator.ward_run import Simulation

STORED = json.loads(Path(__file__).with_name("scores.json").read_text(encoding="utf-8"))["library"]
# The migrated database of the tests.
TEMPLATE = "template_mimamori"
# The better comes first.
RANKS = [Verdict.RAISED, Verdict.WAITING, Verdict.LATE, Verdict.MISSED]
# Homes in which nothing happens but what happens in all of them.
CROWD = 1
# So long it is watched, at most, that nobody is notified of what nobody should be notified of.
WATCH = timedelta(hours=12)
STEPS = 4
PARTS = 5
WARD_HISTORY_DAYS = 7
LONG_ONLY: frozenset[str] = frozenset() if os.environ.get("LONG_FAULTS") else frozenset({"slow_decline"})


def planned(names: list[str]) -> list[ScenarioRun]:
    """Return the plays of scenarios, made small."""
    found = plans(made_up(), names, bystanders=0, crowd=CROWD, watch=WATCH)
    return [replace(run, simulation=_of_the_ward(run.simulation)) for run in found]


def _of_the_ward(simulation: Simulation) -> Simulation:
    concerns_all = any(not incident.resident for incident in simulation.incidents)
    return replace(simulation, history_days=WARD_HISTORY_DAYS) if concerns_all else simulation


@cache
def parts() -> list[list[str]]:
    """Return the library in parts of about the same work; plays of the same homes are together, so that they share a past."""
    runs = sorted(planned([name for name in library() if name not in LONG_ONLY]), key=_homes)
    whole = sum(map(_work, runs))
    found: list[list[str]] = [[] for _ in range(PARTS)]
    done = 0.0
    for run in runs:
        found[min(int(PARTS * done / whole), PARTS - 1)].append(run.name)
        done += _work(run)
    return found


def _homes(run: ScenarioRun) -> tuple[bool, int, list[str]]:
    return run.simulation.history_days > 28, len(run.homes), [home.resident for home in run.homes]


def _work(run: ScenarioRun) -> float:
    # What does not depend on how long it lasts: its database, and the past of its homes.
    return 2.0 + run.home_days


class Score(TypedDict):
    """What is kept of a scenario check: the verdict on each event about which somebody should be notified, and what else was raised."""

    events: dict[str, Verdict]
    false_alerts: list[str]


def score(check: ScenarioCheck) -> Score:
    """Return what is kept of a proof."""
    found = check.comparison
    return {
        "events": {
            f"{one.event.kind} {check.homes.get(one.event.home or 0, 'ward')} {one.event.began_at:%d %H:%M}": one.verdict
            for one in found.expectations
            if one.verdict is not Verdict.NOT_DUE
        },
        "false_alerts": sorted(
            f"{one.rule} {check.homes.get(one.home or 0, 'ward')}" for one in found.false_alerts
        ),
    }


def worse(name: str, found: Score) -> list[str]:
    """Say what of a scenario's score is worse than what is stored, or than all well."""
    stored = STORED.get(name, {})
    events = stored.get("events", {})
    wrong = [
        f"{name}: {event} is {verdict}, was {events.get(event, Verdict.RAISED)}"
        for event, verdict in found["events"].items()
        if RANKS.index(verdict) > RANKS.index(events.get(event, Verdict.RAISED))
    ]
    more = Counter(found["false_alerts"]) - Counter(stored.get("false_alerts", ()))
    wrong += [f"{name}: false alert {alert}" for alert in more.elements()]
    return wrong


@pytest.mark.faults
@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
def test_the_library_is_raised_as_well_as_before(part: int, cluster: Cluster, tmp_path: Path) -> None:
    grounds, runs = made_up(), planned(parts()[part])
    checks = verify(
        grounds, runs, cluster=cluster, folder=tmp_path, template=TEMPLATE, steps=STEPS, is_hasty=True
    )
    scores = {check.run.name: score(check) for check in checks}
    wrong = [line for name, found in scores.items() for line in worse(name, found)]
    assert not wrong, "\n".join([*wrong, "found:", json.dumps(scores, ensure_ascii=False, indent=1)])


def test_what_is_stored_is_about_scenarios_that_are_there() -> None:
    assert set(STORED) <= set(library())
