"""What the ward sends: believable days, and incidents that change what they should."""

from collections import Counter
from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest

from core.domain.device import DeviceKind
from core.domain.geodesy import METRES_PER_DEGREE
from core.domain.reading import is_life_sign
from simulator.incidents.incident import IncidentKind
from simulator.local_days import HOUR_S
from simulator.people.routine import AWAY, Occupation
from simulator.scenarios.binding import bind
from simulator.scenarios.scenario import parse_scenario
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import SimWard, parse_ward
from simulator.world import HomeDay, HomeWorld, make_world

NOW = datetime.fromisoformat("2026-11-23T06:30:00+09:00")
DAYS = 28


@pytest.fixture(scope="module")
def ward() -> SimWard:
    return parse_ward(make_ward(WardOrder(20, 1, NOW)))


@pytest.fixture(scope="module")
def month(ward: SimWard) -> list[tuple[HomeWorld, list[HomeDay]]]:
    months: list[tuple[HomeWorld, list[HomeDay]]] = []
    for home in make_world(ward, (), 1):
        day = home.day_of(NOW)
        months.append((home, [home.home_day(day.before(ago)) for ago in range(DAYS, 0, -1)]))
    return months


def life_signs(home: HomeWorld, reported: HomeDay) -> list[int]:
    return [
        sample.time_ms
        for sample in reported.samples
        if is_life_sign(home.home.devices[sample.device].kind, sample.metric, float(sample.value))
    ]


def with_incident(ward: SimWard, *lines: str, home: str = "r001") -> HomeWorld:
    text = "\n".join(('title = "a test"', "[[event]]", *lines))
    incidents = bind([parse_scenario(text, "test.toml")], ward, 1)
    return next(item for item in make_world(ward, incidents, 1) if item.home.resident == home)


def test_days_follow_each_other_without_a_gap_and_in_order(month: list[tuple[HomeWorld, list[HomeDay]]]):
    for _, days in month:
        for reported, following in pairwise(days):
            assert reported.end_ms == following.begin_ms
        for reported in days:
            times = [sample.time_ms for sample in reported.samples]
            assert times == sorted(times)
            assert reported.begin_ms <= times[0]
            assert times[-1] < reported.end_ms


def test_a_day_holds_as_many_life_signs_as_recorded_homes_have(
    month: list[tuple[HomeWorld, list[HomeDay]]],
):
    counts = [len(life_signs(home, reported)) for home, days in month for reported in days]
    # Recorded homes have 389 events a day in the mean, from quiet to very busy ones.
    assert 150 < np.mean(counts) < 450
    assert min(counts) > 40


def test_people_get_up_between_five_and_eight_and_sleep_at_night(
    month: list[tuple[HomeWorld, list[HomeDay]]],
):
    hours = [
        home.persona.wake_s(home.day_of(NOW).before(ago)) / HOUR_S for home, _ in month for ago in range(28)
    ]
    assert 5.4 < np.mean(hours) < 6.6
    assert min(hours) > 3.5
    assert max(hours) < 9.5
    by_hour = Counter(
        datetime.fromtimestamp(time_ms / 1000, home.home.zone).hour
        for home, days in month
        for reported in days
        for time_ms in life_signs(home, reported)
    )
    night = sum(by_hour[hour] for hour in (0, 1, 2, 3)) / 4
    morning = sum(by_hour[hour] for hour in (7, 8, 9, 10)) / 4
    assert 0 < night < 0.3 * morning


def test_nights_have_one_or_two_visits_to_the_toilet(month: list[tuple[HomeWorld, list[HomeDay]]]):
    visits = 0
    for home, days in month:
        toilet = next(n for n, device in enumerate(home.home.devices) if device.place == "toilet")
        for reported in days:
            seen = [
                sample.time_ms
                for sample in reported.samples
                if sample.device == toilet
                and sample.value is True
                and 0 <= datetime.fromtimestamp(sample.time_ms / 1000, home.home.zone).hour < 4
            ]
            visits += sum(1 for index, at in enumerate(seen) if index == 0 or at - seen[index - 1] > 600_000)
    assert 0.3 < visits / (len(month) * DAYS) < 1.5


