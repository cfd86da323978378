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


def test_of_no_life_signs_none_are_single() -> None:
    until = (DAY + timedelta(days=1)).timestamp()
    nothing, one = life_signs([]), life_signs([(DAY.timestamp() + 60, DeviceKind.MOTION, "hall")])
    assert single_share(nothing, certain(nothing), until, frozenset()) == 0
    assert single_share(one, certain(one), until, frozenset({"hall"})) == 0


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
