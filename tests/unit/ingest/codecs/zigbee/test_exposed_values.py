"""Names and endpoints of Zigbee2MQTT: the endpoint is the channel, and a number that belongs to a name is none."""

import pytest

from ingest.codecs.zigbee.exposed_values import name_and_endpoint


@pytest.mark.parametrize(
    ("key", "right"),
    [
        ("contact_l1", ("contact", "l1")),
        ("occupancy_2", ("occupancy", "2")),
        ("state_bottom_left", ("state", "bottom_left")),
        ("state_usb", ("state", "usb")),
        ("power_main_switch", ("power", "main_switch")),
        ("input_l4", ("input", "l4")),
        ("local_temperature_heat", ("local_temperature", "heat")),
        ("water_leak_zone_1", ("water_leak", "zone_1")),
        ("smoke_2", ("smoke", "2")),
        ("input_1_leak_detect_7", ("input_1_leak_detect", "7")),
        ("channel_1_battery_low_17", ("channel_1_battery_low", "17")),
        # The two alarm bits of one detector are no endpoints.
        ("gas_alarm_2", ("gas_alarm_2", "")),
        ("contact_alarm_1", ("contact_alarm_1", "")),
        # Settings, and names that are not read.
        ("state_reversal", ("state_reversal", "")),
        ("temperature_calibration", ("temperature_calibration", "")),
        ("power_on_behavior_l1", ("power_on_behavior_l1", "")),
        ("occupancy_timeout_2", ("occupancy_timeout_2", "")),
    ],
)
def test_the_endpoint_stands_behind_a_name_that_is_read(key: str, right: tuple[str, str]) -> None:
    assert name_and_endpoint(key) == right
