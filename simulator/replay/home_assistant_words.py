"""What entities of Home Assistant measure, by its device classes, the words of their names and their units."""

from itertools import pairwise

from core.domain import metrics
from core.domain.metrics import Metric

# Device classes (https://www.home-assistant.io/integrations/binary_sensor and /sensor), or the same as a word of the entity's name.
_BINARY = {
    **dict.fromkeys(("motion", "moving", "pir", "movement"), metrics.MOTION),
    **dict.fromkeys(("occupancy", "presence"), metrics.PRESENCE),
    **dict.fromkeys(("door", "window", "opening", "garage_door", "contact"), metrics.CONTACT_OPEN),
    "bed": metrics.BED_OCCUPIED,
    "vibration": metrics.VIBRATION,
    **dict.fromkeys(("sos", "panic", "emergency"), metrics.SOS),
    "fall": metrics.FALL,
    **dict.fromkeys(("moisture", "leak", "water"), metrics.WATER_LEAK),
    "smoke": metrics.SMOKE,
    "gas": metrics.GAS_LEAK,
    "carbon_monoxide": metrics.CARBON_MONOXIDE,
    "battery": metrics.BATTERY_LOW,
    "battery_charging": metrics.CHARGING,
    "connectivity": metrics.ONLINE,
    "tamper": metrics.TAMPER,
}
_MEASURED = {
    **dict.fromkeys(("temperature", "temp"), metrics.TEMPERATURE_C),
    "humidity": metrics.HUMIDITY_PCT,
    **dict.fromkeys(("illuminance", "lux"), metrics.ILLUMINANCE_LX),
    **dict.fromkeys(("carbon_dioxide", "co2"), metrics.CO2_PPM),
    **dict.fromkeys(("atmospheric_pressure", "pressure"), metrics.PRESSURE_HPA),
    "power": metrics.POWER_W,
    "energy": metrics.ENERGY_KWH,
    "current": metrics.CURRENT_A,
    "battery": metrics.BATTERY_PCT,
    "signal_strength": metrics.RSSI_DBM,
}
_SWITCHES = frozenset({"switch", "light", "fan"})
# Factor and summand that turn a unit into that of the metric.
UNITS: dict[str, dict[str, tuple[float, float]]] = {
    metrics.TEMPERATURE_C.name: {"°C": (1.0, 0.0), "°F": (5 / 9, -160 / 9), "K": (1.0, -273.15)},
    metrics.POWER_W.name: {"W": (1.0, 0.0), "kW": (1000.0, 0.0), "mW": (0.001, 0.0)},
    metrics.ENERGY_KWH.name: {"kWh": (1.0, 0.0), "Wh": (0.001, 0.0), "MWh": (1000.0, 0.0)},
    metrics.CURRENT_A.name: {"A": (1.0, 0.0), "mA": (0.001, 0.0)},
    metrics.PRESSURE_HPA.name: {"hPa": (1.0, 0.0), "mbar": (1.0, 0.0), "Pa": (0.01, 0.0), "kPa": (10.0, 0.0)},
    metrics.HUMIDITY_PCT.name: {"%": (1.0, 0.0)},
    metrics.BATTERY_PCT.name: {"%": (1.0, 0.0)},
    metrics.ILLUMINANCE_LX.name: {"lx": (1.0, 0.0)},
    metrics.CO2_PPM.name: {"ppm": (1.0, 0.0)},
    metrics.RSSI_DBM.name: {"dBm": (1.0, 0.0), "dB": (1.0, 0.0)},
}
# Words of an entity's name that say what it measures and not where.
NO_PLACE = frozenset({"sensor", "binary", "state", "status", "level", "detector", *_BINARY, *_MEASURED}) - {
    "door", "window", "bed", "garage_door", "water",
}  # fmt: skip


def metric_of(domain: str, name: str, attributes: dict[str, object]) -> Metric | None:
    """Return what an entity measures, by its device class, else by the words of its name; None: nothing that is known."""
    if domain in _SWITCHES:
        return metrics.SWITCH_ON
    if domain not in ("binary_sensor", "sensor"):
        return None
    known = _BINARY if domain == "binary_sensor" else _MEASURED
    words = name.split("_")
    device_class = attributes.get("device_class")
    if isinstance(device_class, str):
        metric = known.get(device_class)
    else:
        # "battery" and the like stand last: the battery of a door is no door.
        pairs = ["_".join(pair) for pair in pairwise(words)]
        metric = next((known[word] for word in (*reversed(pairs), *reversed(words)) if word in known), None)
    return metrics.BED_OCCUPIED if metric is metrics.PRESENCE and "bed" in words else metric
