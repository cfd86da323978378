"""Which margin past silences would have needed, and which one keeps to a budget."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.domain.device import DeviceKind
from core.domain.sensitivity import Sensitivity
from detectors.features.local_time import BINS, DAY_S
from detectors.features.needed_margin import margin_for
from detectors.features.silence_margin import allowed_min, needed_min
from detectors.features.silence_profile import ThresholdCurve, lines_without_each_day
from detectors.features.silence_threshold import BUFFER_MIN, SilenceBaseline, learn, threshold_from
from detectors.features.window import LifeSigns, life_signs

UTC_ZONE = ZoneInfo("UTC")
DAY = datetime(2026, 5, 1, tzinfo=UTC)
# A person is seen in pairs this often, but for one long silence.
EVERY_MIN = 30


def lived(
    days: int, silent_day: int | None = None, place: str = "kitchen", from_h: float = 9.0, hours: float = 6.0
) -> LifeSigns:
    """Return days on which somebody is seen from 7:00 to 22:00, with one longer silence after a sign at a place."""
    rows = [
        (DAY + timedelta(days=day, minutes=minute, seconds=second), "kitchen")
        for day in range(days)
        for minute in range(7 * 60, 22 * 60, EVERY_MIN)
        for second in (0, 60)
    ]
    if silent_day is not None:
        began = DAY + timedelta(days=silent_day, hours=from_h)
        ended = began + timedelta(hours=hours)
        rows = [one for one in rows if not began - timedelta(minutes=5) < one[0] < ended]
        rows += [(began - timedelta(minutes=1), place), (began, place), (ended, "kitchen")]
    kind = DeviceKind.DOOR if place == "door" else DeviceKind.MOTION
    return life_signs(
        [
            (time.timestamp(), kind if where == place and place == "door" else DeviceKind.MOTION, where)
            for time, where in rows
        ]
    )


def learned(signs: LifeSigns, days: int, excluded: tuple[tuple[float, float], ...] = ()) -> SilenceBaseline:
    return learn(signs, UTC_ZONE, excluded, DAY + timedelta(days=days))


@pytest.mark.parametrize("place", [None, "kitchen", "bedroom"])
def test_the_margin_that_a_silence_needs_is_the_least_that_allows_it(place: str | None) -> None:
    random = np.random.default_rng(3)
    for _ in range(100):
        line = np.repeat(random.uniform(30, 480, 24), 12)
        first, steps = int(random.integers(BINS)), int(random.integers(30, 200))
        bins = (first + np.arange(steps)) % BINS
        age_min = 5.0 * np.arange(steps)
        by_step = needed_min(line[bins], bins, place)
        hardest = 1 + int(by_step[1:].argmax())
        needed = float(by_step[hardest])
        # What was allowed before the silence began may carry it on as well while it is young, and wider margins are never asked about.
        if not 0 < needed < min(600, 2 * age_min[hardest]):
            continue
        wider, narrower = (allowed_min(line, needed * share, place)[bins] for share in (1.001, 0.99))
        assert np.all(age_min <= wider + 1e-6)
        assert np.any(age_min[1:] > narrower[1:])


def test_lines_without_a_day_are_those_that_the_other_days_teach() -> None:
    longest = np.random.default_rng(1).exponential(60, (2, 30, BINS)).round(-1)
    without = lines_without_each_day(longest)
    again = lines_without_each_day(np.delete(longest, 7, axis=1))
    assert without.shape == longest.shape
    # Whoever is no day's longest changes nothing for the others.
    assert np.all(without <= lines_without_each_day(np.maximum(longest, 500.0)))
    assert again.shape == (2, 29, BINS)


@pytest.mark.parametrize(("place", "door"), [("kitchen", False), ("bedroom", False), ("door", True)])
def test_a_past_silence_needs_the_margin_with_which_the_other_days_would_not_have_alarmed(
    place: str, door: bool
) -> None:
    usual = learned(lived(40, 20, place), 40)
    assert usual.needed_min is not None
    needed = usual.needed_min[0]
    day = (DAY + timedelta(days=20)).timestamp()
    others = learned(lived(40, 20, place), 40, ((day, day + DAY_S),))
    began = (DAY + timedelta(days=20, hours=9)).timestamp()
    for margin, is_raised in ((needed * 1.02, False), (needed * 0.95 - 5, True)):
        limit = others.limit(margin, None if door else place).allowed_min
        bins = (9 * 12 + np.arange(1, 72)) % BINS
        passed = 5.0 * np.arange(1, 72) > limit[bins]
        if door:
            outing = others.outing_limit(margin).allowed_min[9 * 12]
            passed &= 5.0 * np.arange(1, 72) > outing
        assert bool(passed.any()) is is_raised
    assert began == day + 9 * 3600


def test_the_more_often_a_home_passes_its_lines_the_wider_its_margin_within_bounds() -> None:
    calm, usual, restless, wild = (margin_for([300.0] * count, 60, 2.7) for count in (0, 4, 8, 60))
    assert 60 < calm < usual < restless <= wild < 240
    assert margin_for([300.0] * 8, 60, 5.0) < restless < margin_for([300.0] * 8, 60, 1.0)


def test_a_setting_is_wider_where_the_homes_past_asks_for_it_and_never_narrower() -> None:
    flat = ThresholdCurve(np.full(BINS, 60.0), np.full(BINS, 60.0))
    unknown = SilenceBaseline(40, flat)
    restless = SilenceBaseline(40, flat, needed_min=(400.0,) * 12)
    calm = SilenceBaseline(40, flat, needed_min=())
    for sensitivity in Sensitivity:
        assert unknown.margin_min(sensitivity) == calm.margin_min(sensitivity) == BUFFER_MIN[sensitivity]
    for sensitivity in (Sensitivity.FAMILY, Sensitivity.STANDARD):
        assert restless.margin_min(sensitivity) > BUFFER_MIN[sensitivity]
    early = SilenceBaseline(21, flat, needed_min=(400.0,) * 12)
    assert early.margin_min(Sensitivity.STANDARD) == 1.25 * margin_for(early.needed_min or (), 21, 2.7) > 200
    noon = (DAY + timedelta(hours=12)).timestamp()
    first = [
        int(np.argmax(threshold_from(one, Sensitivity.FAMILY, UTC_ZONE, noon).passed))
        for one in (calm, restless)
    ]
    assert first[0] < first[1]


def test_what_is_kept_of_a_home_holds_its_margins_also_if_it_is_from_before_there_were_any() -> None:
    usual = learned(lived(30, 20), 30)
    body = usual.to_json()
    assert SilenceBaseline.from_json(body).needed_min == usual.needed_min
    assert usual.needed_min
    del body["needed_min"]
    assert SilenceBaseline.from_json(body).margin_min(Sensitivity.QUIET) == BUFFER_MIN[Sensitivity.QUIET]
    assert learned(lived(10), 10).needed_min is None
