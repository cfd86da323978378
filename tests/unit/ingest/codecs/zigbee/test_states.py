"""States that Zigbee2MQTT puts into words: which names say that somebody is there, and which are settings that only sound alike."""

import pytest

from ingest.codecs.result import Measured
from ingest.codecs.zigbee.states import reader_by_words, state

_SAID: list[tuple[str, object, str, bool]] = [
    ("presence_state", "none", "presence", False),
    ("motion_state", "static", "presence", True),
    ("human_motion_state", "active", "presence", True),
    ("movement", "no_movement", "presence", True),
    ("movement", "no_presence", "presence", False),
    ("pressure_state", "sedentary", "presence", True),
    ("work_state", "none_5min", "presence", False),
    ("status", "on_the_bed", "presence", True),
    ("status", "unoccupied", "presence", False),
    ("pir_detection", True, "motion", True),
    ("mmwave_area1_occupancy", False, "motion", False),
    ("occupancy_status", "ON", "motion", True),
    ("door_state", "closed", "contact_open", False),
    ("handle_position", "tilted", "contact_open", True),
    ("garage_door_contact", True, "contact_open", False),
    ("dry_contact", "contact_open", "contact_open", True),
    ("battery_level", "middle", "battery_low", False),
    ("power_type", "battery_low", "battery_low", True),
    ("channel_1_battery_low", "Low", "battery_low", True),
    ("battery_state", "charging", "charging", True),
    ("charge_status", "none", "charging", False),
    ("tamper_alarm", "ON", "tamper", True),
]


@pytest.mark.parametrize(("name", "value", "metric", "right"), _SAID)
def test_a_state_is_read_by_the_words_of_its_name(name: str, value: object, metric: str, right: bool) -> None:
    reader = reader_by_words(name)
    assert reader is not None
    assert reader(value, {}) == [Measured(metric, right)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("presence_timeout", 30),
        ("motion_sensitivity", "high"),
        ("presence_switch", "ON"),
        ("movement_detection", "ON"),
        ("external_occupancy", True),
        ("neutral_presence", "YES"),
        ("window_state", "open"),
        ("door_state", "error_forced_open"),
        ("out_door_sensor1", "OFF"),
        ("status", "none"),
        ("status", "opening"),
        ("work_state", "standby"),
        ("battery_type", "low"),
        ("battery_level", 40),
        ("charging_limit", True),
        ("presence_state", "learning"),
    ],
)
def test_a_setting_or_a_word_that_nobody_knows_says_nothing(name: str, value: object) -> None:
    reader = reader_by_words(name)
    assert reader is None or reader(value, {}) == []


def test_the_plain_name_beside_it_counts_for_more_than_the_way_of_moving() -> None:
    reader = reader_by_words("motion_state")
    assert reader is not None
    assert reader("large", {"presence": False, "motion_state": "large"}) == []


@pytest.mark.parametrize(
    ("word", "right"),
    [
        ("ON", [Measured("switch_on", value=True)]),
        ("off", [Measured("switch_on", value=False)]),
        ("move", [Measured("presence", value=True)]),
        ("absence", [Measured("presence", value=False)]),
        ("OPEN", []),
        ("LOCK", []),
    ],
)
def test_the_state_of_a_switch_is_no_persons_and_that_of_a_radar_is(word: str, right: list[Measured]) -> None:
    assert state(word, {}) == right
