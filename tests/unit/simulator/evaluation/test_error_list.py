"""The errors of a margin, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from core.domain.device import DeviceKind
from simulator.evaluation.current_rule import OurRule
from simulator.evaluation.error_list import ErrorList, errors_of
from simulator.evaluation.homes import EvaluatedRecording, life_signs_of
from simulator.evaluation.live_rule import run_live_with
from simulator.evaluation.protocol import (
    DAY_S,
    Collapses,
    EvaluatedHome,
    EventTimes,
    Flags,
    Floats,
    collapses,
    prepare,
)
from simulator.evaluation.synthetic import syn40

HOUR_S = 3600.0
DAYS = 44


@dataclass(frozen=True)
class Timer:
    """A detector that alarms after the same time always."""

    settings: Sequence[float] = ()
    name: str = "timer"

    def learn_live(self, home: EvaluatedHome) -> "Timer":
        return self

    def threshold_min(self, setting: float, moments: EventTimes) -> Floats:
        return np.full(len(moments.bin), setting)

    def bound_min(self, setting: float, moments: EventTimes) -> Floats:
        return self.threshold_min(setting, moments)

    def is_trusted(self, moments: EventTimes) -> Flags:
        return np.ones(len(moments.bin), np.bool_)


def home_with(silent: tuple[float, str], until: tuple[float, str]) -> EvaluatedHome:
    """Return a home in which somebody is seen in pairs all day; on the day 30 from one hour and place on not before another."""
    seen = [
        (day * DAY_S + hour * HOUR_S + second, "kitchen")
        for day in range(DAYS)
        for hour in np.arange(6.0, 23.0, 0.5).tolist()
        for second in (0.0, 60.0)
    ]
    (began, first), (ended, last) = ((30 * DAY_S + hour * HOUR_S, place) for hour, place in (silent, until))
    seen = [(time, place) for time, place in seen if not began - HOUR_S / 2 < time < ended + HOUR_S / 2]
    seen += [(began - 60, "hall"), (began, first), (ended, last), (ended + 200, "hall")]
    kinds = [DeviceKind.DOOR if place == "door" else DeviceKind.MOTION for _, place in seen]
    signs = life_signs_of(np.array([time for time, _ in seen]), [place for _, place in seen], kinds)
    (home,) = prepare([EvaluatedRecording("home", signs)])
    return home


@pytest.mark.parametrize(
    ("silent", "until", "why"),
    [
        ((8.0, "door"), (17.5, "door"), "door at both ends"),
        ((8.0, "door"), (17.5, "hall"), "after the door, seen inside next"),
        ((8.0, "kitchen"), (17.5, "door"), "seen inside, then the door"),
        ((11.0, "kitchen"), (22.0, "kitchen"), "over 10 h without a door, ends at night"),
        ((21.0, "kitchen"), (29.5, "kitchen"), "begins at night, over within an hour"),
        ((21.0, "kitchen"), (31.5, "kitchen"), "begins at night, goes on"),
        ((8.0, "kitchen"), (16.5, "kitchen"), "begins by day, over within an hour"),
        ((8.0, "kitchen"), (17.5, "kitchen"), "begins by day, goes on"),
    ],
)
def test_a_false_alarm_is_of_the_class_of_its_silence(
    silent: tuple[float, str], until: tuple[float, str], why: str
) -> None:
    home = home_with(silent, until)
    (errors,) = errors_of(Timer(), [home], [Collapses(np.array([2500]), np.array([1.0]))], {1.0: 480.0})
    (one,) = errors.false_alarms
    hours = until[0] - silent[0]
    assert (one.why, one.place, one.silent_h) == (why, silent[1], hours)
    assert one.went_on_h == pytest.approx(hours - 8)
    assert errors.false_by_class() == {why: (1, int(hours - 8 <= 1))}


def test_every_false_alarm_and_one_collapse_in_twenty_are_listed() -> None:
    homes = prepare(syn40(3, 58))
    injected = collapses(homes)
    rule = OurRule((90.0,))
    (((*trials,),),) = run_live_with(rule, homes, injected, (0.0,))
    (errors,) = errors_of(rule, homes, injected, {5.0: 90.0})
    assert len(errors.false_alarms) == sum(one.false_alarms for one in trials) > 0
    hours = np.concatenate([one.to_alarm_min for one in trials]) / 60
    assert errors.slow_from_h == pytest.approx(np.nanquantile(hours, 0.95))
    assert sum(one.collapses for one in errors.slow) == np.sum(hours >= errors.slow_from_h)
    assert max(one.longest_h for one in errors.slow) == pytest.approx(np.nanmax(hours), abs=0.01)
    assert_classes(errors)


def assert_classes(errors: ErrorList) -> None:
    by_class = errors.slow_by_class()
    assert sum(count for count, _, _ in by_class.values()) == sum(one.collapses for one in errors.slow)
    assert {"fell at night, last seen at night"} <= set(by_class)
