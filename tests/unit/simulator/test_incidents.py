"""Each kind of incident shows in what devices report, as its description says."""

from datetime import datetime
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from core.domain.device import DeviceKind
from core.domain.geodesy import METRES_PER_DEGREE
from core.domain.reading import is_life_sign
from simulator.incidents.incident import Incident
from simulator.local_days import HOUR_S, LocalDay
from simulator.people.persona import draw_persona
from simulator.people.routine import Occupation
from simulator.scenarios.binding import bind
from simulator.scenarios.scenario import parse_scenario
from simulator.town.streets import FloatArray
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import SimWard, parse_ward
from simulator.world import HomeDay, HomeWorld, make_world

NOW = datetime.fromisoformat("2026-08-03T06:30:00+09:00")


@cache
def ward() -> SimWard:
    return parse_ward(make_ward(WardOrder(20, 1, NOW)))


def incidents(*lines: str) -> tuple[Incident, ...]:
    text = "\n".join(('title = "a test"', "[[event]]", *lines))
    return bind([parse_scenario(text, "test.toml")], ward(), 1)


def home(*lines: str, resident: str = "r001") -> HomeWorld:
    bound = incidents(*lines, f'resident = "{resident}"')
    return next(item for item in make_world(ward(), bound, 1) if item.home.resident == resident)


def signs(world: HomeWorld, reported: HomeDay) -> list[int]:
    devices = world.home.devices
    return [
        sample.time_ms
        for sample in reported.samples
        if is_life_sign(devices[sample.device].kind, sample.metric, float(sample.value))
    ]


def first_day(world: HomeWorld) -> LocalDay:
    day = world.day_of(NOW)
    return day if day.date == NOW.date() else day.next()


def values(world: HomeWorld, reported: HomeDay, metric: str, place: str) -> list[tuple[int, float]]:
    devices = world.home.devices
    return [
        (sample.time_ms, float(sample.value))
        for sample in reported.samples
        if sample.metric == metric and devices[sample.device].place == place
    ]


def test_after_a_collapse_nothing_moves_until_somebody_comes():
    world = home('kind = "collapse"', 'at = "10:30"', "for_h = 8")
    day = first_day(world)
    fell, found = day.ms(10.5 * HOUR_S), day.ms(18.5 * HOUR_S)
    moved = signs(world, world.home_day(day))
    assert not [at for at in moved if fell < at < found]
    assert [at for at in moved if fell - 30_000 <= at <= fell]
    assert min(at for at in moved if at >= found) - found < 60_000


def test_a_collapse_in_the_evening_lasts_into_the_next_day():
    world = home('kind = "collapse"', 'at = "20:00"', "for_h = 14")
    day = first_day(world)
    fell, found = day.ms(20 * HOUR_S), day.ms(34 * HOUR_S)
    moved = [*signs(world, world.home_day(day)), *signs(world, world.home_day(day.next()))]
    assert not [at for at in moved if fell < at < found]
    assert [at for at in moved if at >= found]


def test_without_a_time_a_collapse_happens_by_day_at_a_time_that_the_seed_chooses():
    times = set[float]()
    for seed in range(8):
        event = parse_scenario('title = "t"\n[[event]]\nkind = "collapse"', "test.toml")
        times.add(bind([event], ward(), seed)[0].at_s)
    assert len(times) == 8
    assert all(9 * HOUR_S <= at_s <= 20 * HOUR_S for at_s in times)


def test_a_fall_in_the_bathroom_is_seen_there_last():
    world = home('kind = "bathroom_fall"', 'at = "19:40"', "for_h = 5")
    day = first_day(world)
    reported = world.home_day(day)
    fell = day.ms(19 * HOUR_S + 40 * 60)
    last = [
        world.home.devices[sample.device].place
        for sample in reported.samples
        if sample.metric == "motion" and sample.value is True and sample.time_ms <= fell
    ][-1]
    assert last == "toilet"


@pytest.mark.parametrize("pattern", ["pacing", "lapping", "random", "lost"])
def test_who_wanders_walks_far_and_gets_nowhere(pattern: str):
    world = home('kind = "wanders"', 'at = "10:20"', "for_h = 1.5", f'pattern = "{pattern}"')
    day = first_day(world)
    assert [span.pattern for span in world.plan(day).absences if span.start_s == 10 * HOUR_S + 1200] == [
        pattern
    ]
    during = [
        item
        for item in world.home_day(day).positions
        if day.ms(10 * HOUR_S + 1200) < item.time_ms < day.ms(11 * HOUR_S + 6600) and item.accuracy_m < 20
    ]
    lat, lon = (np.array([getattr(item, name) for item in during]) for name in ("lat", "lon"))
    north = (lat - world.home.ground.lat) * METRES_PER_DEGREE
    east = (lon - world.home.ground.lon) * 90_500
    walked = float(np.sum(np.hypot(np.diff(east), np.diff(north))))
    farthest = float(np.max(np.hypot(east, north)))
    assert walked > 2500
    assert (farthest > 700) if pattern == "lost" else (250 < farthest < 800)


