"""What a proof finds without a broker is what the whole service finds: broker, ingest and detectors in processes of their own."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.formats.ward_file import read_ward
from core.store.database import Database
from core.store.devices.ward_registration import register_ward
from core.store.operation import simulation
from deploy.local.mosquitto import SIMULATOR, Broker
from deploy.local.postgres_cluster import Cluster
from deploy.playback.clock_stepping import SteppedProcesses
from deploy.playback.scenario_library import plans, verify
from deploy.playback.scenario_run import ScenarioRun
from deploy.playback.scenario_test_bed import made_up
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.publisher import BrokerAddress, Publisher
from tests.support.wards import ward_files

GROUNDS = made_up(3)
SCENARIO = """
title = "Somebody falls, somebody walks off, a kettle stays on"

[[event]]
kind = "collapse"
resident = "r003"
at = "09:10"
for_h = 4.0

[[event]]
kind = "leaves_area"
resident = "r001"
at = "09:40"
"""
# By the broker, what came in a step was received at its end; so were calls for help and the silence of equipment.
STEP = timedelta(minutes=30)
Raised = list[tuple[str, str, datetime]]


def messages_of(run: ScenarioRun) -> list[OutboundMessage]:
    """Return the whole past and what is lived, as it goes over the broker."""
    past = sorted((message for _, message in run.simulation.history()), key=lambda one: one.time_ms)
    return [*past, *run.simulation.until(run.end)]


def raised_by_the_service(run: ScenarioRun, url: str, broker: Broker, folder: Path) -> Raised:
    zone = GROUNDS.zone.key
    wanted = {home.name for home in run.homes}
    body: dict[str, Any] = {
        **GROUNDS.body,
        "homes": [home for home in GROUNDS.body["homes"] if home["name"] in wanted],
    }
    address = BrokerAddress(broker.host, broker.port, SIMULATOR, broker.password(SIMULATOR))
    count = -(-(run.end - run.begin) // STEP)
    moments = [min(run.begin + STEP * number, run.end) for number in range(count + 1)]
    with Database(url, size=2) as database:
        with database.transaction() as connection:
            ward = read_ward(ward_files.write_ward(folder, body))
            register_ward(connection, ward, now=run.begin, default_zone=zone, new_password=lambda _login: "")
        with (
            SteppedProcesses(url, broker, folder, begin=run.begin, zone=zone) as processes,
            Publisher(address, most_under_way=1000) as publisher,
        ):
            processes.stepping(database, publisher, lambda _moment: None).through(messages_of(run), moments)
        with database.transaction() as connection:
            names = simulation.home_names(connection)
            alerts = simulation.alerts(connection, run.begin)
    return [(one.rule, names[one.home or 0], one.raised_at) for one in alerts]


@pytest.mark.timeout(240)
def test_a_proof_finds_what_the_service_finds(
    cluster: Cluster, database_url: str, broker: Broker, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(SCENARIO, encoding="utf-8")
    runs = plans(GROUNDS, [str(file)], bystanders=0)
    (check,) = verify(GROUNDS, runs, cluster=cluster, folder=tmp_path, template="template_mimamori")
    alone: Raised = [
        (one.alert.rule, check.homes[one.event.home or 0], one.alert.raised_at)
        for one in check.comparison.expectations
        if one.alert is not None
    ]
    assert [rule for rule, _, _ in alone] == ["inactivity", "geofence_exit"]
    service = raised_by_the_service(runs[0], database_url, broker, tmp_path)
    assert set(alone) <= set(service)
