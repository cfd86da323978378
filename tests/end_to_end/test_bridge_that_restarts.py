"""A collapse in a home whose Zigbee2MQTT restarts every three hours and says all its states again, through broker, ingest and detectors."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.domain.rules import INACTIVITY
from core.store.alerts.alerts import open_alerts
from core.store.database import Database
from core.store.operation import simulation
from deploy.local.mosquitto import SIMULATOR, Broker
from deploy.local.postgres_cluster import Cluster
from deploy.playback.clock_stepping import SteppedProcesses, Transport, drive
from deploy.playback.scenario_library import plans
from deploy.playback.scenario_run import InProcess, ScenarioRun
from deploy.playback.scenario_test_bed import built, made_up
from simulator.network.publisher import BrokerAddress, Publisher

SILENT = """
title = "The same collapse, and nothing is said again"

[[event]]
kind = "collapse"
resident = "r002"
at = "10:00"
for_h = 10.0
"""
BEHIND = timedelta(minutes=10)
STILL_THERE = datetime.fromisoformat("2026-08-01T19:00:00+09:00")


def moments(run: ScenarioRun) -> list[datetime]:
    """Return when what was sent is received: in the minutes behind a restart at once, for what the bridge says again has no time of its own."""
    found: dict[datetime, None] = {}
    restarted = run.begin - BEHIND
    for one in run.simulation.live(run.begin):
        at = datetime.fromtimestamp(one.time_ms / 1000, UTC)
        if at >= STILL_THERE:
            break
        restarted = at if one.topic.endswith("/bridge/state") else restarted
        step = timedelta(seconds=10) if at - restarted < BEHIND else BEHIND
        found[run.begin + step * (1 + (at - run.begin) // step)] = None
    return [*sorted(one for one in found if one < STILL_THERE), STILL_THERE]


def raised(run: ScenarioRun, database: Database, transport: Transport) -> datetime:
    """Return when the collapse was raised, and see that this alert is the only one and open in the evening."""
    for moment in drive(run.simulation.live(run.begin), moments(run), transport):
        assert moment <= STILL_THERE
    with database.transaction() as connection:
        found = simulation.alerts(connection, run.begin)
        ever = [one.raised_at for one in found if one.rule == INACTIVITY.name]
        still_open = [
            one.raised_at
            for one in open_alerts(connection, STILL_THERE)
            if one.rule == INACTIVITY.name and one.cleared_at is None
        ]
    assert ever == still_open
    (only,) = ever
    return only


@pytest.mark.timeout(240)
def test_the_alarm_comes_as_in_silence_and_no_restart_clears_it(
    cluster: Cluster, broker: Broker, tmp_path: Path
) -> None:
    file = tmp_path / "silent.toml"
    file.write_text(SILENT, encoding="utf-8")
    grounds = made_up()
    silent, restarting = plans(grounds, [str(file), "collapse_bridge_restarts"], bystanders=0)
    days, template = silent.simulation.history_days, "template_mimamori"
    with built(grounds, silent.homes, days, cluster=cluster, folder=tmp_path, template=template) as test_bed:
        with test_bed.copy(silent.homes) as database:
            as_in_silence = raised(silent, database, InProcess(silent, database, grounds.zone))
        # The same home with the same past, for processes of their own.
        cluster.create_database("restarts", test_bed.name)
        with Database(cluster.url("restarts"), size=2) as database:
            # The day before it begins, and what is usual there.
            InProcess(restarting, database, grounds.zone)
            address = BrokerAddress(broker.host, broker.port, SIMULATOR, broker.password(SIMULATOR))
            with (
                SteppedProcesses(
                    cluster.url("restarts"), broker, tmp_path, begin=restarting.begin, zone=grounds.zone.key
                ) as processes,
                Publisher(address, most_under_way=1000) as publisher,
            ):
                stepping = processes.stepping(database, publisher, lambda _moment: None)
                by_the_broker = raised(restarting, database, stepping)
        cluster.drop_database("restarts")
    assert abs(by_the_broker - as_in_silence) <= timedelta(minutes=10)