def test_who_does_not_return_is_out_into_the_evening():
    world = home('kind = "does_not_return"', 'at = "10:30"', "for_h = 11")
    day = first_day(world)
    reported = world.home_day(day)
    left, back = day.ms(10.5 * HOUR_S), day.ms(21.5 * HOUR_S)
    assert not [at for at in signs(world, reported) if left + 20_000 < at < back - 1000]


def test_a_tracker_that_was_left_stays_at_home_while_the_rooms_are_quiet():
    world = home('kind = "tracker_left"', 'at = "10:40"', "for_h = 2.5")
    day = first_day(world)
    reported = world.home_day(day)
    left, back = day.ms(10 * HOUR_S + 2400), day.ms(13 * HOUR_S + 600)
    assert not [at for at in signs(world, reported) if left + 20_000 < at < back - 1000]
    ground = world.home.ground
    away = [
        np.hypot((item.lat - ground.lat) * METRES_PER_DEGREE, (item.lon - ground.lon) * 90_500)
        for item in reported.positions
        if left < item.time_ms < back
    ]
    assert np.median(away) < 60


def test_somebody_stays_at_home_on_a_day_at_the_day_centre():
    goers = [one.resident for one in ward().homes if draw_persona(1, one.resident).day_service]
    world = home('kind = "misses_day_service"', resident=goers[0])
    (missed,) = world.incidents
    assert missed.first.weekday() in world.persona.day_service
    day = first_day(world)
    while day.date != missed.first:
        day = day.next()
    assert Occupation.DAY_SERVICE not in {span.occupation for span in world.plan(day).spans}


def test_a_forgotten_kettle_draws_its_power_and_reports_it_each_hour():
    world = home('kind = "kettle_left_on"', 'at = "11:15"', "for_h = 3")
    day = first_day(world)
    drawn = values(world, world.home_day(day), "power_w", "kettle")
    on = [at for at, value in drawn if value > 900 and at >= day.ms(11.25 * HOUR_S)]
    off = [at for at, value in drawn if value < 30 and at >= on[0]]
    assert off[0] == day.ms(14.25 * HOUR_S)
    assert len([at for at in on if at < off[0]]) >= 3


@pytest.mark.parametrize(("kind", "to_c"), [("room_hot", 36.0), ("room_cold", 4.0)])
def test_rooms_get_hot_or_cold_and_are_as_before_later(kind: str, to_c: float):
    world = home(f'kind = "{kind}"', 'at = "12:00"', "for_h = 6", f"temperature_c = {to_c}")
    plain = home('kind = "sos"', 'at = "10:00"')
    day = first_day(world)

    def warm(of: HomeWorld, on: LocalDay) -> FloatArray:
        return np.array([value for _, value in values(of, of.home_day(on), "temperature_c", "living_room")])

    changed, usual = warm(world, day), warm(plain, day)
    assert min(abs(changed - to_c)) < 1.0
    assert min(abs(usual - to_c)) > 4.0
    assert np.allclose(warm(world, day.next())[10:], warm(plain, day.next())[10:], atol=0.1)


def test_somebody_who_declines_moves_less_after_four_weeks():
    world = home('kind = "declines"', "for_days = 28", "share = 0.5")
    day = first_day(world)
    before = np.mean([len(signs(world, world.home_day(day.before(ago)))) for ago in range(1, 15)])
    after = np.mean([len(signs(world, world.home_day(day.before(-ahead)))) for ahead in range(28, 42)])
    assert after < 0.85 * before


def test_somebody_ill_goes_nowhere_and_is_up_at_night():
    world = home('kind = "ill"', "day = 1", "for_days = 5")
    days = [first_day(world).before(-ahead) for ahead in range(1, 6)]
    assert not [span for day in days for span in world.plan(day).absences]


def test_a_guest_moves_about_and_the_resident_stays_in():
    world = home('kind = "visitor"', 'at = "13:00"', "for_h = 5")
    plain = home('kind = "sos"', 'at = "10:00"')
    day = first_day(world)
    during = range(day.ms(13 * HOUR_S), day.ms(18 * HOUR_S))
    busy = [at for at in signs(world, world.home_day(day)) if at in during]
    usual = [at for at in signs(plain, plain.home_day(day)) if at in during]
    assert len(busy) > len(usual) + 20


