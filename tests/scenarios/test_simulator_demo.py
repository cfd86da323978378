"""What a visitor of the demo sees: the three matters of the scenario within the first ninety minutes, and no others."""

import json
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pytest

from core.store import replay as store
from core.store.database import Database
from core.store.health import health
from deploy.broker import SIMULATOR, Broker
from deploy.stepping import SteppedProcesses
from simulator.publish import BrokerAddress, Publisher
from simulator.run import Simulation, publish_history
from simulator.scenario import bind, read_scenario
from simulator.ward import WardOrder, make_ward
from simulator.wardfile import parse_ward
from tests.support.wards import register

# As the demo starts: half past six in the morning, twenty residents, four weeks behind them.
START = datetime.fromisoformat("2026-11-23T06:30:00+09:00")
SEED = 1


@pytest.mark.timeout(300)
def test_the_demo_shows_who_does_not_get_up_who_calls_and_who_leaves_and_nobody_else(
    database_url: str, broker: Broker, tmp_path: Path
):
    ward = make_ward(WardOrder(20, SEED, START))
    path = tmp_path / "ward.json"
    path.write_text(json.dumps(ward), encoding="utf-8")
    played = parse_ward(ward)
    incidents = bind([read_scenario("demo")], played, SEED)
    simulation = Simulation(played, incidents, SEED)
    moments = [START + timedelta(minutes=10 * step) for step in range(10)]
    live = takewhile(lambda message: message.time_ms < moments[-1].timestamp() * 1000, simulation.live(START))
    address = BrokerAddress(broker.host, broker.port, SIMULATOR, broker.password(SIMULATOR))
    with Database(database_url, size=2) as database:
        with database.transaction() as connection:
            register(connection, path)
        with (
            SteppedProcesses(database_url, broker, tmp_path, begin=START, zone="Asia/Tokyo") as processes,
            Publisher(address, most_under_way=1000) as publisher,
        ):
            publish_history(simulation, publisher)
            processes.stepping(database, publisher, lambda _moment: None).through([*live], moments)
        with database.transaction() as connection:
            alerts = {alert.rule: alert for alert in store.raised_alerts(connection)}
            assert len(store.raised_alerts(connection)) == len(alerts)
            assert health(connection).quarantined == 0

    assert set(alerts) == {"inactivity", "sos", "geofence_exit"}
    shown = {
        rule: alert.raised_at.astimezone(START.tzinfo).strftime("%H:%M") for rule, alert in alerts.items()
    }
    assert shown["sos"] == "06:58"
    # At thirty times the speed these are within two and a half minutes of the start.
    assert "07:00" <= shown["inactivity"] <= "07:40"
    assert "07:20" <= shown["geofence_exit"] <= "07:40"
    names = {home["residents"][0]["key"]: home["name"] for home in json.loads(path.read_text())["homes"]}
    assert alerts["sos"].home == names["r001"]
