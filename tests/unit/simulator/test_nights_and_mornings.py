"""What happens at night and in the morning leaves people and beds where they would be, and truth asks for what can be known."""

from datetime import datetime, timedelta
from functools import cache

import pytest

from core.domain.device import DeviceKind
from simulator.incidents.incident import Incident
from simulator.people.routine import Occupation
from simulator.scenarios.binding import bind
from simulator.scenarios.scenario import parse_scenario
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import SimWard, parse_ward
from simulator.ward_run import Simulation
from simulator.world import HomeWorld, make_world

NOW = datetime.fromisoformat("2026-08-03T06:30:00+09:00")


@cache
def ward() -> SimWard:
    return parse_ward(make_ward(WardOrder(20, 1, NOW)))


def with_bed() -> str:
    return next(home.resident for home in ward().homes if home.has(DeviceKind.BED))


def incidents(lines: str) -> tuple[Incident, ...]:
    return bind([parse_scenario(f'title = "a test"\n[[event]]\n{lines}', "test.toml")], ward(), 1)


def home(lines: str) -> HomeWorld:
    bound = incidents(lines)
    return next(one for one in make_world(ward(), bound, 1) if one.home.resident == bound[0].resident)


def in_bed_at(world: HomeWorld, moment: datetime) -> bool:
    reported = [world.home_day(world.day_of(moment).before(1)), world.home_day(world.day_of(moment))]
    changes = [
        (one.time_ms, bool(one.value))
        for day in reported
        for one in day.samples
        if one.metric == "bed_occupied"
    ]
    return max(one for one in changes if one[0] <= moment.timestamp() * 1000)[1]


def test_who_sleeps_in_has_breakfast_afterwards_and_leaves_the_bed() -> None:
    world = home(f'kind = "sleeps_in"\nresident = "{with_bed()}"\nday = 1\nfor_h = 1.5')
    day = world.day_of(NOW).next()
    while not any(incident.is_on(day) for incident in world.incidents):
        day = day.next()
    plan = world.plan(day)
    assert plan.up_s == plan.wake_s + 1.5 * 3600
    (breakfast,) = [span for span in plan.spans if span.occupation is Occupation.BREAKFAST]
    assert plan.up_s < breakfast.start_s < plan.up_s + 3600
    up = datetime.fromtimestamp(day.ms(plan.up_s) / 1000, NOW.tzinfo)
    assert in_bed_at(world, up - timedelta(minutes=5))
    assert not in_bed_at(world, up + timedelta(minutes=5))


def test_who_falls_at_night_had_got_up() -> None:
    world = home(f'kind = "collapse"\nresident = "{with_bed()}"\nday = 2\nat = "03:05"\nfor_h = 9.0')
    assert in_bed_at(world, NOW.replace(day=5, hour=3, minute=4))
    assert not in_bed_at(world, NOW.replace(day=5, hour=3, minute=6))
    assert not in_bed_at(world, NOW.replace(day=5, hour=11, minute=30))


@pytest.mark.parametrize(("at", "by_h"), [("15:00", 6.0), ("01:30", 8.0)])
def test_truth_gives_until_some_hours_after_getting_up_to_notice_a_fall_at_night(
    at: str, by_h: float
) -> None:
    bound = incidents(f'kind = "collapse"\nresident = "r001"\nday = 1\nat = "{at}"')
    (event,) = Simulation(ward(), bound, 1).ground_truth(NOW + timedelta(days=3))
    assert event.by is not None
    # By day within six hours; at night by three hours after the usual getting up, which is about seven for r001.
    assert abs((event.by - event.begins) / timedelta(hours=1) - by_h) <= (0.0 if by_h == 6.0 else 1.0)
