"""Which rooms' single movements say little."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.domain.device import DeviceKind
from detectors.features.silence_profile import certain, distrusted, learn_line, silences, single_share
from detectors.features.window import life_signs

DAY = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(("single", "is_distrusted"), [(50, False), (51, True)])
def test_a_room_with_more_than_five_single_movements_a_day_is_not_trusted_with_them(
    single: int, is_distrusted: bool
) -> None:
    # Ten days; elsewhere nearly everything is confirmed.
    moments = [(DAY + timedelta(days=10) * (place + 1) / (single + 400), "hall") for place in range(single)]
    moments += [
        (DAY + timedelta(days=10) * (place + 1) / (single + 400), "kitchen")
        for place in range(single, single + 399)
    ]
    moments.insert(0, (DAY, "kitchen"))
    signs = life_signs([(at.timestamp(), DeviceKind.MOTION, place) for at, place in sorted(moments)])
    sure = np.array([signs.places[int(one)] == "kitchen" for one in signs.place], np.bool_)

    found = distrusted(signs, sure, (DAY + timedelta(days=10)).timestamp())

    assert found == (frozenset({"hall"}) if is_distrusted else frozenset())


def test_the_first_hours_of_a_home_count_as_a_day() -> None:
    # Six single movements in the hall in half a day, and many that are confirmed in the kitchen.
    rows = [(DAY, "kitchen"), *((DAY + timedelta(hours=2 * one), "hall") for one in range(1, 7))]
    rows += [(DAY + timedelta(minutes=one), "kitchen") for one in range(1, 60)]
    signs = life_signs([(at.timestamp(), DeviceKind.MOTION, place) for at, place in sorted(rows)])
    sure = np.array([signs.places[int(one)] == "kitchen" for one in signs.place], np.bool_)

    assert distrusted(signs, sure, (DAY + timedelta(hours=12)).timestamp()) == frozenset({"hall"})


@pytest.mark.parametrize(("single", "is_distrusted"), [(301, False), (302, True)])
def test_single_movements_are_doubted_only_where_they_are_three_times_as_usual_as_elsewhere(
    single: int, is_distrusted: bool
) -> None:
    # Elsewhere one of two is single; here exactly three to one, or a little more. The first sign of all is not counted.
    counts = {("hall", False): single - 1, ("hall", True): 99, ("kitchen", False): 99, ("kitchen", True): 99}
    rows = [key for key, times in counts.items() for _ in range(times)]
    step = timedelta(days=10) / (len(rows) + 1)
    signs = life_signs(
        [((DAY + number * step).timestamp(), DeviceKind.MOTION, row[0]) for number, row in enumerate(rows)]
    )
    sure = np.array([row[1] for row in rows], np.bool_)

    found = distrusted(signs, sure, (DAY + timedelta(days=10)).timestamp())

    assert found == (frozenset({"hall"}) if is_distrusted else frozenset())


@pytest.mark.parametrize(("apart_s", "is_sure"), [(600.0, True), (600.5, False)])
def test_two_movements_confirm_each_other_up_to_ten_minutes_apart(apart_s: float, is_sure: bool) -> None:
    first = DAY.timestamp()
    signs = life_signs([(at, DeviceKind.MOTION, "hall") for at in (first, first + apart_s)])
    assert certain(signs).tolist() == [is_sure] * 2


def test_a_door_confirms_the_single_movement_beside_it_and_needs_no_partner_itself() -> None:
    first = DAY.timestamp()
    rows = [
        (0, DeviceKind.MOTION),
        (600, DeviceKind.DOOR),
        (1300, DeviceKind.MOTION),
        (9000, DeviceKind.DOOR),
    ]
    signs = life_signs([(first + at, kind, "hall") for at, kind in rows])
    assert certain(signs).tolist() == [True, True, False, True]
    assert certain(life_signs([])).tolist() == []


@pytest.mark.parametrize(("after_s", "may_be_out"), [(15.0, True), (15.5, False)])
def test_whoever_is_seen_in_a_room_more_than_15_seconds_after_the_door_has_come_home(
    after_s: float, may_be_out: bool
) -> None:
    first = DAY.timestamp()
    signs = life_signs([(first, DeviceKind.DOOR, "front_door"), (first + after_s, DeviceKind.MOTION, "hall")])
    assert silences(signs, certain(signs)).after_door.tolist() == [True, may_be_out]


def test_the_share_of_single_movements_is_of_all_but_of_the_rooms_that_are_left_out() -> None:
    day = DAY.timestamp()
    # The first sign of all is not counted.
    rows = [(day, "hall"), (day + 3600, "hall"), *((day + 7200 + 60 * one, "kitchen") for one in range(3))]
    signs = life_signs([(at, DeviceKind.MOTION, place) for at, place in [*rows, (day + 9000, "bath")]])
    sure = np.array([place == "kitchen" for _, place in [*rows, (0, "bath")]], np.bool_)
    assert single_share(signs, sure, day + 86_400, frozenset()) == 2 / 5
    assert single_share(signs, sure, day + 86_400, frozenset({"bath"})) == 1 / 4


def test_each_room_has_a_line_of_its_own() -> None:
    moments = [
        ((DAY + timedelta(days=day, hours=hour, seconds=wait)).timestamp(), place)
        for day in range(10)
        for hour, place in (
            (7, "bedroom"),
            (8, "kitchen"),
            (10, "bath"),
            (13, "living_room"),
            (17, "kitchen"),
        )
        for wait in (0, 20)
    ]
    signs = life_signs([(at, DeviceKind.MOTION, place) for at, place in moments])
    line, _ = learn_line(
        silences(signs, certain(signs)), ZoneInfo("UTC"), (), (DAY + timedelta(days=10)).timestamp()
    )
    longest = {place: float(curve.max()) for place, curve in line.rooms.items()}
    # Smoothed round the clock, so that each is somewhat shorter than it was.
    assert sorted(longest, key=longest.__getitem__) == ["bedroom", "bath", "living_room", "kitchen"]
    assert longest["bedroom"] < 60 < longest["bath"] < 180 < longest["living_room"] < 240 < longest["kitchen"]


def test_of_no_life_signs_none_are_single() -> None:
    until = (DAY + timedelta(days=1)).timestamp()
    nothing, one = life_signs([]), life_signs([(DAY.timestamp() + 60, DeviceKind.MOTION, "hall")])
    assert single_share(nothing, certain(nothing), until, frozenset()) == 0
    assert single_share(one, certain(one), until, frozenset({"hall"})) == 0


@pytest.mark.parametrize(
    ("hidden_from_s", "hidden_until_s", "teaches"),
    [
        (12 * 3600, 13 * 3600, True),
        (12 * 3600 - 1, 13 * 3600, False),
        (7 * 3600, 8 * 3600 + 20, True),
        (7 * 3600, 8 * 3600 + 21, False),
    ],
)
def test_a_silence_beside_time_that_nobody_saw_teaches_and_one_within_does_not(
    hidden_from_s: int, hidden_until_s: int, *, teaches: bool
) -> None:
    signs = life_signs(
        [
            ((DAY + timedelta(days=day, hours=hour, seconds=wait)).timestamp(), DeviceKind.MOTION, "hall")
            for day in range(20)
            for hour in range(24)
            for wait in (0, 20)
        ]
    )
    # Once, after breakfast, four hours without anybody.
    tenth = (DAY + timedelta(days=10)).timestamp()
    seen = (signs.time <= tenth + 8 * 3600 + 20) | (signs.time >= tenth + 12 * 3600)
    signs = life_signs([(at, DeviceKind.MOTION, "hall") for at in signs.time[seen].tolist()])
    hidden = [(tenth + hidden_from_s, tenth + hidden_until_s)]

    line, _ = learn_line(
        silences(signs, certain(signs)), ZoneInfo("UTC"), hidden, (DAY + timedelta(days=20)).timestamp()
    )

    assert (float(line.at_home.max()) > 60) is teaches


@pytest.mark.parametrize(("hidden_s", "days"), [(43_200.0, 18), (43_200.5, 17)])
def test_a_day_teaches_unless_more_than_half_of_it_could_not_be_seen(hidden_s: float, days: int) -> None:
    signs = life_signs(
        [
            ((DAY + timedelta(days=day, hours=hour, seconds=wait)).timestamp(), DeviceKind.MOTION, "hall")
            for day in range(20)
            for hour in (8, 12, 20)
            for wait in (0, 20)
        ]
    )
    third, tenth = ((DAY + timedelta(days=day)).timestamp() for day in (3, 10))
    # The whole third day, and the tenth from the evening before.
    hidden = [(third, third + 86_400), (tenth - 3600, tenth + hidden_s)]

    _, found = learn_line(
        silences(signs, certain(signs)), ZoneInfo("UTC"), hidden, (DAY + timedelta(days=20)).timestamp()
    )

    # The first day does not teach as it is not a whole one.
    assert found == days
