"""The library's scenarios about stuck sensors: what is raised meets what their truth expects."""

from datetime import datetime, timedelta

import pytest

from detectors.rules.device_stuck import evaluate_sensors
from simulator.scenarios.binding import bind
from simulator.scenarios.ground_truth import TrueEvent, true_events
from simulator.scenarios.scenario import read_scenario
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import SimHome, parse_ward
from simulator.world import HomeWorld, make_world
from tests.synthetic.stuck import raised_by

ORIGIN = datetime.fromisoformat("2026-08-03T06:30:00+09:00")
DAYS_BEFORE, DAYS_AFTER = 14, 8
SEED = 3


def played(name: str) -> tuple[SimHome, HomeWorld, TrueEvent]:
    """Return the home in which a scenario happens, played, and the stuck sensor's truth."""
    ward = parse_ward(make_ward(WardOrder(6, SEED, ORIGIN)))
    incidents = bind([read_scenario(name)], ward, SEED)
    worlds = make_world(ward, incidents, SEED)
    events = true_events(ward, incidents, SEED, ORIGIN, ORIGIN + timedelta(days=DAYS_AFTER))
    event = next(one for one in events if "device_stuck" in one.raises)
    world = next(one for one in worlds if one.home.resident == event.resident)
    return world.home, world, event


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("stuck_sensor", "chatter"),
        ("collapse_behind_stuck_sensor", "chatter"),
        ("stuck_contact", "lasting"),
        ("frozen_thermometer", "frozen"),
    ],
)
def test_a_stuck_sensor_is_raised_by_when_it_should_be(name: str, cause: str) -> None:
    home, world, event = played(name)
    begin = ORIGIN - timedelta(days=DAYS_BEFORE)
    sensors = raised_by(home, world, begin, DAYS_BEFORE + DAYS_AFTER)
    span = (begin, ORIGIN + timedelta(days=DAYS_AFTER))
    findings = evaluate_sensors(sensors, home.zone, span, watched_from=begin, raised_from=begin).findings
    assert {one.reason["cause"] for one in findings} == {cause}
    assert event.by is not None
    for one in findings:
        assert event.begins <= one.raised_at <= event.by
        # It is over once the mended sensor reports something else: in a room that is not used at night, in the morning.
        assert one.cleared_at is not None
        assert one.cleared_at <= event.ends + timedelta(hours=12)
