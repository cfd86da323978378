"""What a part of a device measures whose name its owner chose, by the words of that name and the text that it publishes.

For formats that publish one plain value a topic and say the unit and the class elsewhere, or not at all: a part that the words do not
show for certain is not read.
"""

from core.text_cache import TextCache
from ingest.codecs.parsing.json_fields import number_of, truth_of
from ingest.codecs.parsing.word_parts import word_parts
from ingest.codecs.result import Measured

# With one of these it is a setting or a statistic of the part, or something that moves by itself.
_NOT_ITSELF = frozenset({
    *("distance", "energy", "count", "counter", "total", "timeout", "delay", "sensitivity", "threshold", "gate"),
    *("speed", "angle", "direction", "duration", "time", "timer", "since", "last", "brightness", "led", "mode", "interval"),
    *("max", "min", "enable", "enabled", "bell", "doorbell", "lock", "locked", "setpoint", "target", "set", "desired"),
    *("soil", "plant"),
})  # fmt: skip
# The first row of which a word is in the name counts.
_TRUTHS = (
    (frozenset({"tamper", "tampering", "tampered"}), "tamper"),
    (frozenset({"charging", "charger"}), "charging"),
    (frozenset({"moisture"}), "water_leak"),
    (frozenset({"motion", "pir", "movement", "moving"}), "motion"),
    (frozenset({"door", "window", "contact", "opening", "open", "opened", "drawer", "fridge", "reed"}), "contact_open"),
    (frozenset({"bed", "mattress"}), "bed_occupied"),
    (frozenset({"presence", "occupancy", "occupied", "radar", "mmwave", "person", "human", "still"}), "presence"),
    (frozenset({"vibration", "vibrating"}), "vibration"),
    (frozenset({"button", "switch", "input", "cord", "key"}), "input_on"),
)  # fmt: skip
# What is not the air of the room: the board, a machine, the outside.
_NOT_THE_ROOM = frozenset({
    *("cpu", "chip", "core", "internal", "esp", "esp32", "board", "device", "soc", "outdoor", "outside", "fridge", "freezer"),
    *("water", "boiler", "flow", "oven", "body", "skin", "soil", "heater", "target", "setpoint", "set", "desired"),
})  # fmt: skip
_FAHRENHEIT = frozenset({"fahrenheit", "f"})
_PER_CENT = frozenset({"level", "percent", "percentage", "pct", "charge"})
_VOLTS = frozenset({"voltage", "volt", "volts"})
_NO_CHARGE = frozenset({"current", "temperature", "temp", "state", "low", "time", "power"})
# A battery of a sensor gives less volts than this, so that a number above it can only be per cent.
_MOST_BATTERY_V = 5.0


def truth_metric(name: str) -> str | None:
    """Return the metric of a part that is on or off, by its name; None where the name does not show it.

    Examples
    --------
    >>> truth_metric("hallway_motion"), truth_metric("front-door"), truth_metric("motion_timeout"), truth_metric("relay")
    ('motion', 'contact_open', None, None)
    """
    return _TRUTH_METRICS[name]


def _truth_metric(name: str) -> str | None:
    parts = frozenset(word_parts(name))
    if {"battery", "low"} <= parts:
        return "battery_low"
    # The parts of a radar are called moving and still target.
    if parts & _NOT_ITSELF - ({"target"} if parts & {"moving", "still"} else set()):
        return None
    return next((metric for words, metric in _TRUTHS if words & parts), None)


_TRUTH_METRICS = TextCache(_truth_metric)


def read_truth(name: str, value: object) -> Measured | None:
    """Return what a part that is on or off says; None where its name or its value is not understood."""
    metric, truth = truth_metric(name), truth_of(value)
    return None if metric is None or truth is None else Measured(metric, truth)


def read_number(name: str, value: object) -> Measured | None:
    """Return what a part that measures a quantity says; None where its name or its value is not understood."""
    number = number_of(value)
    if number is None:
        return None
    parts = frozenset(word_parts(name))
    if "battery" in parts:
        return _battery(parts, number)
    if parts & {"temperature", "temp"}:
        celsius = (number - 32) / 1.8 if parts & _FAHRENHEIT else number
        return None if parts & _NOT_THE_ROOM else Measured("temperature_c", celsius)
    if "humidity" in parts:
        return None if parts & _NOT_THE_ROOM else Measured("humidity_pct", number)
    if parts & {"illuminance", "lux"}:
        return Measured("illuminance_lx", number)
    if "co2" in parts or {"carbon", "dioxide"} <= parts:
        return Measured("co2_ppm", number)
    if parts & {"rssi", "signal"}:
        # Some give the strength in per cent.
        return Measured("rssi_dbm", number) if number < 0 else None
    if "power" in parts and not parts & {"factor", "reactive", "apparent", "supply", "outage", "limit"}:
        return Measured("power_w", number)
    return _air_pressure(parts, number) if "pressure" in parts else None


def _battery(parts: frozenset[str], number: float) -> Measured | None:
    if parts & _VOLTS:
        return Measured("battery_v", number)
    if parts & _NO_CHARGE or (number <= _MOST_BATTERY_V and not parts & _PER_CENT):
        return None
    return Measured("battery_pct", number)


def _air_pressure(parts: frozenset[str], number: float) -> Measured | None:
    if parts & {"water", "tire", "tyre", "blood", "bed", "mattress", "seat", "chair"}:
        return None
    # In hPa, Pa or kPa: the air's pressure leaves no doubt which.
    for per_hpa in (1.0, 100.0, 0.1):
        if 300 <= number / per_hpa <= 1100:
            return Measured("pressure_hpa", number / per_hpa)
    return None
