"""Home Assistant's classes of what devices measure, which say what kind of device is proposed."""

from collections.abc import Iterable, Mapping

from core.domain import metrics
from core.domain.metrics import Metric

# https://www.home-assistant.io/integrations/binary_sensor/#device-class: of these "on" means what our metric says.
TRUTHS: Mapping[str, Metric] = {
    "motion": metrics.MOTION,
    "occupancy": metrics.PRESENCE,
    "presence": metrics.PRESENCE,
    "door": metrics.CONTACT_OPEN,
    "garage_door": metrics.CONTACT_OPEN,
    "window": metrics.CONTACT_OPEN,
    "opening": metrics.CONTACT_OPEN,
    "vibration": metrics.VIBRATION,
    "moisture": metrics.WATER_LEAK,
    "smoke": metrics.SMOKE,
    "gas": metrics.GAS_LEAK,
    "carbon_monoxide": metrics.CARBON_MONOXIDE,
    "tamper": metrics.TAMPER,
    "battery": metrics.BATTERY_LOW,
}
# https://www.home-assistant.io/integrations/sensor/#device-class
NUMBERS: Mapping[str, Metric] = {
    "temperature": metrics.TEMPERATURE_C,
    "humidity": metrics.HUMIDITY_PCT,
    "illuminance": metrics.ILLUMINANCE_LX,
    "carbon_dioxide": metrics.CO2_PPM,
    "battery": metrics.BATTERY_PCT,
    "power": metrics.POWER_W,
    "energy": metrics.ENERGY_KWH,
    "current": metrics.CURRENT_A,
}
_OF_METRICS = {
    **{metric.name: word for word, metric in NUMBERS.items()},
    **{metric.name: word for word, metric in reversed(TRUTHS.items())},
    metrics.BUTTON.name: "button",
    metrics.SOS.name: "safety",
    metrics.SWITCH_ON.name: "outlet",
}


def classes_of(names: Iterable[str]) -> frozenset[str]:
    """Return the classes of metrics, with or without their channels.

    Examples
    --------
    >>> sorted(classes_of(["contact_open#2", "battery_pct", "rssi_dbm"]))
    ['battery', 'door']
    """
    return frozenset(word for name in names if (word := _OF_METRICS.get(name.partition("#")[0])) is not None)
