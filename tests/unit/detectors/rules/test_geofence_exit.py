"""What the geofence filter believes."""

from datetime import UTC, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.domain.alert import Finding
from core.domain.geodesy import METRES_PER_DEGREE
from core.domain.geofence import ALWAYS, Circle, Geofence
from detectors.features.window import Window, life_signs
from detectors.rules.base import Evaluation
from detectors.rules.geofence_exit import GeofenceExit
from detectors.windows.series import track

BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
Fixes = list[tuple[float, float, float]]


def evaluate(fixes: Fixes, *, until_min: float = 600, created_min: float | None = None) -> Evaluation:
    """Evaluate fixes: minute, metres to the north, accuracy; the fence has 200 m round the origin."""
    rows = [
        (BEGIN.timestamp() + 60 * minute, 35.0 + north / METRES_PER_DEGREE, 139.0, acc)
        for minute, north, acc in fixes
    ]
    created_at = None if created_min is None else BEGIN + timedelta(minutes=created_min)
    fence = Geofence(1, 5, "home", Circle(35.0, 139.0, 200.0), ALWAYS, created_at)
    window = Window(
        5,
        ZoneInfo("Asia/Tokyo"),
        BEGIN - timedelta(days=1),
        life_signs([]),
        track(rows),
        (),
        (),
        (),
        (fence,),
    )
    return GeofenceExit().evaluate(window, BEGIN - timedelta(hours=1), BEGIN + timedelta(minutes=until_min))


def minutes(found: Evaluation) -> list[tuple[float, float, float | None]]:
    def minute(moment: datetime) -> float:
        return (moment - BEGIN).total_seconds() / 60

    return [
        (
            minute(one.began_at),
            minute(one.raised_at),
            None if one.cleared_at is None else minute(one.cleared_at),
        )
        for one in found.findings
    ]


def at_home(count: int, start: int = 0) -> Fixes:
    return [(start + number, 10.0, 15.0) for number in range(count)]


def outside(count: int, start: int, accuracy: float = 15.0) -> Fixes:
    return [(start + number, 800.0, accuracy) for number in range(count)]


