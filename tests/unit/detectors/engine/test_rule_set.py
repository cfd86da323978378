"""Which rules are asked about whom, and which of them know of each other."""

from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pkgutil import iter_modules
from typing import NoReturn

from core.domain.backtest import NOT_TRIED, TRIED_RULES
from core.domain.sensitivity import Sensitivity
from core.store.telemetry.metric_series import RuleInputs
from detectors import rules
from detectors.engine.rule_set import rules_of
from detectors.features.window import Rule
from detectors.rules.bathroom_stay import BathroomStay
from detectors.rules.inactivity import Inactivity
from detectors.rules.late_morning import LateMorning
from detectors.windows.loader import HomeView


def nothing(_day: date) -> NoReturn:
    raise AssertionError("nothing is judged here")


def test_what_repeats_a_silence_knows_the_alarm_about_it_with_the_resident_s_own_setting() -> None:
    view = HomeView(1, (), None, has_door=True, has_tracker=False)
    asked: dict[type, Rule] = {
        type(one): one
        for one in rules_of(
            Sensitivity.QUIET,
            RuleInputs(None, tells_night_exit=False),
            view,
            usual_on=nothing,
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


def rule_names() -> Iterator[str]:
    """Give the names of the rules as their modules have them."""
    for one in iter_modules(rules.__path__):
        module = vars(import_module(f"detectors.rules.{one.name}"))
        constants = ("NAME", "HOME_SILENT", "DEVICE_SILENT", "UNUSED", "LEFT_ON")
        yield from (module[name] for name in constants if name in module)


def test_every_rule_is_on_the_map_of_the_package() -> None:
    assert [one for one in rule_names() if f"`{one}`" not in str(rules.__doc__)] == []


def test_of_every_rule_it_is_known_whether_it_can_be_tried_on_the_past() -> None:
    assert set(rule_names()) <= {*TRIED_RULES, *NOT_TRIED}
