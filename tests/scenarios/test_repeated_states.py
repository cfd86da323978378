"""A collapse behind each habit that says states again: the alarm comes as in silence, and stays open while she lies."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain.rules import INACTIVITY
from core.store.alerts.alerts import open_alerts
from core.store.operation import simulation
from deploy.local.postgres_cluster import Cluster
from deploy.playback.clock_stepping import drive
from deploy.playback.scenario_library import plans
from deploy.playback.scenario_run import InProcess, ScenarioRun
from deploy.playback.scenario_test_bed import ScenarioTestBed, built, made_up
from simulator.scenarios.scenario import library

HABITS = [
    f"collapse_{kind}"
    for kind in (
        *("bridge_restarts", "radar_repeats", "motion_held"),
        *("status_answers", "availability_pings", "update_checks"),
    )
]
SILENT = """
title = "The same collapse, and nothing is said again"

[[event]]
kind = "collapse"
resident = "r002"
at = "10:00"
for_h = 10.0
"""
FALL, STILL_THERE = (datetime.fromisoformat(f"2026-08-01T{hour}:00:00+09:00") for hour in (10, 19))


def raised(run: ScenarioRun, test_bed: ScenarioTestBed) -> datetime:
    """Return when the collapse was raised, and see that this alert is the only one and open in the evening."""
    moments = [run.begin + timedelta(hours=one) for one in range(2, 13, 2)]
    with test_bed.copy(run.homes) as database:
        transport = InProcess(run, database, test_bed.grounds.zone)
        for moment in drive(run.simulation.live(run.begin), [*moments, STILL_THERE], transport):
            assert moment <= STILL_THERE
        with database.transaction() as connection:
            ever = [
                one.raised_at
                for one in simulation.alerts(connection, run.begin)
                if one.rule == INACTIVITY.name
            ]
            still_open = [
                one.raised_at
                for one in open_alerts(connection, STILL_THERE)
                if one.rule == INACTIVITY.name and one.cleared_at is None
            ]
    assert ever == still_open
    (only,) = ever
    return only


@pytest.mark.timeout(240)
def test_no_habit_puts_the_alarm_of_a_collapse_off_or_clears_it(cluster: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "silent.toml"
    file.write_text(SILENT, encoding="utf-8")
    assert set(HABITS) <= set(library())
    grounds = made_up()
    silent, *others = plans(grounds, [str(file), *HABITS], bystanders=0)
    with built(
        grounds,
        silent.homes,
        silent.simulation.history_days,
        cluster=cluster,
        folder=tmp_path,
        template="template_mimamori",
    ) as test_bed:
        as_in_silence = raised(silent, test_bed)
        assert FALL < as_in_silence < FALL + timedelta(hours=3)
        late = {run.name: raised(run, test_bed) - as_in_silence for run in others}
    assert {name: by for name, by in late.items() if abs(by) > timedelta(minutes=10)} == {}
