"""When a tracker seems to have stayed at home."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.device import DeviceKind
from core.domain.geodesy import METRES_PER_DEGREE
from detectors.features.window import Blind, Interval, Window, life_signs
from detectors.rules.base import Evaluation
from detectors.rules.left_behind import LeftBehind
from detectors.windows.series import track

BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
Sign = tuple[float, DeviceKind, str]


def at(minute: float) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def moves(*minutes: float) -> list[Sign]:
    return [(at(one).timestamp() + wait, DeviceKind.MOTION, "kitchen") for one in minutes for wait in (0, 30)]


def door(minute: float) -> list[Sign]:
    return [(at(minute).timestamp(), DeviceKind.DOOR, "front_door")]


def lies(since: int, until: int, north_m: float = 0.0) -> list[tuple[float, float, float, float]]:
    random = np.random.default_rng(since)
    return [
        (at(one).timestamp(), 35.6 + (north_m + float(random.normal(0, 15))) / METRES_PER_DEGREE, 139.8, 25.0)
        for one in range(since, until, 5)
    ]


def evaluate(
    signs: list[Sign],
    fixes: list[tuple[float, float, float, float]],
    *,
    until: float = 300,
    blind: tuple[Blind, ...] = (),
    pauses: tuple[Interval, ...] = (),
) -> Evaluation:
    window = Window(
        5,
        ZoneInfo("Asia/Tokyo"),
        BEGIN - timedelta(days=1),
        life_signs(signs),
        track(fixes),
        (),
        blind,
        pauses,
        (),
    )
    return LeftBehind().evaluate(window, BEGIN - timedelta(hours=1), at(until))


def raised(found: Evaluation) -> list[tuple[datetime, datetime | None]]:
    return [(one.raised_at, one.cleared_at) for one in found.findings]


OUT = [*moves(10, 40), *door(60)]


def test_the_door_then_quiet_with_a_still_tracker_is_raised_after_an_hour_until_somebody_is_back():
    assert raised(evaluate(OUT, lies(0, 300))) == [(at(120), None)]
    assert raised(evaluate([*OUT, *door(200), *moves(202)], lies(0, 300))) == [(at(120), at(200))]


def test_before_the_hour_is_over_there_is_a_deadline():
    found = evaluate(OUT, lies(0, 100), until=100)
    assert found.findings == ()
    assert found.due_at == at(120)


def test_a_tracker_that_went_along_is_not_raised():
    assert raised(evaluate(OUT, [*lies(0, 60), *lies(65, 300, north_m=600.0)])) == []


def test_who_is_seen_at_home_after_the_door_has_not_gone_out():
    assert raised(evaluate([*moves(10), *door(60), *moves(62)], lies(0, 300))) == []


def test_it_ends_when_the_tracker_moves():
    found = raised(evaluate(OUT, [*lies(0, 180), *lies(180, 300, north_m=900.0)]))
    ((began, ended),) = found
    assert began == at(120)
    assert ended is not None
    assert at(180) <= ended <= at(200)


def test_without_fixes_of_late_nobody_can_tell():
    found = evaluate(OUT, lies(0, 70))
    assert found.findings == ()
    assert not found.can_tell


def test_nothing_is_raised_about_a_home_that_was_out_of_contact_or_of_a_planned_journey():
    assert raised(evaluate(OUT, lies(0, 300), blind=(Blind(at(70), None, at(80)),))) == []
    assert raised(evaluate(OUT, lies(0, 300), pauses=(Interval(at(50), None),))) == []


def test_who_just_came_back_and_goes_out_again_without_it_is_raised():
    walk = [*lies(0, 20), *lies(20, 50, north_m=600.0), *lies(51, 300)]
    back_and_out = [*moves(5), *door(20), *door(50), *moves(52), *door(60)]
    assert raised(evaluate(back_and_out, walk)) == [(at(120), None)]
    # Carried about until the very moment of the door, and still since: that is somebody who came home.
    assert (
        raised(
            evaluate([*moves(5), *door(20), *door(60)], [*lies(0, 20), *lies(20, 60, 600.0), *lies(61, 300)])
        )
        == []
    )


def test_what_ended_while_its_end_was_not_known_is_raised_as_ended():
    stirs = [(at(minute).timestamp(), DeviceKind.MOTION, "kitchen") for minute in (200, 206)]
    window = Window(
        5,
        ZoneInfo("Asia/Tokyo"),
        BEGIN - timedelta(days=1),
        life_signs([*OUT, *stirs]),
        track(lies(0, 300)),
        (),
        (),
        (),
        (),
    )
    # A single movement at 200 ends nothing before its partner at 206.
    assert raised(LeftBehind().evaluate(window, at(190), at(203))) == [(at(120), None)]
    assert raised(LeftBehind().evaluate(window, at(203), at(210))) == [(at(120), at(200))]