def test_nothing_moves_in_a_home_while_its_resident_is_out(month: list[tuple[HomeWorld, list[HomeDay]]]):
    outings = 0
    for home, days in month:
        for ago, reported in zip(range(DAYS, 0, -1), days, strict=True):
            day = home.day_of(NOW).before(ago)
            for span in home.plan(day).absences:
                outings += 1
                # A sensor's hold time passes after the door is shut.
                inside = [
                    at
                    for at in life_signs(home, reported)
                    if day.ms(span.start_s + 20) < at < day.ms(span.end_s - 1)
                ]
                assert inside == []
    assert 0.3 < outings / (len(month) * DAYS) < 1.0


def test_spans_of_a_day_never_overlap(month: list[tuple[HomeWorld, list[HomeDay]]]):
    for home, _ in month:
        for ago in range(DAYS):
            plan = home.plan(home.day_of(NOW).before(ago))
            for first, second in pairwise(plan.spans):
                assert first.end_s < second.start_s
            assert plan.wake_s < plan.bed_s < plan.end_s


def test_the_ward_is_never_silent_for_long_by_itself(month: list[tuple[HomeWorld, list[HomeDay]]]):
    # Between days on which everybody is there.
    begins = max(days[0].begin_ms for _, days in month)
    ends = min(days[-1].end_ms for _, days in month)
    everybody = [at for home, days in month for reported in days for at in life_signs(home, reported)]
    signs = sorted(at for at in everybody if begins <= at < ends)
    gaps = [
        (second - first, datetime.fromtimestamp(first / 1000, month[0][0].home.zone).hour)
        for first, second in pairwise(signs)
    ]
    assert max(gap for gap, hour in gaps if 7 <= hour < 22) < 15 * 60_000
    assert max(gap for gap, _ in gaps) < 60 * 60_000


def test_motion_goes_on_and_off_in_turn(month: list[tuple[HomeWorld, list[HomeDay]]]):
    for _, days in month[:5]:
        for reported in days:
            last: dict[int, bool] = {}
            for sample in reported.samples:
                if sample.metric == "motion":
                    assert bool(sample.value) is not last.get(sample.device, False)
                    last[sample.device] = bool(sample.value)
            assert not any(last.values())


def test_rooms_are_neither_frozen_nor_boiling_and_warmer_by_day(
    month: list[tuple[HomeWorld, list[HomeDay]]],
):
    values = [
        (float(sample.value), datetime.fromtimestamp(sample.time_ms / 1000, home.home.zone).hour)
        for home, days in month
        for reported in days
        for sample in reported.samples
        if sample.metric == "temperature_c"
    ]
    assert min(value for value, _ in values) > 9
    assert max(value for value, _ in values) < 31
    afternoon = np.mean([value for value, hour in values if 13 <= hour < 17])
    assert afternoon > np.mean([value for value, hour in values if 3 <= hour < 6])


def test_walks_reach_their_place_and_end_at_home(month: list[tuple[HomeWorld, list[HomeDay]]]):
    home, days = next(item for item in month if item[0].home.has(DeviceKind.TRACKER))
    ground = home.home.ground
    for ago, reported in zip(range(DAYS, 0, -1), days, strict=True):
        day = home.day_of(NOW).before(ago)
        out = [span for span in home.plan(day).absences if span.occupation is Occupation.OUTING]
        for span in out:
            if span.end_s - span.start_s < 1.2 * HOUR_S:
                continue
            during = [
                item
                for item in reported.positions
                if day.ms(span.start_s) < item.time_ms < day.ms(span.end_s) and item.accuracy_m < 40
            ]
            far = np.median([abs(item.lat - ground.lat) + abs(item.lon - ground.lon) for item in during])
            assert far > 0.0008
            moments = np.diff([item.time_ms for item in during])
            assert np.median(moments) == 60_000


def test_who_does_not_get_up_gives_no_life_sign_until_somebody_comes(ward: SimWard):
    home = with_incident(ward, 'kind = "does_not_get_up"', 'resident = "r001"', "day = 0", "for_h = 5")
    day = home.day_of(NOW).next()
    reported, plan = home.home_day(day), home.plan(day)
    signs = life_signs(home, reported)
    assert plan.still_until_s - plan.wake_s == 5 * HOUR_S
    assert signs[0] == day.ms(plan.still_until_s)
    assert len(signs) > 50


