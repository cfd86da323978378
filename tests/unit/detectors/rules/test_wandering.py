"""When a way leads nowhere, or is strange to the one who walks it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.domain.alert import Finding, Severity
from core.domain.geodesy import METRES_PER_DEGREE
from detectors.features.significant_places import Places, cell_of
from detectors.features.window import Window, life_signs
from detectors.rules.wandering import Wandering
from detectors.windows.series import track

BEGIN = datetime(2026, 7, 1, 14, tzinfo=UTC)
# 23:00 at home, so the hour is unusual for whoever goes out by day.
ZONE = ZoneInfo("Asia/Tokyo")
LAT, LON = 35.6, 139.8
_LON_M = METRES_PER_DEGREE * np.cos(np.radians(LAT))
Metres = list[tuple[float, float]]


def straight(count: int, *, from_m: float = 0.0, step_m: float = 60.0) -> Metres:
    return [(0.0, from_m + step_m * number) for number in range(count)]


def to_and_fro(count: int, *, far_m: float = 120.0, step_m: float = 60.0, at_m: float = 0.0) -> Metres:
    along = [step_m * number % (2 * far_m) for number in range(count)]
    return [(far_m - abs(one - far_m), at_m) for one in along]


def window_of(steps: Metres, *, accuracy_m: float = 15.0) -> Window:
    rows = [
        (BEGIN.timestamp() + 60.0 * number, LAT + north / METRES_PER_DEGREE, LON + east / _LON_M, accuracy_m)
        for number, (east, north) in enumerate(steps)
    ]
    return Window(5, ZONE, BEGIN - timedelta(days=1), life_signs([]), track(rows), (), (), (), ())


def raised(steps: Metres, places: Places | None = None, *, until_min: float = 600) -> list[Finding]:
    until = BEGIN + timedelta(minutes=until_min)
    evaluated = Wandering(lambda _: places).evaluate(window_of(steps), BEGIN - timedelta(hours=1), until)
    return list(evaluated.findings)


def home_ground(days: int = 60, *, stays: int = 60, around_m: int = 200) -> Places:
    """Return usual places: everything within some metres of the origin, on so many days."""
    cells = {
        cell_of(LAT + north / METRES_PER_DEGREE, LON + east / _LON_M): (
            days,
            stays if (east, north) == (0, 0) else 0,
        )
        for east in range(-around_m, around_m + 1, 20)
        for north in range(-around_m, around_m + 1, 20)
    }
    return Places(days, cells, frozenset(range(8, 18)))


def test_a_straight_way_and_one_out_and_back_are_not_raised():
    assert raised(straight(40)) == []
    out = straight(25)
    assert raised([*out, *out[::-1]]) == []


def test_once_round_the_block_is_not_raised():
    turns = np.linspace(0, 2 * np.pi, 12)
    assert raised([(110 * np.sin(one), 110 - 110 * np.cos(one)) for one in turns]) == []


def test_to_and_fro_is_raised_within_a_quarter_of_an_hour():
    (found,) = raised([*straight(5), *to_and_fro(40, at_m=300.0)])
    assert found.severity is Severity.CHECK_SOON
    assert found.reason["pattern"] == "to_and_fro"
    assert found.raised_at - BEGIN <= timedelta(minutes=20)
    assert found.cleared_at is None


def test_round_and_round_is_raised():
    turns = np.arange(40) * 60.0 / 50.0
    (found,) = raised([(50 * np.sin(one), 50 - 50 * np.cos(one)) for one in turns])
    assert found.reason["within_m"] == pytest.approx(100, abs=15)


def test_staying_with_the_errors_of_a_building_is_not_raised():
    random = np.random.default_rng(4)
    jitter = [(east, north) for east, north in random.normal(0, 18, (600, 2))]
    until = BEGIN + timedelta(hours=10)
    assert Wandering(lambda _: None).evaluate(window_of(jitter, accuracy_m=27.0), BEGIN, until).findings == ()


def test_a_drive_is_not_raised():
    assert raised([(0.0, one) for one in (600.0 * number % 1800 for number in range(40))]) == []


def test_a_position_that_was_looked_up_is_no_step():
    # A telephone at rest: every other fix is the place of the same mast.
    steps: Metres = [(0.0, float(number % 7)) if number % 2 else (80.0, 0.0) for number in range(120)]
    assert raised(steps) == []


def test_walking_on_ends_it_but_standing_still_does_not():
    lost = to_and_fro(30)
    (still,) = raised([*lost, *[lost[-1]] * 60])
    assert still.cleared_at is None
    (on,) = raised([*lost, *straight(30)])
    assert on.cleared_at is not None


def test_where_somebody_usually_stays_to_and_fro_is_not_raised():
    assert raised(to_and_fro(40, far_m=70.0), home_ground()) == []
    (elsewhere,) = raised([*straight(11), *to_and_fro(40, at_m=600.0)], home_ground())
    assert elsewhere.severity is Severity.EMERGENCY
    assert elsewhere.reason["unfamiliar_pct"] == 100


def test_a_walk_is_evaluated_by_what_was_known_on_its_day_whenever_somebody_looks():
    walk = to_and_fro(40)
    # By the next day the street itself has become a usual place to stay.
    walked_on = BEGIN.astimezone(ZONE).date()
    known = home_ground()
    stayed_in = replace(known, seen=dict.fromkeys(known.seen, (60, 60)))
    rule = Wandering(lambda day: None if day == walked_on else stayed_in)
    looks = [BEGIN + timedelta(minutes=after) for after in (45, 600)]
    that_night, next_day = (
        rule.evaluate(window_of(walk), BEGIN - timedelta(hours=1), until).findings for until in looks
    )
    assert that_night == next_day != ()


def test_in_streets_that_are_usual_it_is_to_check_soon():
    (found,) = raised([*straight(2), *to_and_fro(40, at_m=150.0)], home_ground())
    assert found.severity is Severity.CHECK_SOON
    assert found.reason["unfamiliar_pct"] == 0


def test_far_from_every_usual_place_at_night_is_an_emergency():
    (found,) = raised(straight(60), home_ground())
    assert found.severity is Severity.EMERGENCY
    assert found.reason["pattern"] == "strange"
    # 500 m away after 8 minutes, and 15 minutes more.
    assert timedelta(minutes=22) <= found.raised_at - BEGIN <= timedelta(minutes=26)


def test_who_sits_down_far_away_is_raised_too():
    (found,) = raised([*straight(14), *[(0.0, 780.0)] * 40], home_ground())
    assert found.reason["pattern"] == "strange"


def test_by_day_and_while_the_usual_is_not_known_a_strange_way_is_not_raised():
    out_now = replace(home_ground(), out_hours=frozenset({23}))
    assert raised(straight(30), out_now) == []
    assert raised(straight(60), home_ground(days=10)) == []


def test_being_home_again_ends_it():
    there = straight(40)
    (found,) = raised([*there, *there[::-1], *[(0.0, 0.0)] * 10], home_ground())
    assert found.cleared_at is not None


def test_the_reason_says_where_to_look_first():
    (found,) = raised(straight(60), home_ground())
    search = found.reason["search"]
    assert isinstance(search, dict)
    assert (search["half_within_m"], search["most_within_m"], search["walks_m_s"]) == (1200, 5000, 1.1)


def test_coarse_fixes_and_no_fixes_say_nothing():
    assert raised([]) == []
    window = window_of(to_and_fro(40), accuracy_m=300.0)
    evaluated = Wandering(lambda _: None).evaluate(window, BEGIN, BEGIN + timedelta(minutes=42))
    assert evaluated.findings == ()
    late = Wandering(lambda _: None).evaluate(window_of(straight(5)), BEGIN, BEGIN + timedelta(hours=1))
    assert not late.can_tell


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_same_live_and_afterwards(seed: int):
    random = np.random.default_rng(seed)
    heading = np.cumsum(random.choice([0, 0, 0.5, np.pi / 2, np.pi], 200)) * random.choice([1, -1])
    steps = np.cumsum(np.stack([np.sin(heading), np.cos(heading)], axis=1) * 55.0, axis=0)
    window = window_of([(float(east), float(north)) for east, north in steps])
    rule = Wandering(lambda _: home_ground())
    seen: dict[datetime, tuple[datetime, datetime | None]] = {}
    ends = BEGIN + timedelta(minutes=200)
    for minute in range(5, 201, 5):
        until = BEGIN + timedelta(minutes=minute)
        note(seen, rule.evaluate(window, until - timedelta(minutes=5), until).findings)
    assert seen == note({}, rule.evaluate(window, BEGIN, ends).findings)


def note(
    seen: dict[datetime, tuple[datetime, datetime | None]], findings: Iterable[Finding]
) -> dict[datetime, tuple[datetime, datetime | None]]:
    for one in findings:
        seen[one.began_at] = (one.raised_at, one.cleared_at)
    return seen
