"""The rules about life at home on small days of their own: what is raised, what ends it, and when nobody can tell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.domain.alert import Finding, Severity
from core.domain.device import DeviceKind
from core.domain.planned_absence import AbsenceKind
from core.domain.rhythm import Appliance, Habit, Rhythm, Spans
from detectors.features import presence
from detectors.features.silence_profile import ThresholdCurve
from detectors.features.silence_threshold import SilenceBaseline
from detectors.features.window import (
    Blind,
    Interval,
    PlannedAbsence,
    Power,
    RoomSeries,
    Track,
    Window,
    life_signs,
    no_track,
)
from detectors.rules import absence_not_taken
from detectors.rules.absence_not_taken import AbsenceNotTaken
from detectors.rules.appliance import ApplianceLeftOn, ApplianceUnused
from detectors.rules.base import Rule
from detectors.rules.bathroom_stay import BathroomStay
from detectors.rules.cold import Cold
from detectors.rules.heat import Heat
from detectors.rules.inactivity import Inactivity
from detectors.rules.late_morning import LateMorning
from detectors.rules.not_returned import NotReturned
from detectors.rules.restless_night import RestlessNight

DAY = datetime(2026, 7, 1, tzinfo=UTC)
KNOWN = Rhythm(
    days=28,
    up=Habit(400.0, 10.0, 28),
    night_visits=28,
    nights=28,
    last_nights=(1, 1, 1, 9),
    outings={"weekday": Spans(12, 120.0, 180.0)},
    stays={"day": Spans(200, 15.0, 20.0), "night": Spans(60, 8.0, 12.0)},
    stay_days=28,
    appliances={"7": Appliance(Habit(420.0, 10.0, 28), 28, Spans(80, 8.0, 12.0))},
    rooms_c={"bedroom": (16.0,) * 24},
    has_door=True,
)


def at(clock: str, day: int = 0) -> datetime:
    hours, minutes = clock.split(":")
    return DAY + timedelta(days=day, hours=int(hours), minutes=int(minutes))


def window(*moves: tuple[str, str], **more: object) -> Window:
    """Return a window of pairs of life signs: a clock time and a place, `door` for the entrance door."""
    rows = [
        (at(clock).timestamp() + wait, DeviceKind.DOOR if place == "door" else DeviceKind.MOTION, place)
        for clock, place in moves
        for wait in ((0,) if place == "door" else (0, 30))
    ]
    given = {"track": no_track(), "presses": (), "blind": (), "pauses": (), "geofences": (), **more}
    return Window(1, ZoneInfo("UTC"), DAY - timedelta(days=2), life_signs(rows), **given)  # pyright: ignore[reportArgumentType]


def raised(rule: Rule, seen: Window, until: str = "23:59") -> list[tuple[str, str | None]]:
    found = rule.evaluate(seen, DAY, at(until)).findings
    return [(f"{one.raised_at:%H:%M}", one.cleared_at and f"{one.cleared_at:%H:%M}") for one in found]


def only(rule: Rule, seen: Window, until: str = "23:59") -> Finding:
    (found,) = rule.evaluate(seen, DAY, at(until)).findings
    return found


NIGHT = (("02:00", "bathroom"), ("02:10", "bedroom"))


def test_a_late_morning_ends_with_getting_up() -> None:
    rule = LateMorning(lambda _: KNOWN)
    assert raised(rule, window(*NIGHT, ("09:00", "kitchen"))) == [("07:40", "09:00")]
    assert raised(rule, window(*NIGHT, ("06:30", "kitchen"), ("07:00", "kitchen"))) == []
    # A visit to the toilet at five is still night.
    assert raised(rule, window(*NIGHT, ("05:00", "bathroom"), ("09:00", "kitchen"))) == [("07:40", "09:00")]
    assert only(rule, window(*NIGHT), "08:00").severity is Severity.KEEP_AN_EYE


@pytest.mark.parametrize(
    "more",
    [
        {"blind": (Blind(at("05:00"), at("06:00"), at("05:10")),)},
        {"pauses": (Interval(at("03:00"), at("20:00")),)},
        {"undecided_from": at("07:00")},
    ],
)
def test_nobody_says_late_when_nobody_can_tell(more: dict[str, object]) -> None:
    assert raised(LateMorning(lambda _: KNOWN), window(*NIGHT, **more)) == []


def test_a_late_morning_whose_end_was_not_known_at_once_is_raised_as_ended() -> None:
    # The movement at nine ends nothing before its partner five minutes later.
    rows = [
        (at(clock).timestamp(), DeviceKind.MOTION, "kitchen")
        for clock in ("02:00", "02:01", "09:00", "09:05")
    ]
    seen = replace(window(), life_signs=life_signs(rows))
    rule = LateMorning(lambda _: KNOWN)
    for since, until, ended in (("08:00", "09:02", None), ("09:02", "09:10", at("09:00"))):
        (found,) = rule.evaluate(seen, at(since), at(until)).findings
        assert found.cleared_at == ended


def test_nothing_is_known_of_mornings_at_first_nor_of_who_left_by_the_door() -> None:
    evaluated = LateMorning(lambda _: Rhythm()).evaluate(window(*NIGHT), DAY, at("12:00"))
    assert (evaluated.findings, evaluated.can_tell) == ((), False)
    assert raised(LateMorning(lambda _: KNOWN), window(*NIGHT, ("03:30", "door"))) == []


def test_two_restless_nights_of_three_are_raised_in_the_morning() -> None:
    visits = [(f"0{hour}:{minute}", "bathroom") for hour in range(1, 5) for minute in ("00", "30")]
    assert raised(RestlessNight(lambda _: KNOWN), window(*visits)) == [("06:00", "22:00")]
    assert raised(RestlessNight(lambda _: replace(KNOWN, last_nights=(1, 1, 1, 1))), window(*visits)) == []
    assert raised(RestlessNight(lambda _: KNOWN), window(*visits[:2])) == []


def test_what_is_restless_is_by_how_much_the_own_nights_vary() -> None:
    visits = [(f"0{hour}:{minute}", "bathroom") for hour in range(1, 5) for minute in ("00", "30")][:6]
    for spread, expected in ((0.5, [("06:00", "22:00")]), (4.0, [])):
        rhythm = replace(KNOWN, night_visits=84, night_spread=spread)
        assert raised(RestlessNight(lambda _, known=rhythm: known), window(*visits)) == expected


def test_restless_nights_that_go_on_are_raised_once() -> None:
    visits = [(f"0{hour}:{minute}", "bathroom") for hour in range(1, 5) for minute in ("00", "30")]
    for nights in ((1, 1, 9, 9), (1, 9, 9, 1), (9, 1, 9, 1)):
        rhythm = replace(KNOWN, last_nights=nights)
        assert raised(RestlessNight(lambda _, known=rhythm: known), window(*visits)) == []


def test_a_long_stay_in_the_bathroom_ends_with_a_life_sign_elsewhere() -> None:
    rule = BathroomStay(lambda _: KNOWN)
    day = (("09:50", "kitchen"), ("10:00", "bathroom"))
    assert raised(rule, window(*day, ("11:30", "kitchen"))) == [("10:50", "11:30")]
    assert raised(rule, window(*day, ("10:45", "kitchen"))) == []
    # At night visits are shorter, so it is raised sooner.
    assert raised(rule, window(("01:55", "bedroom"), ("02:00", "bathroom")), "03:00") == [("02:34", None)]
    # Who rarely goes at night is evaluated by all visits.
    rarely = BathroomStay(
        lambda _: replace(KNOWN, stays={"day": Spans(200, 15.0, 20.0), "night": Spans(9, 5.0, 6.0)})
    )
    assert raised(rarely, window(("01:55", "bedroom"), ("02:00", "bathroom")), "03:00") == [("02:50", None)]


@pytest.mark.parametrize(
    "unknown",
    [
        {"stays": {"day": Spans(12, 15.0, 20.0)}},
        {"stay_days": 20},
        # Who once was seen again only after an hour may have left unseen at any time.
        {"stays": {"day": Spans(200, 15.0, 60.0)}},
    ],
)
def test_nobody_can_tell_of_stays_where_few_are_known_or_leaving_goes_unseen(unknown: dict[str, Any]) -> None:
    rule = BathroomStay(lambda _: replace(KNOWN, **unknown))
    evaluated = rule.evaluate(window(("09:50", "kitchen"), ("10:00", "bathroom")), DAY, at("15:00"))
    assert (evaluated.findings, evaluated.can_tell) == ((), False)


def test_what_an_open_alarm_says_already_is_not_raised_beside_it() -> None:
    flat = SilenceBaseline(40, ThresholdCurve(np.full(288, 60.0), np.full(288, 60.0)))
    alarm = Inactivity(lambda _: flat)
    quiet = window(*NIGHT, ("09:00", "kitchen"))
    # Silent since 2:10 in the bedroom, raised at 5:55; the morning would be late from 7:40 on.
    assert raised(LateMorning(lambda _: KNOWN), quiet) == [("07:40", "09:00")]
    assert raised(alarm, quiet)[0] == ("05:55", "09:00")
    assert raised(LateMorning(lambda _: KNOWN, alarm), quiet) == []
    # An alarm that comes only later changes nothing.
    patient = Inactivity(
        lambda _: SilenceBaseline(40, ThresholdCurve(np.full(288, 300.0), np.full(288, 300.0)))
    )
    assert raised(patient, quiet)[0] > ("07:40", "")
    assert raised(LateMorning(lambda _: KNOWN, patient), quiet) == [("07:40", "09:00")]


def test_who_used_something_by_hand_is_up() -> None:
    rows = [(at(clock).timestamp(), kind, place) for clock, kind, place in (
        ("02:00", DeviceKind.MOTION, "bathroom"),
        ("02:01", DeviceKind.MOTION, "bedroom"),
        ("06:00", DeviceKind.FRIDGE, "kitchen"),
        ("09:00", DeviceKind.MOTION, "kitchen"),
    )]  # fmt: skip
    assert raised(LateMorning(lambda _: KNOWN), replace(window(), life_signs=life_signs(rows))) == []
    assert raised(LateMorning(lambda _: KNOWN), replace(window(), life_signs=life_signs(rows[:2]))) != []


def test_heat_is_worth_a_word_and_danger_is_to_be_checked() -> None:
    def room(temperature_c: float) -> list[RoomSeries]:
        time = np.array([at("10:00").timestamp() + 600 * step for step in range(24)])
        warm = np.where(time < at("11:00").timestamp(), 24.0, temperature_c)
        return [RoomSeries("bedroom", time, warm, np.full(24, 70.0))]

    at_home = (("10:50", "bedroom"), ("12:30", "bedroom"))
    notice = only(Heat(), window(*at_home, rooms=room(32.0)), "13:00")
    # It rises so fast that danger seems near, which is raised before severe heat has lasted.
    assert (notice.severity, notice.reason["cause"]) == (Severity.KEEP_AN_EYE, "forecast")
    danger = only(Heat(), window(*at_home, rooms=room(36.0)), "13:00")
    assert (danger.severity, danger.reason["cause"]) == (Severity.CHECK_SOON, "danger")
    assert Heat().evaluate(window(*at_home, rooms=room(25.0)), DAY, at("13:00")).findings == ()
    assert (
        raised(Heat(), window(*at_home, rooms=room(36.0), pauses=(Interval(at("08:00"), at("20:00")),))) == []
    )


def test_cold_is_by_the_own_usual_and_by_limits_in_the_living_room() -> None:
    time = np.array([at("08:00").timestamp() + 900 * step for step in range(24)])

    def room(place: str, temperature_c: float) -> RoomSeries:
        return RoomSeries(place, time, np.full(24, temperature_c), np.full(24, np.nan))

    rule = Cold(lambda _: KNOWN)
    warm = room("living_room", 20.0)
    assert only(rule, window(rooms=[warm, room("bedroom", 9.0)]), "13:00").reason["cause"] == "below_usual"
    assert raised(rule, window(rooms=[warm, room("bedroom", 11.0)]), "13:00") == []
    assert only(rule, window(rooms=[room("living_room", 11.0)]), "13:00").severity is Severity.KEEP_AN_EYE
    assert only(rule, window(rooms=[room("living_room", 6.0)]), "13:00").severity is Severity.CHECK_SOON
    assert raised(rule, window(rooms=[warm, room("hall", 3.0), room("bathroom", 3.0)]), "13:00") == []


def test_an_appliance_of_every_day_is_missed_only_when_somebody_is_up() -> None:
    rule = ApplianceUnused(lambda _: KNOWN)
    off = [Power(7, "kitchen", np.array([at("00:00").timestamp()]), np.array([0.0]))]
    used = [Power(7, "kitchen", np.array([at("09:00").timestamp()]), np.array([1100.0]))]
    up = (("06:40", "kitchen"), ("07:30", "kitchen"))
    assert raised(rule, window(*up, power=off), "09:30") == [("08:00", None)]
    assert raised(rule, window(*up, power=used), "09:30") == [("08:00", "09:00")]
    assert raised(rule, window(*NIGHT, power=off), "09:30") == []


def test_an_appliance_that_is_left_on_is_raised_until_it_is_off() -> None:
    time = np.array([at("07:00").timestamp(), at("08:30").timestamp()])
    power = [Power(7, "kitchen", time, np.array([1100.0, 0.0]))]
    assert raised(ApplianceLeftOn(lambda _: KNOWN), window(power=power)) == [("07:30", "08:30")]
    assert not ApplianceLeftOn(lambda _: Rhythm()).evaluate(window(power=power), DAY, at("12:00")).can_tell


def outing(leaves: str, returns: str) -> Window:
    time = np.arange(at("12:00").timestamp(), at("23:59").timestamp(), 300.0)
    out = (time >= at(leaves).timestamp()) & (time < at(returns).timestamp())
    track = Track(time, np.where(out, 35.02, 35.0), np.full(len(time), 139.0), np.full(len(time), 15.0))
    seen = window(("12:05", "kitchen"), track=track)
    return replace(seen, away=presence.away(track, (35.0, 139.0), seen.life_signs))


def test_an_outing_is_too_long_by_the_own_longest_or_late_at_night() -> None:
    rule = NotReturned(lambda _: KNOWN)
    assert raised(rule, outing("13:00", "19:00")) == [("18:00", "19:05")]
    assert raised(rule, outing("13:00", "16:00")) == []
    late = only(rule, outing("21:00", "23:58"), "23:30")
    assert (f"{late.raised_at:%H:%M}", late.reason["cause"]) == ("23:00", "late")
    assert raised(NotReturned(lambda _: replace(KNOWN, nights_out=2)), outing("21:00", "23:58")) == []
    # Who is out by plan is expected an hour after its end.
    planned = replace(outing("13:00", "21:00"), pauses=(Interval(at("13:10"), at("19:00")),))
    assert raised(rule, planned)[0][0] == "20:00"


def test_a_day_service_counts_from_leaving() -> None:
    plan = [PlannedAbsence(1, AbsenceKind.DAY_SERVICE, at("09:00"), at("16:00"))]
    stayed = window(("08:30", "kitchen"), ("09:20", "kitchen"), absences=plan)
    assert raised(AbsenceNotTaken(), stayed, "12:00") == [("09:45", None)]
    assert absence_not_taken.pauses(plan, stayed.life_signs, at("12:00"), has_door=True) == []
    left = window(("08:30", "kitchen"), ("09:02", "door"), absences=plan)
    assert raised(AbsenceNotTaken(), left, "12:00") == []
    assert absence_not_taken.pauses(plan, left.life_signs, at("12:00"), has_door=True) == [
        Interval(at("09:17"), at("16:00"))
    ]
    # Without a sensor at the door nobody can tell, and the plan counts.
    assert absence_not_taken.pauses(plan, stayed.life_signs, at("12:00"), has_door=False) == [
        Interval(at("09:00"), at("16:00"))
    ]
    assert raised(AbsenceNotTaken(has_door=False), stayed, "12:00") == []


def test_who_is_on_a_journey_is_not_expected_at_the_day_service() -> None:
    service = PlannedAbsence(1, AbsenceKind.DAY_SERVICE, at("09:00"), at("16:00"))
    journey = PlannedAbsence(2, AbsenceKind.TRAVEL, at("08:00"), at("23:00"))
    assert raised(AbsenceNotTaken(), window(("07:30", "door"), absences=[journey, service]), "12:00") == []
    # One that is over by then changes nothing.
    over = replace(journey, began_at=DAY, ended_at=at("06:00"))
    assert raised(AbsenceNotTaken(), window(("07:30", "kitchen"), absences=[over, service]), "12:00") == [
        ("09:45", None)
    ]


def test_somebody_who_moves_at_home_during_a_journey_is_raised_for_the_staff() -> None:
    plan = [PlannedAbsence(1, AbsenceKind.TRAVEL, at("06:00"), at("23:00"))]
    moves = (("09:00", "kitchen"), ("10:00", "kitchen"), ("11:00", "hall"))
    found = only(AbsenceNotTaken(), window(*moves, absences=plan), "12:00")
    assert (found.severity, found.reason["cause"]) == (Severity.KEEP_AN_EYE, "moves_at_home")
    assert raised(AbsenceNotTaken(), window(*moves[:2], absences=plan)) == []
