"""Which rules are asked about whom, and which of them know of each other."""

from datetime import date
from typing import NoReturn

from core.domain.sensitivity import Sensitivity
from core.store.measurements import Situation
from detectors.rulebook import rules_of
from detectors.rules.bathroom_stay import BathroomStay
from detectors.rules.inactivity import Inactivity
from detectors.rules.judgement import Rule
from detectors.rules.morning import LateMorning
from detectors.window import HomeView


def nothing(_day: date) -> NoReturn:
    raise AssertionError("nothing is judged here")


def test_what_repeats_a_silence_knows_the_alarm_about_it_with_the_resident_s_own_setting() -> None:
    view = HomeView(1, (), None, has_door=True, has_tracker=False)
    rules: dict[type, Rule] = {
        type(one): one
        for one in rules_of(
            Sensitivity.QUIET,
            Situation(None, tells_night_exit=False),
            view,
            usual_on=nothing,
            rhythm_on=nothing,
            places_on=nothing,
        )
    }
    alarm = rules[Inactivity]
    assert isinstance(alarm, Inactivity)
    assert alarm.sensitivity is Sensitivity.QUIET
    morning, stay = rules[LateMorning], rules[BathroomStay]
    assert isinstance(morning, LateMorning)
    assert isinstance(stay, BathroomStay)
    assert morning.alarm is alarm
    assert stay.alarm is alarm
