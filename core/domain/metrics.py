"""The registry of metrics: what can be measured, in which unit, within which limits, and what it tells about a person."""

from dataclasses import dataclass
from enum import StrEnum


class MetricKind(StrEnum):
    """What a reading of a metric can tell."""

    LIFE = "life"
    """A person acted: motion, a door, a button."""
    STATE = "state"
    """The state of a thing a person uses: a switch, power, a bed."""
    ENVIRONMENT = "environment"
    """The room: temperature, humidity, light."""
    HEALTH = "health"
    """The device itself: battery, link, online."""


@dataclass(frozen=True)
class Metric:
    """One thing that can be measured.

    Attributes
    ----------
    number : int
        What the database stores in place of the name; never reused.
    name : str
        snake_case, with the unit as suffix where there is one.
    unit : str
        UCUM code; "1" for truth values and counts.
    kind : MetricKind
        What a reading can tell.
    low, high : float
        Values outside are physically impossible for the sensors we accept.
    words : tuple of str
        For a metric whose senders use words: the value stored is the word's place in this tuple. Other words are refused.
    """

    number: int
    name: str
    unit: str
    kind: MetricKind
    low: float
    high: float
    words: tuple[str, ...] = ()


def _truth(number: int, name: str, kind: MetricKind) -> Metric:
    return Metric(number, name, "1", kind, 0, 1)


BUTTON_WORDS = ("other", "single", "double", "triple", "hold", "long", "release", "quadruple", "many")
GEOFENCE_WORDS = ("leave", "enter")

_ALL = (
    _truth(1, "motion", MetricKind.LIFE),
    _truth(2, "presence", MetricKind.LIFE),
    _truth(3, "contact_open", MetricKind.LIFE),
    # A door sensor that tells only that the door was used, not which way (as in recorded research data).
    _truth(4, "contact_used", MetricKind.LIFE),
    _truth(5, "vibration", MetricKind.LIFE),
    _truth(6, "bed_occupied", MetricKind.LIFE),
    _truth(7, "fall", MetricKind.LIFE),
    _truth(8, "sos", MetricKind.LIFE),
    Metric(9, "button", "1", MetricKind.LIFE, 0, len(BUTTON_WORDS) - 1, BUTTON_WORDS),
    _truth(10, "device_moving", MetricKind.STATE),
    _truth(11, "switch_on", MetricKind.STATE),
    Metric(12, "power_w", "W", MetricKind.STATE, -20_000, 20_000),
    Metric(13, "energy_kwh", "kW.h", MetricKind.STATE, 0, 10_000_000),
    Metric(14, "current_a", "A", MetricKind.STATE, -100, 100),
    Metric(15, "mains_v", "V", MetricKind.STATE, 0, 500),
    Metric(16, "geofence_event", "1", MetricKind.STATE, 0, 1, GEOFENCE_WORDS),
    Metric(17, "steps_count", "1", MetricKind.LIFE, 0, 1_000_000),
    # A wired input whose sender does not say what hangs on it: a wall switch, a reed contact, a pull cord.
    _truth(18, "input_on", MetricKind.LIFE),
    Metric(20, "temperature_c", "Cel", MetricKind.ENVIRONMENT, -40, 70),
    Metric(21, "humidity_pct", "%", MetricKind.ENVIRONMENT, 0, 100),
    Metric(22, "pressure_hpa", "hPa", MetricKind.ENVIRONMENT, 300, 1100),
    Metric(23, "illuminance_lx", "lx", MetricKind.ENVIRONMENT, 0, 200_000),
    Metric(24, "co2_ppm", "[ppm]", MetricKind.ENVIRONMENT, 0, 40_000),
    _truth(25, "water_leak", MetricKind.ENVIRONMENT),
    _truth(26, "smoke", MetricKind.ENVIRONMENT),
    _truth(27, "gas_leak", MetricKind.ENVIRONMENT),
    _truth(28, "carbon_monoxide", MetricKind.ENVIRONMENT),
    Metric(40, "battery_pct", "%", MetricKind.HEALTH, 0, 100),
    Metric(41, "battery_v", "V", MetricKind.HEALTH, 0, 60),
    _truth(42, "battery_low", MetricKind.HEALTH),
    _truth(43, "charging", MetricKind.HEALTH),
    Metric(44, "link_quality", "1", MetricKind.HEALTH, 0, 255),
    Metric(45, "rssi_dbm", "dB[mW]", MetricKind.HEALTH, -200, 20),
    Metric(46, "snr_db", "dB", MetricKind.HEALTH, -100, 100),
    _truth(47, "online", MetricKind.HEALTH),
    _truth(48, "bridge_online", MetricKind.HEALTH),
    _truth(49, "tamper", MetricKind.HEALTH),
    _truth(50, "position_valid", MetricKind.HEALTH),
    _truth(51, "heartbeat", MetricKind.HEALTH),
    # The home's own gateway hears the tracker by radio (Bluetooth or Wi-Fi), so its wearer is at home whatever the fix says.
    _truth(52, "near_home", MetricKind.STATE),
)

CALLS = ("sos", "fall", "smoke", "gas_leak", "carbon_monoxide", "water_leak")
"""Metrics that are told at once when they come true: somebody calls for help, or a detector does."""

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
METRICS_BY_NUMBER: dict[int, Metric] = {metric.number: metric for metric in _ALL}