def walks_out(start: int, far_m: int = 800) -> Fixes:
    """Return a walk at 1.2 m/s; the fence is crossed in the third minute."""
    return [(start + number, 72.0 * number, 15.0) for number in range(far_m // 72)]


def test_one_wild_fix_is_not_believed():
    assert minutes(evaluate([*at_home(10), (10, 5000, 20), *at_home(10, 11)])) == []


def test_walking_out_is_raised_with_the_second_clear_fix_and_coming_back_too():
    found = evaluate([*at_home(30), *walks_out(30), *outside(9, 41), *at_home(20, 50)])
    ((began, raised, cleared),) = minutes(found)
    # The first fix outside, 16 m beyond the edge, could be its error of 15 m.
    assert (began, raised) == (33, 34)
    assert cleared is not None
    assert cleared - 50 <= 5


def test_a_jump_is_raised_once_it_has_stayed_for_some_minutes():
    # The same jump for five minutes only is an error of the kind that trackers make indoors.
    assert minutes(evaluate([*at_home(30), *outside(5, 30), *at_home(20, 35)])) == []
    ((began, raised, _),) = minutes(evaluate([*at_home(30), *outside(30, 30)]))
    assert (began, raised) == (30, 37)


def test_a_vehicle_is_raised_with_the_second_fix_outside():
    leaves = [(30.0 + number, 500.0 * number, 15.0) for number in range(1, 15)]
    ((began, raised, _),) = minutes(evaluate([*at_home(31), *leaves]))
    assert (began, raised) == (31, 32)


def test_a_wild_fix_in_the_direction_of_a_walk_is_not_believed():
    # Out to 144 m and back at 1.2 m/s, with one fix that jumps on in the same direction.
    way = [72.0, 144.0, 500.0, 144.0, 72.0]
    walk: Fixes = [(10.0 + number, north, 10.0) for number, north in enumerate(way)]
    assert minutes(evaluate([*at_home(10), *walk, *at_home(10, 15)])) == []


def test_errors_that_lie_on_either_side_of_home_in_turn_are_not_believed():
    wild: Fixes = [(10.0, -900.0, 15.0), (11.0, 10.0, 15.0), (12.0, 900.0, 15.0)]
    assert minutes(evaluate([*at_home(10), *wild, *at_home(10, 13)])) == []


def test_with_a_fix_every_ten_seconds_a_walk_is_raised_within_a_minute_of_the_edge():
    out: Fixes = [(10 + second / 60, 1.2 * second, 10.0) for second in range(0, 600, 10)]
    ((began, raised, _),) = minutes(evaluate([*at_home(10), *out]))
    assert 60 * (raised - began) <= 40


def test_the_first_clear_fix_is_a_reason_to_look_and_not_to_notify():
    wild = [*at_home(10), (10.0, 800.0, 15.0)]
    found = evaluate(wild, until_min=11)
    assert (found.findings, found.is_different) == ((), True)
    # A minute later it is over, and without another fix it does not last.
    assert not evaluate([*wild, *at_home(5, 11)], until_min=11).is_different
    assert found.due_at == BEGIN + timedelta(minutes=20)
    assert not evaluate(wild, until_min=20).is_different
    # A coarse one, or one that its error explains, is no reason.
    assert not evaluate([*at_home(10), (10.0, 800.0, 168.0)], until_min=11).is_different
    assert not evaluate([*at_home(10), (10.0, 225.0, 15.0)], until_min=11).is_different


def test_a_coarse_fix_does_not_say_that_poor_accuracy_was_ruled_out():
    coarse = reason(evaluate([*at_home(30), *outside(30, 30, accuracy=168.0)]))
    assert position(coarse)["accuracy_m"] == 168
    assert "poor_accuracy" not in cast("list[str]", coarse["ruled_out"])
    assert coarse["confidence"] == "medium"
    clear = reason(evaluate([*at_home(30), *outside(30, 30)]))
    assert "poor_accuracy" in cast("list[str]", clear["ruled_out"])


def test_a_burst_of_fixes_weighs_no_more_than_one_a_minute():
    burst = [(30 + second / 60, 800.0, 15.0) for second in range(60)]
    assert minutes(evaluate([*at_home(30), *burst, *at_home(10, 31)])) == []


def test_coarse_fixes_say_nothing_and_unknown_accuracy_says_less():
    assert minutes(evaluate([*at_home(10), *outside(60, 10, accuracy=600)])) == []
    # 150 m out of the fence of 200 m, with an accuracy that is not reported: believed, but later than a fix that claims to be good.
    found = [
        minutes(
            evaluate(
                [
                    *at_home(30),
                    *((minute, min(north, 350.0), accuracy) for minute, north, _ in walks_out(30, 4000)),
                ]
            )
        )
        for accuracy in (15.0, np.nan)
    ]
    ((known,), (unknown,)) = found
    assert known[1] < unknown[1] <= known[1] + 3
    near = [(10.0 + number, 260.0, np.nan) for number in range(3)]
    assert minutes(evaluate([*at_home(10), *near])) == []


@pytest.mark.parametrize(
    ("every_min", "fixes"),
    [
        (1 / 6, 26),
        (1 / 4, 18),
        (0.5, 9),
        (1, 5),
        (2, 3),
        (5, 2),
        (10, 2),
        (15, 2),
        (30, 2),
        (60, 2),
        (360, 2),
    ],
)
def test_somebody_who_walked_out_is_raised_however_seldom_the_tracker_speaks(
    every_min: float, fixes: int
) -> None:
    # 24 fixes inside; then a metre a second out to 400 m.
    out = [(24 + number) * every_min for number in range(100)]
    way = [min(10.0 + 60 * (minute - out[0]), 400.0) for minute in out]
    inside: Fixes = [(number * every_min, 10.0, 15.0) for number in range(24)]
    gone: Fixes = [(minute, far, 15.0) for minute, far in zip(out, way, strict=True)]
    ((began, raised, _),) = minutes(evaluate([*inside, *gone], until_min=130 * every_min))
    first = next(minute for minute, far in zip(out, way, strict=True) if far > 200)
    assert began == pytest.approx(first, abs=every_min)
    assert round((raised - began) / every_min) + 1 <= fixes


@pytest.mark.parametrize("every_min", [1 / 6, 0.5, 1, 2, 5, 15, 60, 360])
def test_one_wild_fix_is_never_believed_however_seldom_the_tracker_speaks(every_min: float) -> None:
    inside: Fixes = [(number * every_min, 10.0, 15.0) for number in range(60)]
    wild = [*inside[:30], (30 * every_min, 900.0, 15.0), *inside[31:]]
    assert minutes(evaluate(wild, until_min=100 * every_min)) == []


def test_an_old_fix_is_not_the_present():
    assert not evaluate([*at_home(30)], until_min=60).can_tell
    assert evaluate([*at_home(30)], until_min=35).can_tell


def test_fixes_of_the_future_are_not_looked_at():
    assert minutes(evaluate([*at_home(30), *outside(20, 30)], until_min=32)) == []


def test_a_fence_is_not_evaluated_before_it_was_drawn():
    found = evaluate([*at_home(30), *outside(60, 30)], created_min=60)
    assert minutes(found) == [(60, 60, None)]
    assert reason(found)["was_outside_when_hours_began"] is True


def test_the_reason_holds_the_fix_and_how_far_it_is_outside():
    found = reason(evaluate([*at_home(30), *outside(20, 30)]))
    assert found["outside_m"] == 600
    assert found["geofence"] == {"number": 1, "name": "home"}
    assert found["confidence"] == "high"
    assert position(found)["accuracy_m"] == 15


def test_the_reason_claims_no_accuracy_that_the_tracker_did_not_report():
    found = reason(
        evaluate([*((minute, north, np.nan) for minute, north, _ in [*at_home(30), *outside(20, 30)])])
    )
    assert position(found)["accuracy_m"] is None


def position(reason: dict[str, object]) -> dict[str, object]:
    found = reason["position"]
    assert isinstance(found, dict)
    return cast("dict[str, object]", found)


def reason(found: Evaluation) -> dict[str, object]:
    (one,) = found.findings
    assert isinstance(one, Finding)
    return dict(one.reason)


def received(window_home: tuple[float, float] | None, *, at: list[int]) -> Evaluation:
    """Evaluate half an hour at home, then half an hour of fixes 800 m off; the home's gateway receives the tracker at these minutes."""
    rows = [
        (BEGIN.timestamp() + 60 * minute, 35.0 + north / METRES_PER_DEGREE, 139.0, acc)
        for minute, north, acc in at_home(30) + outside(30, 30)
    ]
    fence = Geofence(1, 5, "home", Circle(35.0, 139.0, 200.0), ALWAYS)
    window = Window(
        5,
        ZoneInfo("Asia/Tokyo"),
        BEGIN - timedelta(days=1),
        life_signs([]),
        track(rows),
        (),
        (),
        (),
        (fence,),
        home=window_home,
        near_home=np.array([BEGIN.timestamp() + 60 * minute for minute in at]),
    )
    return GeofenceExit().evaluate(window, BEGIN - timedelta(hours=1), BEGIN + timedelta(hours=10))


def test_whose_tracker_the_homes_gateway_receives_is_at_home_whatever_the_fixes_say():
    assert minutes(received((35.0, 139.0), at=list(range(60)))) == []


def test_three_minutes_after_the_gateway_received_the_tracker_last_the_fixes_count():
    plain = minutes(received(None, at=[]))
    assert minutes(received((35.0, 139.0), at=list(range(27)))) == plain
    ((began, raised, _),) = minutes(received((35.0, 139.0), at=list(range(40))))
    assert began > 42
    assert raised > began


def test_an_area_without_the_home_in_it_does_not_follow_the_gateway():
    # A day centre's area is left although the home's gateway receives the tracker: that is how one comes home.
    assert minutes(received((35.02, 139.0), at=list(range(60)))) == minutes(received(None, at=[]))
    assert minutes(received(None, at=list(range(60)))) == minutes(received(None, at=[]))