def test_a_cat_is_seen_while_nobody_is_at_home():
    world = home('kind = "pet"', "for_days = 28")
    seen = 0
    day = first_day(world)
    for _ in range(10):
        reported = world.home_day(day)
        for span in world.plan(day).absences:
            within = range(day.ms(span.start_s + 130), day.ms(span.end_s - 1))
            seen += len([at for at in signs(world, reported) if at in within])
        day = day.next()
    assert seen > 5


def test_who_sleeps_in_is_seen_later():
    world = home('kind = "sleeps_in"', "for_h = 1.5", "day = 1")
    day = first_day(world).next()
    reported = world.home_day(day)
    assert signs(world, reported)[0] >= reported.begin_ms + 1.5 * 3_600_000


def test_a_power_cut_strikes_all_homes_of_a_neighbourhood_at_one_time():
    bound = incidents('kind = "power_cut"', 'resident = "r001"', 'at = "18:00-20:00"', "for_h = 2")
    struck = {incident.resident for incident in bound}
    area = ward().home_of("r001").area
    assert struck == {one.resident for one in ward().homes if one.area == area}
    assert 1 < len(struck) < 20
    assert len({incident.at_s for incident in bound}) == 1


def test_a_battery_runs_down_and_then_its_sensor_is_silent_until_it_is_changed():
    world = home('kind = "battery_dies"', 'device = "kitchen"', "day = 10", 'at = "05:00"', "for_h = 48")
    plain = home('kind = "sos"', 'at = "10:00"')
    start = first_day(world)

    def reported(of: HomeWorld, ahead: int, metric: str) -> list[float]:
        reported_day = of.home_day(start.before(-ahead))
        return [value for _, value in values(of, reported_day, metric, "kitchen")]

    levels = [reported(world, ahead, "battery_pct")[0] for ahead in range(9)]
    assert all(first >= second for first, second in pairwise(levels))
    assert levels[-1] <= 20
    assert reported(world, 10, "motion") == []
    assert reported(world, 12, "battery_pct")[-1] == reported(plain, 12, "battery_pct")[-1]


def test_a_stuck_motion_sensor_sees_somebody_all_the_time():
    world = home('kind = "sensor_stuck"', 'device = "living_room"', 'at = "08:00"', "for_h = 10")
    day = first_day(world)
    motion = values(world, world.home_day(day), "motion", "living_room")
    during = [at for at, value in motion if value and day.ms(8 * HOUR_S) <= at < day.ms(18 * HOUR_S)]
    assert set(np.diff(during)) == {180_000}
    assert all(first[1] != second[1] for first, second in pairwise(motion))


def test_a_long_nap_is_quiet_and_keeps_the_resident_at_home():
    world = home('kind = "long_nap"', 'at = "13:00"', "for_h = 3")
    day = first_day(world)
    quiet = range(day.ms(13 * HOUR_S + 200), day.ms(16 * HOUR_S))
    found = signs(world, world.home_day(day))
    assert not [at for at in found if at in quiet]
    assert [at for at in found if at >= quiet.stop]
    assert not [span for span in world.plan(day).absences if span.end_s > 13 * HOUR_S > span.start_s]


@pytest.mark.parametrize("kind", ["travels", "planned_journey"])
def test_who_is_away_for_days_leaves_by_the_door_and_is_back_by_it(kind: str):
    world = home(f'kind = "{kind}"', 'at = "10:00"', "for_days = 2.25", resident=walker())
    day = first_day(world)
    days = [day, day.next(), day.next().next()]
    leaves, returns = day.ms(10 * HOUR_S), day.ms(10 * HOUR_S) + round(2.25 * 86_400_000)
    reported = [world.home_day(one) for one in days]
    found = [at for one in reported for at in signs(world, one)]
    assert not [at for at in found if leaves + 13_000 < at < returns]
    assert [at for at in found if leaves - 60_000 <= at <= leaves]
    assert len([at for at in found if at >= returns]) > 20
    doors = [
        at for one in reported for at, is_open in values(world, one, "contact_open", "front_door") if is_open
    ]
    assert {leaves, returns} <= set(doors)


def test_the_tracker_of_who_is_away_for_days_stays_far_off_until_the_return():
    world = home('kind = "travels"', 'at = "10:00"', "for_days = 2.25", resident=walker())
    day = first_day(world).next()
    reported = world.home_day(day)
    north, east = world.home.ground.degrees(np.zeros(1), np.zeros(1))
    far = [
        abs(one.lat - float(north[0])) + abs(one.lon - float(east[0])) > 0.02 for one in reported.positions
    ]
    assert len(far) > 1000
    assert np.mean(far) > 0.99


def walker() -> str:
    return next(one.resident for one in ward().homes if one.has(DeviceKind.TRACKER))
