"""When a device without a heartbeat is raised as silent, and when it is not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.features.mute_devices import DAY_S, HOUR_S, mute_spells
from detectors.features.stuck_patterns import StuckSpell

DAYS = 40
NOW = DAYS * DAY_S
HOURS = np.arange(0.0, NOW, HOUR_S)
ALL_DAY = HOURS
BY_DAY = HOURS[(HOURS % DAY_S >= 7 * HOUR_S) & (HOURS % DAY_S < 22 * HOUR_S)]


def every(step_s: float, until: float = NOW) -> NDArray[np.float64]:
    return np.arange(600.0, until, step_s)


def spells(raised: NDArray[np.float64], others: NDArray[np.float64] = ALL_DAY) -> list[StuckSpell]:
    return list(mute_spells(raised, others, NOW))


def test_a_thermometer_that_stops_is_raised_after_a_day_in_which_the_home_was_in_contact() -> None:
    (spell,) = spells(every(1800.0, 35 * DAY_S))
    assert spell.began == 35 * DAY_S - 1200.0
    assert spell.known == 36 * DAY_S
    assert (spell.cause, spell.ended, spell.baseline_s) == ("quiet", None, 1800.0)
    # Where others are in contact by day only, it takes their hours: fifteen of one day and nine of the next.
    (spell,) = spells(every(1800.0, 35 * DAY_S), BY_DAY)
    assert spell.known == 36 * DAY_S + 16 * HOUR_S


def test_it_ends_with_the_next_thing_that_the_device_reports() -> None:
    raised = every(1800.0)
    raised = raised[(raised < 30 * DAY_S) | (raised >= 33 * DAY_S)]
    (spell,) = spells(raised)
    assert spell.ended == 33 * DAY_S + 600.0


def test_who_speaks_seldom_is_given_three_times_the_longest_silence() -> None:
    # Every nine hours, so silent for nine hours of the others at the most: 27.
    raised = every(9 * HOUR_S, 30 * DAY_S)
    (spell,) = spells(raised)
    assert spell.known - spell.began == pytest.approx(27 * HOUR_S, abs=HOUR_S)
    assert list(mute_spells(raised, ALL_DAY, spell.known - 1)) == []
    # Every three days: nine days would be too long to mean anything.
    assert spells(every(3 * DAY_S, 20 * DAY_S)) == []


def test_an_outage_is_nobodys_silence_and_teaches_nothing() -> None:
    raised = every(1800.0, 35 * DAY_S)
    home_away = (HOURS >= 35 * DAY_S) & (HOURS < 39.5 * DAY_S)
    assert spells(raised, ALL_DAY[~home_away]) == []
    # Four days in which nothing of the home was in contact do not make the device patient afterwards.
    raised, received = (one[(one < 20 * DAY_S) | (one >= 24 * DAY_S)] for one in (raised, ALL_DAY))
    (spell,) = spells(raised, received)
    assert spell.known == 36 * DAY_S


@pytest.mark.parametrize("days", [0, 3, 6])
def test_nothing_is_said_of_a_device_that_is_hardly_known(days: int) -> None:
    assert spells(every(1800.0, days * DAY_S)) == []


def test_a_home_with_nothing_else_in_it_says_nothing() -> None:
    assert spells(every(1800.0, 30 * DAY_S), np.zeros(0)) == []
