"""The names under which Zigbee2MQTT exposes what devices say, and how the values that are not plain are read."""

import re
from collections.abc import Mapping

from core.text_cache import TextCache
from ingest.codecs.parsing.event_words import call_in_field, speaks_of
from ingest.codecs.parsing.json_fields import number_of, text_of, zigbee_percent
from ingest.codecs.result import Measured
from ingest.codecs.zigbee import states
from ingest.codecs.zigbee.actions import action

# Exposed name -> metric. `device_temperature` (the chip) is left out on purpose.
TRUTHS = {
    "occupancy": "motion",
    # The alarm bit of the same name: the other one of the two may be anything.
    "occupancy_alarm_1": "motion",
    "motion": "motion",
    "presence": "presence",
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
# `state_l1`, `power_left`, `contact_ep2`, `water_leak_zone_1`: the endpoint of a device with several, as the converters name them.
_PLACE = r"left|right|center|middle|top|bottom|front|back|up|down|upper|lower"
_ENDPOINT = re.compile(
    rf"(?P<base>.+?)_(?P<endpoint>\d+|[a-z]{{1,3}}\d+|(?:{_PLACE})(?:_(?:{_PLACE}))?|both_zones"
    r"|(?:row|relay|button|channel|switch|zone|wire|plug|port|gang|socket|outlet|valve_group)_?\d+"
    r"|usb(?:_[a-z])?|relay|main_switch|rgb|white|cct|lights?|heat|bme|ds|phase_[a-c])\Z"
)
# Behind `state` the endpoint may be any word; these say something else.
_STATE_SETTINGS = {"action", "reversal", "report", "reporting", "delay"}
# The two alarm bits of one detector: `gas_alarm_1`, `gas_alarm_2`. They are no endpoints.
_ALARM_BIT = re.compile(r".+_alarm_[12]\Z")
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
# The most that a battery in a sensor gives in volts, and the most that the mains do; above it the number is millivolts.
_BATTERY_V = 60
_MOST_MAINS_V = 500


def _voltage(value: object, body: Mapping[str, object]) -> list[Measured]:
    number = number_of(value)
    if number is None:
        return []
    # Millivolts of a battery, or volts: no battery of a sensor has more than 60 V, and none less than half a volt.
    if number > _MOST_MAINS_V:
        return [Measured("battery_v", number / 1000)]
    hangs_on_mains = bool(_MAINS.intersection(body)) and not _BATTERY.intersection(body)
    return [Measured("mains_v" if number > _BATTERY_V or hangs_on_mains else "battery_v", number)]


def _pressure(value: object, body: Mapping[str, object]) -> list[Measured]:
    # A pad says whether it is pressed, a weather station the air's pressure: in hPa, or from some in kPa.
    if isinstance(value, bool):
        return states.presence(value, body)
    number = number_of(value)
    if number is None:
        return []
    return [Measured("pressure_hpa", number * 10 if 30 <= number <= 110 else number)]


def _battery(value: object, _body: Mapping[str, object]) -> list[Measured]:
    number = number_of(value)
    return [] if number is None else [Measured("battery_pct", zigbee_percent(number))]


def _click(value: object, body: Mapping[str, object]) -> list[Measured]:
    # Until version 1.42 beside `action`, with the same meaning.
    return [] if text_of(body.get("action")) else action(value, body)


def _input(value: object, _body: Mapping[str, object]) -> list[Measured]:
    on = {"ON": True, "OFF": False}.get(text_of(value).strip().upper())
    return [] if on is None else [Measured("input_on", on)]


def _truth(metric: str) -> states.Reader:
    """Return how a name is read under which other devices have numbers, settings or words."""
    return lambda value, _body: [Measured(metric, value)] if isinstance(value, bool) else []


SPECIAL: dict[str, states.Reader] = {
    "contact": states.door,
    # Some doors expose the alarm bit of the same name, with the same meaning.
    "contact_alarm_1": states.door,
    "battery": _battery,
    "battery_value": _battery,
    "voltage": _voltage,
    "state": states.state,
    "action": action,
    "click": _click,
    "input": _input,
    "pressure": _pressure,
    # Of a window sensor also how strong it was, of a touch panel whether it answers a touch.
    "vibration": _truth("vibration"),
    # Of a blind its angle.
    "tilt": _truth("device_moving"),
    # Short for a water leak, and of a fire detector for heat in place of smoke.
    "water": _truth("water_leak"),
    "heat": _truth("smoke"),
}


def name_and_endpoint(key: str) -> tuple[str, str]:
    """Return the exposed name in a key, and the endpoint it belongs to; without one, and of names that we do not read, the key itself.

    Examples
    --------
    >>> name_and_endpoint("state_left"), name_and_endpoint("contact_alarm_1"), name_and_endpoint("fall_2")
    (('state', 'left'), ('contact_alarm_1', ''), ('fall', '2'))
    """
    return _PARTS[key]


def _parts_of(key: str) -> tuple[str, str]:
    if key in SPECIAL or _ALARM_BIT.match(key):
        return key, ""
    if key.startswith("state_"):
        endpoint = key.removeprefix("state_")
        return (key, "") if _STATE_SETTINGS.intersection(endpoint.split("_")) else ("state", endpoint)
    match = _ENDPOINT.match(key)
    if match is None or not is_read(match["base"]):
        return key, ""
    # `fall_back` and `emergency_light` are no calls of a part that is called so.
    is_other = speaks_of(match["base"]) is not None and speaks_of(key) is None
    return (key, "") if is_other else (match["base"], match["endpoint"])


def is_read(base: str) -> bool:
    """Return whether values of an exposed name are read, without its endpoint."""
    return _READ[base]


def _is_read(base: str) -> bool:
    known = base in SPECIAL or base in TRUTHS or base in NUMBERS
    return known or states.reader_by_words(base) is not None or call_in_field(base, value=True) is not None


_PARTS = TextCache(_parts_of)
_READ = TextCache(_is_read)
