"""Which presses of a button are one call, and which reports of a detector."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.domain.metrics import CALLS
from detectors.features.window import Interval, Press, Window, life_signs, no_track
from detectors.rules.emergency_call import SosCall

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
END = BEGIN + timedelta(days=2)


def at(minute: float) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def calls(
    rule: str, *presses: Press, closed: tuple[float, ...] = (), pauses: tuple[Interval, ...] = ()
) -> list[float]:
    """Return at which minutes a call begins."""
    window = Window(
        resident=1,
        zone=ZoneInfo("UTC"),
        watched_from=BEGIN,
        life_signs=life_signs(()),
        track=no_track(),
        presses=presses,
        blind=(),
        pauses=pauses,
        geofences=(),
        closed_calls=[at(minute) for minute in closed],
    )
    found = SosCall(rule).evaluate(window, BEGIN, END).findings
    return [(one.began_at - BEGIN) / timedelta(minutes=1) for one in found]


def pressed(minute: float, *, calm: float | None = None, received: float | None = None) -> Press:
    """Return a press, of a detector that said at minute `calm` before that all is well."""
    arrived_at = at(minute if received is None else received)
    return Press(1, "", at(minute), arrived_at, round(minute * 60), None if calm is None else at(calm))


def reports(*minutes: float, calm: float | None = 1) -> list[Press]:
    """Return what a detector says again and again, after it had said at minute `calm` that all is well."""
    return [pressed(minutes[0], calm=calm), *(pressed(one) for one in minutes[1:])]


def test_a_button_is_pressed_anew_after_two_minutes_and_after_its_call_was_closed() -> None:
    presses = [pressed(10), pressed(11.9), pressed(13), pressed(16), pressed(17)]
    assert calls("sos", *presses) == [10, 16]
    assert calls("sos", *presses, closed=(12.5, 16.5)) == [10, 13, 16, 17]


@pytest.mark.parametrize("rule", ["fall", "smoke", "water_leak"])
def test_a_detector_that_goes_on_saying_so_calls_once(rule: str) -> None:
    assert calls(rule, *reports(10, 11, 12, 30, 50, 160)) == [10]


def test_a_detector_calls_anew_once_it_said_that_it_was_over() -> None:
    assert calls("fall", *reports(10, 11, 12), pressed(40, calm=13), pressed(41)) == [10, 40]
    # What flickers is still one.
    assert calls("fall", *reports(10, 11), pressed(12, calm=11.5)) == [10]


def test_a_detector_that_is_quiet_for_two_hours_calls_anew_though_the_word_that_it_was_over_is_lost() -> None:
    assert calls("fall", *reports(10, 11, 12), pressed(140)) == [10, 140]


def test_a_closed_call_that_goes_on_is_raised_again_after_half_an_hour_and_not_before() -> None:
    presses = reports(*range(10, 120))
    assert calls("fall", *presses, closed=(20,)) == [10, 50]
    assert calls("fall", *presses, closed=(20, 60)) == [10, 50, 90]


def test_a_detector_that_never_says_that_it_is_over_is_raised_whenever_it_calls_after_two_minutes() -> None:
    presses = reports(10, 11, 12, 16, 40, calm=None)
    assert calls("fall", *presses) == [10, 16, 40]
    assert calls("fall", *presses, closed=(11.5,)) == [10, 12, 16, 40]


def test_a_button_that_says_now_and_then_that_nobody_pressed_it_is_still_pressed_anew() -> None:
    assert calls("sos", *reports(10, 30, 31.5), closed=(30.5,)) == [10, 30, 31.5]


def test_a_press_that_is_received_after_its_call_was_closed_is_raised() -> None:
    assert calls("sos", pressed(10), pressed(11, received=60), closed=(20,)) == [10, 11]


@pytest.mark.parametrize("rule", CALLS)
def test_a_call_during_a_planned_absence_is_raised_like_any_other(rule: str) -> None:
    away = Interval(at(0), at(600))
    assert calls(rule, pressed(10), pauses=(away,)) == [10]
