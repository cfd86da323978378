"""The names under which Zigbee2MQTT exposes what devices say, and how the values that are not plain are read."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from ingest.codecs.parsing.event_words import button_word, call_in_action
from ingest.codecs.parsing.json_fields import number_of, text_of, truth_of, zigbee_percent
from ingest.codecs.result import Measured

# Exposed name -> metric. `device_temperature` (the chip) is left out on purpose.
TRUTHS = {
    "occupancy": "motion",
    "motion": "motion",
    "presence": "presence",
    "vibration": "vibration",
    "tamper": "tamper",
    "battery_low": "battery_low",
    "bed_occupancy": "bed_occupied",
    "moving": "device_moving",
    "charging_status": "charging",
}
NUMBERS = {
    "linkquality": "link_quality",
    "temperature": "temperature_c",
    "local_temperature": "temperature_c",
    "humidity": "humidity_pct",
    "illuminance_lux": "illuminance_lx",
    "illuminance": "illuminance_lx",
    "co2": "co2_ppm",
    "power": "power_w",
    "energy": "energy_kwh",
    "consumption": "energy_kwh",
    "current": "current_a",
}
# `state_l1`, `power_left`, `contact_ep2`: the endpoint of a device with several, as the converters name them.
_ENDPOINT = re.compile(
    r"(?P<base>.+?)_(?P<endpoint>l?\d+|ep\d+|(?:top|center|bottom)_(?:left|right)|(?:row|relay|button|channel)_?\d+"
    r"|left|right|center|top|bottom|phase_[a-c])\Z"
)
# With one of these the device hangs on the mains, where `voltage` is volts; on a battery it is millivolts.
_BATTERY = {"battery", "battery_low", "battery_state"}
_MAINS = {"power", "current", "energy", "consumption", "state"}
_CALLS = {"water_leak", "smoke", "gas", "carbon_monoxide", "fall", "sos", "emergency"}
ATTRIBUTES = {
    *TRUTHS,
    *NUMBERS,
    *_CALLS,
    "battery",
    "contact",
    "voltage",
    "pressure",
    "action",
    "click",
    "state",
}
# With one topic for each value these come too, and hold nothing for us.
SILENT_ATTRIBUTES = {
    *("last_seen", "update", "update_available", "device_temperature", "power_outage_count", "trigger_count"),
    *(
        "no_occupancy_since",
        "illuminance_raw",
        "sensitivity",
        "motion_sensitivity",
        "occupancy_timeout",
        "strength",
    ),
    *(
        "angle",
        "angle_x",
        "angle_y",
        "angle_z",
        "angle_x_absolute",
        "angle_y_absolute",
        "brightness",
        "color",
    ),
    *("color_mode", "color_temp", "power_on_behavior", "child_lock", "indicator_mode", "target_distance"),
    *("operation_mode", "action_duration", "action_group", "action_rate", "presence_event", "elapsed"),
}
# The most that a battery in a sensor gives in volts; above it the number is millivolts.
_BATTERY_V = 60


def _contact(value: object, _body: Mapping[str, object]) -> list[Measured]:
    # true: the magnet touches, so the door is closed.
    closed = truth_of(value)
    return [] if closed is None else [Measured("contact_open", not closed)]


def _voltage(value: object, body: Mapping[str, object]) -> list[Measured]:
    number = number_of(value)
    if number is None:
        return []
    # A wall button or a lock has a battery and a `state`; a meter has none.
    if _BATTERY.intersection(body) or (number > 500 and not _MAINS.intersection(body)):
        return [Measured("battery_v", number / 1000 if number > _BATTERY_V else number)]
    return [Measured("mains_v", number)]


def _pressure(value: object, _body: Mapping[str, object]) -> list[Measured]:
    # The air's, in hPa; some Tuya sensors give kPa.
    number = number_of(value)
    if number is None:
        return []
    return [Measured("pressure_hpa", number * 10 if 30 <= number <= 110 else number)]


def _state(value: object, _body: Mapping[str, object]) -> list[Measured]:
    on = {"ON": True, "OFF": False}.get(value.upper()) if isinstance(value, str) else None
    return [] if on is None else [Measured("switch_on", on)]


def _action(value: object, _body: Mapping[str, object]) -> list[Measured]:
    # Keypads say e.g. {"action": "panic"}.
    word = text_of(value).strip().lower()
    call = call_in_action(word)
    if call is not None:
        return [] if call.is_raised is None else [Measured(call.metric, call.is_raised)]
    pressed = button_word(word)
    return [] if pressed is None else [Measured("button", pressed)]


def _battery(value: object, _body: Mapping[str, object]) -> list[Measured]:
    number = number_of(value)
    return [] if number is None else [Measured("battery_pct", zigbee_percent(number))]


def _click(value: object, body: Mapping[str, object]) -> list[Measured]:
    # Until version 1.42 beside `action`, with the same meaning.
    return [] if text_of(body.get("action")) else _action(value, body)


def _battery_state(value: object, _body: Mapping[str, object]) -> list[Measured]:
    low = {"low": True, "critical": True, "middle": False, "medium": False, "high": False, "normal": False}
    truth = low.get(text_of(value).strip().lower())
    return [] if truth is None else [Measured("battery_low", truth)]


def _presence_state(value: object, body: Mapping[str, object]) -> list[Measured]:
    """Read a radar that says how somebody moves in place of whether somebody is there."""
    if "presence" in body or "occupancy" in body:
        return []
    word = text_of(value).strip().lower()
    if word in {"none", "no_one", "nobody", "absent"}:
        return [Measured("presence", value=False)]
    there = {"presence", "present", "peaceful", "still", "small", "large", "small_movement", "large_movement"}
    there |= {
        "move",
        "moving",
        "micro",
        "static",
        "occupied",
        "small_move",
        "large_move",
        "presence_detected",
    }
    return [Measured("presence", value=True)] if word in there else []


SPECIAL: dict[str, Callable[[object, Mapping[str, object]], list[Measured]]] = {
    "contact": _contact,
    # Some doors expose the alarm bit of the same name, with the same meaning.
    "contact_alarm_1": _contact,
    "battery": _battery,
    "voltage": _voltage,
    "state": _state,
    "action": _action,
    "click": _click,
    "pressure": _pressure,
    "battery_state": _battery_state,
    "presence_state": _presence_state,
    "motion_state": _presence_state,
    "human_motion_state": _presence_state,
}


@lru_cache(maxsize=10_000)
def name_and_endpoint(key: str) -> tuple[str, str]:
    """Return the exposed name in a key, and the endpoint it belongs to; without one, and of names that we do not read, the key itself.

    Examples
    --------
    >>> name_and_endpoint("state_left"), name_and_endpoint("contact_alarm_1"), name_and_endpoint("fall_2")
    (('state', 'left'), ('contact_alarm_1', ''), ('fall_2', ''))
    """
    match = None if key in SPECIAL else _ENDPOINT.match(key)
    if match and (match["base"] in SPECIAL or match["base"] in TRUTHS or match["base"] in NUMBERS):
        return match["base"], match["endpoint"]
    return key, ""
