"""Actions of Zigbee2MQTT: presses, calls, used locks, what a sensor felt, and what the thing did by itself."""

import pytest

from ingest.codecs.parsing.event_words import Call
from ingest.codecs.result import Measured
from ingest.codecs.zigbee.actions import action, call_of_action


def _said(word: str, **body: object) -> list[Measured]:
    return action(word, {"action": word, **body})


@pytest.mark.parametrize(
    ("word", "press"),
    [
        ("single", "single"),
        ("3_double", "double"),
        ("button_2_hold", "hold"),
        ("up_held", "hold"),
        ("released", "release"),
        ("press_twice", "double"),
        ("tripple_left", "triple"),
        ("open_2", "other"),
        ("r_g_b", "other"),
        ("cw_dec_ww_inc", "other"),
        ("store_1", "other"),
        ("remove_all", "other"),
        ("start_rotating", "other"),
        ("color_temperature_move_up", "color_temperature_move_up"),
    ],
)
def test_a_press_is_one_under_every_name(word: str, press: str) -> None:
    assert _said(word) == [Measured("button", press)]


@pytest.mark.parametrize("word", ["emergency", "panic", "sos"])
def test_a_call_is_a_call_and_no_press(word: str) -> None:
    assert _said(word) == [Measured("sos", value=True)]


@pytest.mark.parametrize(
    "word",
    ["key_unlock", "manual_lock", "one_touch_lock", "keypad_unlock", "finger_open", "lock_opened_inside", "door_closed"],
)  # fmt: skip
def test_a_lock_that_somebody_used_by_hand_is_a_door_that_was_used(word: str) -> None:
    assert _said(word) == [Measured("contact_used", value=True)]


@pytest.mark.parametrize(
    "word",
    ["auto_lock", "schedule_unlock", "zigbee_unlock", "unlock_failure_invalid_pin_or_id", "finger_not_match", "lock"],
)  # fmt: skip
def test_a_lock_that_moved_by_itself_or_did_not_move_proves_nothing(word: str) -> None:
    assert _said(word) == []


@pytest.mark.parametrize(
    ("source", "proves"), [("keypad", True), ("rfid", True), ("manual", True), ("rf", False)]
)
def test_an_unlocked_door_counts_by_who_unlocked_it(source: str, proves: bool) -> None:
    right = [Measured("contact_used", value=True)] if proves else []
    assert _said("unlock", action_source_name=source) == right


def test_a_sensor_that_was_dropped_is_no_fallen_person_and_no_press() -> None:
    assert _said("fall") == []
    assert call_of_action("fall") == Call("fall", None)


@pytest.mark.parametrize(
    ("word", "metric"), [("vibration", "vibration"), ("tilt", "device_moving"), ("motion", "motion")]
)
def test_what_a_sensor_felt_is_no_press(word: str, metric: str) -> None:
    assert _said(word) == [Measured(metric, value=True)]


@pytest.mark.parametrize(
    "word",
    ["unknown", "none", "identify", "exit_delay", "region_1_enter", "ring_bell", "home_arrival", "screen_sleep"],
)  # fmt: skip
def test_what_a_panel_or_a_sensor_does_by_itself_is_no_press(word: str) -> None:
    assert _said(word) == []
