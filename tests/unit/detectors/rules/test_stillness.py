"""Somebody who lies where they never stay still: when it is raised, what ends it, and what neither raises nor delays anything."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.domain.alert import Severity
from core.domain.device import DeviceKind
from core.domain.rhythm import Rhythm, Spans, Stillness
from detectors.features.silence_profile import ThresholdCurve
from detectors.features.silence_threshold import SilenceBaseline
from detectors.features.window import Blind, Interval, Occupancy, Window, life_signs, no_track
from detectors.rules.bathroom_stay import BathroomStay
from detectors.rules.inactivity import Inactivity
from detectors.rules.stillness import UnusualStillness

DAY = datetime(2026, 5, 1, tzinfo=UTC)
# 1.5 times 18 minutes and ten.
USUAL = Rhythm(
    still_times={
        "7.presence": Stillness(28, 90, 18.0),
        "8.presence.floor": Stillness(20, 400, 2.0),
        "9.presence": Stillness(28, 60, 540.0),
    },
    stays={"day": Spans(200, 15.0, 18.0)},
    stay_days=28,
)
RULE = UnusualStillness(lambda _: USUAL)


def at(clock: str) -> datetime:
    hour, minute = clock.split(":")
    return DAY + timedelta(hours=int(hour), minutes=int(minute))


def seconds(clock: str) -> float:
    return at(clock).timestamp() if clock else np.inf


def seen(part: str, place: str, *spans: tuple[str, str]) -> Occupancy:
    """Return when a part of a device saw somebody, by the clock; until "" for what lasts."""
    return Occupancy(
        part,
        place,
        np.array([seconds(one) for one, _ in spans]),
        np.array([seconds(one) for _, one in spans]),
    )


def window(
    moves: Sequence[tuple[str, str]],
    *occupancies: Occupancy,
    blind: Sequence[Blind] = (),
    pauses: Sequence[Interval] = (),
) -> Window:
    """Return a window with two life signs half a minute apart for each move."""
    rows = [(seconds(clock) - wait, DeviceKind.MOTION, place) for clock, place in moves for wait in (30, 0)]
    return Window(
        1, ZoneInfo("UTC"), DAY - timedelta(days=2), life_signs(rows), no_track(), (), blind, pauses, (),
        occupancies=occupancies,
    )  # fmt: skip


def raised(home: Window, until: str = "23:00", since: str = "00:00") -> list[tuple[str, str | None]]:
    found = RULE.evaluate(home, at(since), at(until)).findings
    return [(f"{one.raised_at:%H:%M}", one.cleared_at and f"{one.cleared_at:%H:%M}") for one in found]


BATH = seen("7.presence", "bathroom", ("10:00", ""))
IN_THE_BATH = [("09:50", "kitchen"), ("10:00", "bathroom")]


def test_who_lies_in_the_bathroom_longer_than_ever_is_raised_and_a_movement_ends_it() -> None:
    assert raised(window(IN_THE_BATH, BATH)) == [("10:37", None)]
    assert raised(window([*IN_THE_BATH, ("11:30", "kitchen")], BATH)) == [("10:37", "11:29")]
    (found,) = RULE.evaluate(window(IN_THE_BATH, BATH), at("00:00"), at("11:00")).findings
    assert (found.severity, found.began_at) == (Severity.CHECK_SOON, at("10:00"))
    assert (found.reason["place"], found.reason["still_min"]) == ("bathroom", 37)


@pytest.mark.parametrize("clock", ["10:36", "10:37"])
def test_it_is_raised_at_the_limit_and_not_before(clock: str) -> None:
    evaluated = RULE.evaluate(window(IN_THE_BATH, BATH), at("00:00"), at(clock))
    assert len(evaluated.findings) == (clock == "10:37")
    if clock == "10:36":
        assert evaluated.due_at == at("10:37")


@pytest.mark.parametrize("place", ["kitchen", "bathroom"])
def test_who_moves_is_not_still(place: str) -> None:
    assert raised(window([*IN_THE_BATH, ("10:20", place)], BATH), until="10:56") == []


def test_who_moves_in_the_room_and_then_lies_there_is_still_from_then_on() -> None:
    assert raised(window([*IN_THE_BATH, ("10:20", "bathroom")], BATH)) == [("10:57", None)]


def test_who_is_seen_no_more_was_not_still_for_long_enough() -> None:
    left = seen("7.presence", "bathroom", ("10:00", "10:36"))
    assert raised(window(IN_THE_BATH, left)) == []


def test_a_radar_that_loses_who_lies_there_does_not_end_the_alert() -> None:
    lost = seen("7.presence", "bathroom", ("10:00", "10:50"))
    assert raised(window(IN_THE_BATH, lost)) == [("10:37", None)]
    assert raised(window([*IN_THE_BATH, ("12:00", "hall")], lost)) == [("10:37", "11:59")]


def test_a_curtain_that_a_radar_sees_after_somebody_went_elsewhere_is_nobody() -> None:
    assert raised(window([*IN_THE_BATH, ("10:05", "kitchen")], BATH)) == []


def test_a_zone_on_the_floor_has_a_usual_of_its_own_and_20_minutes_at_least() -> None:
    floor = seen("8.presence.floor", "bedroom", ("10:00", ""))
    assert raised(window([("10:00", "bedroom")], floor)) == [("10:20", None)]


def test_a_place_to_rest_or_one_that_is_little_known_is_left_to_the_silence() -> None:
    on_the_sofa = seen("9.presence", "lounge", ("10:00", ""))
    unknown = seen("3.presence", "hall", ("10:00", ""))
    assert raised(window([("10:00", "lounge"), ("10:00", "hall")], on_the_sofa, unknown)) == []
    few = replace(USUAL, still_times={"7.presence": Stillness(13, 90, 18.0)})
    evaluated = UnusualStillness(lambda _: few).evaluate(window(IN_THE_BATH, BATH), at("00:00"), at("23:00"))
    assert (evaluated.findings, evaluated.can_tell) == ((), False)


@pytest.mark.parametrize(
    "more",
    [
        {"blind": (Blind(at("10:10"), at("10:30"), at("10:20")),)},
        {"pauses": (Interval(at("10:10"), at("12:00")),)},
    ],
)
def test_nobody_can_tell_while_out_of_contact_or_in_a_planned_absence(
    more: dict[str, tuple[Interval]],
) -> None:
    assert raised(replace(window(IN_THE_BATH, BATH), **more)) == []


def test_two_zones_that_see_the_same_person_raise_one_alert() -> None:
    floor = seen("8.presence.floor", "bathroom", ("10:00", ""))
    assert raised(window(IN_THE_BATH, BATH, floor)) == [("10:20", None)]


def test_it_is_not_raised_beside_the_silence_and_puts_that_off_by_nothing() -> None:
    flat = SilenceBaseline(40, ThresholdCurve(np.full(288, 10.0), np.full(288, 10.0)))
    alarm = Inactivity(lambda _: flat)
    lies = window(IN_THE_BATH, BATH)
    span = at("00:00"), at("23:00")
    alone = alarm.evaluate(replace(lies, occupancies=()), *span)
    assert alarm.evaluate(lies, *span) == alone
    late = UnusualStillness(
        lambda _: replace(USUAL, still_times={"7.presence": Stillness(28, 90, 73.0)}), alarm
    )
    (silence,) = alone.findings
    assert silence.raised_at < at("11:59")
    assert late.evaluate(lies, *span).findings == ()
    assert UnusualStillness(lambda _: USUAL, alarm).evaluate(lies, *span).findings != ()


def test_a_long_stay_is_not_raised_beside_it() -> None:
    span = at("00:00"), at("23:00")
    lies = window(IN_THE_BATH, BATH)
    (alone,) = BathroomStay(lambda _: USUAL).evaluate(lies, *span).findings
    assert alone.raised_at > at("10:37")
    assert BathroomStay(lambda _: USUAL, None, RULE).evaluate(lies, *span).findings == ()
