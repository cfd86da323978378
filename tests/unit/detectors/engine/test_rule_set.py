"""Which rules are asked about whom, and which of them know of each other."""

from datetime import date
from typing import NoReturn

from core.domain.agreed.quiet_limit import QuietLimit
from core.domain.backtest import NOT_TRIED, TRIED_RULES
from core.domain.geofence import ALWAYS
from core.domain.rules import RULES
from core.domain.sensitivity import Sensitivity
from core.store.telemetry.metric_series import RuleInputs
from detectors.engine.rule_set import BUILDERS, rules_of
from detectors.rules.base import Rule
from detectors.rules.bathroom_stay import BathroomStay
from detectors.rules.inactivity import Inactivity
from detectors.rules.late_morning import LateMorning
from detectors.windows.loader import HomeView


def nothing(_day: date) -> NoReturn:
    raise AssertionError("nothing is evaluated here")


def test_what_repeats_a_silence_knows_the_alarm_about_it_with_the_resident_s_own_setting() -> None:
    view = HomeView(1, (), None, has_door=True, has_tracker=False)
    asked: dict[type, Rule] = {
        type(one): one
        for one in rules_of(
            Sensitivity.QUIET,
            RuleInputs(None, alert_on_night_exit=False),
            view,
            baseline_on=nothing,
            rhythm_on=nothing,
            places_on=nothing,
        )
    }
    alarm = asked[Inactivity]
    assert isinstance(alarm, Inactivity)
    assert alarm.sensitivity is Sensitivity.QUIET
    morning, stay = asked[LateMorning], asked[BathroomStay]
    assert isinstance(morning, LateMorning)
    assert isinstance(stay, BathroomStay)
    assert morning.alarm is alarm
    assert stay.alarm is alarm


def test_every_rule_that_can_be_tried_is_offered_with_those_about_the_person_first() -> None:
    assert TRIED_RULES[0] == "inactivity"
    assert TRIED_RULES[-2:] == ("device_stuck", "battery")
    assert {*TRIED_RULES, *NOT_TRIED} == set(RULES)
    assert set(BUILDERS) <= set(RULES)


def test_a_rule_is_asked_only_where_what_it_needs_is_there() -> None:
    everywhere = QuietLimit(1, 1, "", None, "", 60, ALWAYS)

    def asked(*, door: bool, tracker: bool, agreed: bool, limited: bool = True) -> set[str]:
        found = rules_of(
            Sensitivity.STANDARD,
            RuleInputs(None, alert_on_night_exit=agreed, quiet_limits=(everywhere,) if limited else ()),
            HomeView(1, (), None, has_door=door, has_tracker=tracker),
            baseline_on=nothing,
            rhythm_on=nothing,
            places_on=nothing,
        )
        return {one.name for one in found}

    everything = asked(door=True, tracker=True, agreed=True)
    assert everything == set(BUILDERS)
    assert everything - asked(door=False, tracker=True, agreed=True) == {"left_behind"}
    assert everything - asked(door=True, tracker=False, agreed=True) == {"left_behind", "wandering"}
    assert everything - asked(door=True, tracker=True, agreed=False) == {"night_exit"}
    no_limit = asked(door=True, tracker=True, agreed=True, limited=False)
    assert everything - no_limit == {"quiet_too_long"}