def test_a_last_stirring_in_bed_can_be_chosen(ward: SimWard):
    home = with_incident(ward, 'kind = "does_not_get_up"', 'resident = "r001"', 'at = "08:20"', "for_h = 5")
    day = home.day_of(NOW).next()
    first, second = life_signs(home, home.home_day(day))[:2]
    assert first == day.ms(8 * HOUR_S + 20 * 60)
    assert second == day.ms(home.plan(day).still_until_s)


def test_leaving_the_area_goes_as_far_as_the_scenario_says(ward: SimWard):
    home = with_incident(
        ward, 'kind = "leaves_area"', 'resident = "r001"', 'at = "09:00"', "distance_m = 1500", "for_h = 2"
    )
    day = home.day_of(NOW).next()
    assert [span.occupation for span in home.plan(day).absences if span.start_s == 9 * HOUR_S] == [
        Occupation.WALK_OFF
    ]
    farthest = max(
        np.hypot(
            (item.lat - home.home.ground.lat) * METRES_PER_DEGREE, (item.lon - home.home.ground.lon) * 90_500
        )
        for item in home.home_day(day).positions
        if item.accuracy_m < 15
    )
    assert 1350 < farthest < 1650


def test_a_night_exit_leaves_by_the_door_and_comes_back(ward: SimWard):
    home = with_incident(
        ward, 'kind = "night_exit"', 'resident = "r001"', "day = 1", 'at = "02:20"', "for_h = 1"
    )
    day = home.day_of(NOW).next()
    spans = [span for span in home.plan(day).absences if span.start_s > home.plan(day).bed_s]
    assert [span.occupation in AWAY for span in spans] == [True]
    door = next(n for n, device in enumerate(home.home.devices) if device.kind is DeviceKind.DOOR)
    opened = [
        datetime.fromtimestamp(sample.time_ms / 1000, home.home.zone).strftime("%H:%M")
        for sample in home.home_day(day).samples
        if sample.device == door and sample.value is True and sample.metric == "contact_open"
    ]
    assert opened[-2:] == ["02:20", "03:20"]


def test_a_dead_gateway_takes_its_sensors_along_and_says_when_it_is_back(ward: SimWard):
    home = with_incident(ward, 'kind = "gateway_dies"', 'resident = "r001"', 'at = "10:00"', "for_h = 3")
    day = home.day_of(NOW).next()
    reported = home.home_day(day)
    during = (day.ms(10 * HOUR_S), day.ms(13 * HOUR_S))
    assert not [sample for sample in reported.samples if during[0] <= sample.time_ms < during[1]]
    # A tracker has its own line.
    assert [item for item in reported.positions if during[0] <= item.time_ms < during[1]]
    assert reported.online == ((during[0] + 90_000, False), (during[1], True))


def test_a_silent_ward_is_silent_everywhere(ward: SimWard):
    text = '[[event]]\nkind = "ward_silent"\nat = "13:00"\nfor_h = 2\n'
    incidents = bind([parse_scenario(f'title = "t"\n{text}', "test.toml")], ward, 1)
    assert incidents[0].kind is IncidentKind.WARD_SILENT
    for home in make_world(ward, incidents, 1):
        day = home.day_of(NOW)
        day = day if day.date == NOW.date() else day.next()
        reported = home.home_day(day)
        during = (day.ms(13 * HOUR_S), day.ms(15 * HOUR_S))
        assert not [
            item for item in (*reported.samples, *reported.positions) if during[0] <= item.time_ms < during[1]
        ]
        assert reported.online == ()


def test_an_incident_can_come_again_after_some_days(ward: SimWard):
    home = with_incident(ward, 'kind = "sos"', 'resident = "r001"', 'at = "10:05"', "every_days = 3")
    day = home.day_of(NOW).next()
    pressed: list[bool] = []
    for _ in range(7):
        pressed.append(any(sample.metric == "sos" for sample in home.home_day(day).samples))
        day = day.next()
    assert pressed == [True, False, False, True, False, False, True]
