"""The registry of metrics: what can be measured, in which unit, within which limits, what it shows about a person, and what is done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Flag, StrEnum, auto

from core.domain.device import DeviceKind


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


class CallPriority(StrEnum):
    """Whether a metric that comes true is a call for help, and how urgent."""

    NONE = "none"
    P1 = "P1"
    """An emergency: somebody must look now."""
    P2 = "P2"
    """To be checked soon."""


class Evidence(StrEnum):
    """What a field of a message proves about a person, and by what."""

    PULSE = "pulse"
    """Each new message: a press, a movement that is reported each time."""
    STATE = "state"
    """An edge, a value that differs from the one before; the same value again proves only that the device is in contact."""
    LEVEL = "level"
    """Nothing by itself: a quantity. What is made of it, such as an appliance in use, has edges of its own."""
    HEALTH = "health"
    """Nothing: it is about the device."""


class StuckCheck(Flag):
    """How a sensor that reports a metric can be stuck; a metric is checked for several."""

    NONE = 0
    CHATTER = auto()
    """It reports as no person makes it report."""
    LASTING = auto()
    """It stays in one state."""
    FROZEN = auto()
    """It repeats one value to the last digit."""
    MUTE = auto()
    """It says nothing although others report life."""


@dataclass(frozen=True)
class Metric:
    """One thing that can be measured: one row of the registry.

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
    label : str
        What it is, in a few words.
    words : tuple of str
        For a metric whose senders use words: the value stored is the word's place in this tuple. Other words are refused.
    call : CallPriority
        Whether it is a call for help when it comes true, and how urgent.
    evidence : Evidence
        What a reading proves, where no profile of its device says otherwise.
    unnumbered : Evidence or None
        The same of a message that its device does not number; None: no other.
    is_connection : bool
        Whether it says that a device, or the bridge of a gateway, is connected.
    is_climate : bool
        Whether pages show its newest value as the climate of a room.
    stuck_check : StuckCheck
        How a sensor that reports it can be stuck.
    device_kind : DeviceKind or None
        What a device seems to be that reports it; None where many kinds do.
    precision : int
        Digits after the point that mean something, and that pages show.
    """

    number: int
    name: str
    unit: str
    kind: MetricKind
    low: float
    high: float
    label: str
    evidence: Evidence
    words: tuple[str, ...] = ()
    call: CallPriority = CallPriority.NONE
    unnumbered: Evidence | None = None
    is_connection: bool = False
    is_climate: bool = False
    stuck_check: StuckCheck = StuckCheck.NONE
    device_kind: DeviceKind | None = None
    precision: int = 0


BUTTON_WORDS = ("other", "single", "double", "triple", "hold", "long", "release", "quadruple", "many")
GEOFENCE_WORDS = ("leave", "enter")
_NO, _YES = 0, 1
_LIFE, _STATE, _ROOM, _HEALTH = MetricKind
_PULSE, _EDGE, _LEVEL, _NOTHING = Evidence
_MOTION, _DOOR, _BED, _PLUG = DeviceKind.MOTION, DeviceKind.DOOR, DeviceKind.BED, DeviceKind.PLUG
_CLIMATE, _BUTTON = DeviceKind.CLIMATE, DeviceKind.BUTTON
_CHATTERS, _LASTS, _FREEZES, _FALLS_MUTE = StuckCheck

# fmt: off
MOTION = Metric(1, "motion", "1", _LIFE, _NO, _YES, "movement was seen", _PULSE, stuck_check=_CHATTERS | _LASTS | _FALLS_MUTE, device_kind=_MOTION, unnumbered=_EDGE)
PRESENCE = Metric(2, "presence", "1", _LIFE, _NO, _YES, "somebody is there, by radar or pressure", _EDGE, stuck_check=_LASTS, device_kind=_MOTION)
CONTACT_OPEN = Metric(3, "contact_open", "1", _LIFE, _NO, _YES, "a door or window is open", _EDGE, stuck_check=_CHATTERS | _LASTS | _FALLS_MUTE, device_kind=_DOOR)
CONTACT_USED = Metric(4, "contact_used", "1", _LIFE, _NO, _YES, "a door was used, not which way (as in recorded research data)", _PULSE, stuck_check=_CHATTERS | _FALLS_MUTE, device_kind=_DOOR)
VIBRATION = Metric(5, "vibration", "1", _LIFE, _NO, _YES, "a thing was shaken", _PULSE, stuck_check=_CHATTERS | _FALLS_MUTE, unnumbered=_EDGE)
BED_OCCUPIED = Metric(6, "bed_occupied", "1", _LIFE, _NO, _YES, "somebody lies in the bed", _EDGE, stuck_check=_LASTS | _FALLS_MUTE, device_kind=_BED)
FALL = Metric(7, "fall", "1", _LIFE, _NO, _YES, "a fall was detected", _EDGE, call=CallPriority.P1)
SOS = Metric(8, "sos", "1", _LIFE, _NO, _YES, "an emergency button was pressed", _PULSE, unnumbered=_EDGE, call=CallPriority.P1, device_kind=_BUTTON)
BUTTON = Metric(9, "button", "1", _LIFE, 0, len(BUTTON_WORDS) - 1, "a button was pressed, in which way", _PULSE, words=BUTTON_WORDS, device_kind=_BUTTON)
DEVICE_MOVING = Metric(10, "device_moving", "1", _STATE, _NO, _YES, "the device itself moves", _EDGE)
SWITCH_ON = Metric(11, "switch_on", "1", _STATE, _NO, _YES, "a switch is on", _EDGE, device_kind=_PLUG)
POWER_W = Metric(12, "power_w", "W", _STATE, -20_000, 20_000, "power drawn", _LEVEL, device_kind=_PLUG)
ENERGY_KWH = Metric(13, "energy_kwh", "kW.h", _STATE, 0, 10_000_000, "energy drawn so far", _LEVEL, device_kind=_PLUG, precision=3)
CURRENT_A = Metric(14, "current_a", "A", _STATE, -100, 100, "current drawn", _LEVEL, precision=2)
MAINS_V = Metric(15, "mains_v", "V", _STATE, 0, 500, "voltage of the mains", _LEVEL)
GEOFENCE_EVENT = Metric(16, "geofence_event", "1", _STATE, 0, 1, "a phone crossed an area of its own", _PULSE, words=GEOFENCE_WORDS)
STEPS_COUNT = Metric(17, "steps_count", "1", _LIFE, 0, 1_000_000, "steps so far", _LEVEL)
INPUT_ON = Metric(18, "input_on", "1", _LIFE, _NO, _YES, "a wired input is on: a wall switch, a reed contact, a pull cord", _EDGE)
TEMPERATURE_C = Metric(20, "temperature_c", "Cel", _ROOM, -40, 70, "temperature", _LEVEL, is_climate=True, stuck_check=_FREEZES, device_kind=_CLIMATE, precision=1)
HUMIDITY_PCT = Metric(21, "humidity_pct", "%", _ROOM, 0, 100, "relative humidity", _LEVEL, is_climate=True, device_kind=_CLIMATE)
PRESSURE_HPA = Metric(22, "pressure_hpa", "hPa", _ROOM, 300, 1_100, "air pressure", _LEVEL, device_kind=_CLIMATE)
ILLUMINANCE_LX = Metric(23, "illuminance_lx", "lx", _ROOM, 0, 200_000, "light", _LEVEL)
CO2_PPM = Metric(24, "co2_ppm", "[ppm]", _ROOM, 0, 40_000, "carbon dioxide", _LEVEL, device_kind=_CLIMATE)
WATER_LEAK = Metric(25, "water_leak", "1", _ROOM, _NO, _YES, "water on the floor", _EDGE, call=CallPriority.P2)
SMOKE = Metric(26, "smoke", "1", _ROOM, _NO, _YES, "smoke", _EDGE, call=CallPriority.P1)
GAS_LEAK = Metric(27, "gas_leak", "1", _ROOM, _NO, _YES, "gas", _EDGE, call=CallPriority.P1)
CARBON_MONOXIDE = Metric(28, "carbon_monoxide", "1", _ROOM, _NO, _YES, "carbon monoxide", _EDGE, call=CallPriority.P1)
BATTERY_PCT = Metric(40, "battery_pct", "%", _HEALTH, 0, 100, "charge of the battery", _NOTHING)
BATTERY_V = Metric(41, "battery_v", "V", _HEALTH, 0, 60, "voltage of the battery", _NOTHING, precision=2)
BATTERY_LOW = Metric(42, "battery_low", "1", _HEALTH, _NO, _YES, "the battery is low", _NOTHING)
CHARGING = Metric(43, "charging", "1", _HEALTH, _NO, _YES, "the battery is being charged", _NOTHING)
LINK_QUALITY = Metric(44, "link_quality", "1", _HEALTH, 0, 255, "quality of the radio link, as Zigbee counts it", _NOTHING)
RSSI_DBM = Metric(45, "rssi_dbm", "dB[mW]", _HEALTH, -200, 20, "strength of the radio signal", _NOTHING)
SNR_DB = Metric(46, "snr_db", "dB", _HEALTH, -100, 100, "signal to noise of the radio", _NOTHING, precision=1)
ONLINE = Metric(47, "online", "1", _HEALTH, _NO, _YES, "the device is connected", _NOTHING, is_connection=True)
BRIDGE_ONLINE = Metric(48, "bridge_online", "1", _HEALTH, _NO, _YES, "the gateway's bridge is connected", _NOTHING, is_connection=True)
TAMPER = Metric(49, "tamper", "1", _HEALTH, _NO, _YES, "somebody opened or moved the device", _NOTHING)
POSITION_VALID = Metric(50, "position_valid", "1", _HEALTH, _NO, _YES, "the tracker knows where it is", _NOTHING)
HEARTBEAT = Metric(51, "heartbeat", "1", _HEALTH, _NO, _YES, "the device is alive", _NOTHING)
NEAR_HOME = Metric(52, "near_home", "1", _STATE, _NO, _YES, "the home's gateway receives the tracker by radio, so its wearer is at home whatever the position says", _EDGE)
# fmt: on

METRICS: Mapping[str, Metric] = {
    one.name: one for one in tuple(globals().values()) if isinstance(one, Metric)
}
METRICS_BY_NUMBER: Mapping[int, Metric] = {one.number: one for one in METRICS.values()}
CALLS = tuple(one.name for one in METRICS.values() if one.call is not CallPriority.NONE)
"""Metrics that are raised at once when they come true: somebody calls for help, or a detector does."""

CONNECTIONS = tuple(one.number for one in METRICS.values() if one.is_connection)
"""Numbers of the metrics that say whether something is connected."""


def checked_for(check: StuckCheck) -> tuple[str, ...]:
    """Return the names of the metrics whose sensors can be stuck in this way."""
    return tuple(one.name for one in METRICS.values() if check in one.stuck_check)
