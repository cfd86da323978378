"""What the values that Zigbee2MQTT exposes mean, as its documentation and the descriptions in its catalogue say it.

Written from https://www.zigbee2mqtt.io/guide/usage/exposes.html and the device pages, and knowing nothing of our codec, so that the
two can differ. The first rule that fits an exposed value counts.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tests.support.zigbee_actions import action_meanings
from tests.support.zigbee_catalogue import Expose, Model

Value = bool | float | str
Said = tuple[tuple[Value, Value | None], ...]


class Group(StrEnum):
    """What a value says something about."""

    CALL = "call"
    HAZARD = "hazard"
    PERSON = "person"
    USE = "use"
    ROOM = "room"
    DEVICE = "device"


@dataclass(frozen=True)
class Meaning:
    """What one exposed value says.

    Attributes
    ----------
    key : str
        Where it stands in the message.
    group : Group
        What it says something about.
    metrics : tuple of str
        The names under which it may be stored; each is right.
    said : tuple
        What a device sends, each with what it means; None means that nothing is so.
    channel : str or None
        The channel it must have; None where the documentation does not say of which part it is.
    """

    key: str
    group: Group
    metrics: tuple[str, ...]
    said: Said
    channel: str | None


@dataclass(frozen=True)
class _Rule:
    group: Group
    metrics: tuple[str, ...]
    types: str
    names: str
    read: Callable[[Expose], Said]
    unit: str = ".*"
    about: str = ""
    model: str = ""


def _yes_no(expose: Expose) -> Said:
    """Read a binary: the first of its values says yes, the second says no."""
    yes, no = expose.values
    return _sent(yes, is_so=True) + _sent(no, is_so=False)


def _closed(expose: Expose) -> Said:
    """Read a contact: "closed (= true) or open (= false)"."""
    return tuple(
        pair for value in expose.values for pair in _sent(value, is_so=value in {False, "OFF", "false"})
    )


def _sent(value: Value | None, *, is_so: bool) -> Said:
    return () if value is None else ((value, is_so),)


def _words(**meant: bool | None) -> Callable[[Expose], Said]:
    """Read an enum by its words, which may be written in any case; None is for words that say nothing for sure."""

    def read(expose: Expose) -> Said:
        known = {str(word): str(word).lower().replace(" ", "_") for word in expose.values}
        return tuple((word, meant[plain]) for word, plain in known.items() if plain in meant)

    return read


def _parts(**meant: bool | None) -> Callable[[Expose], Said]:
    """Read an enum by the first of these that is in a word; a word with none of them says nothing."""

    def read(expose: Expose) -> Said:
        def meaning(word: str) -> bool | None:
            return next((value for part, value in meant.items() if part in word.lower()), None)

        return tuple((str(word), meaning(str(word))) for word in expose.values)

    return read


def _numbers(*sent: float, scale: float = 1.0) -> Callable[[Expose], Said]:
    return lambda _expose: tuple((number, number * scale) for number in sent)


_CALL, _HAZARD, _PERSON, _USE, _ROOM, _DEVICE = Group
_THERE = _words(
    none=False, no_one=False, absence=False, no_presence=False, unoccupied=False, none_5min=False, none_30min=False,
    presence=True, presence_5min=True, presence_30min=True, move=True, motion=True, movement=True, no_movement=True,
    stationary=True, static=True, active=True, activity=True, peaceful=True, small=True, medium=True, large=True,
    far=True, near=True, small_movement=True, large_movement=True, sit=True, sedentary=True, occupied=True,
    sitting=True, on_the_bed=True, low_posture=True,
)  # fmt: skip
_HAZARD_WORDS = _words(
    alarm=True, alarmed=True, normal=False, none=False, detecting=None, unknown=None, leak=True, dry=False,
    water_leakage_yes=True, water_leakage_no=False,
)  # fmt: skip
_OPEN = _words(
    open=True, tilted=True, closed=False, close=False, contact_open=True, contact_closed=False, error_jammed=None,
    undefined=None,
)  # fmt: skip
_CHARGING = _words(
    charging=True, not_charging=False, notcharged=False, no_charge=False, uncharged=False, charged=False,
    fullycharged=False, full=False, discharging=False,
)  # fmt: skip
_LOW = _words(
    low=True, middle=False, medium=False, high=False, battery_low=True, battery_medium=False, battery_high=False,
    battery_full=False,
)  # fmt: skip
_BED_MODEL = r"\bbed\b|sleep|mattress"

# fmt: off
_RULES = (
    # Calls and falls
    _Rule(_CALL, ("sos",), "binary", r"sos|sos_alarm|panic|emergency", _yes_no),
    _Rule(_CALL, ("fall",), "enum", r"fall_status|fall_down_status",
          _words(normal=False, none=False, fall_warning=True, fall_alarm=True, maybe_fall=True, fall=True, unknown=None)),
    # Hazards
    _Rule(_HAZARD, ("smoke",), "binary", r"smoke(_alarm_[12])?", _yes_no),
    _Rule(_HAZARD, ("smoke",), "enum", r"smoke_state", _HAZARD_WORDS),
    _Rule(_HAZARD, ("gas_leak",), "binary", r"gas(_alarm_[12])?", _yes_no),
    _Rule(_HAZARD, ("gas_leak",), "enum", r"gas_(sensor_)?state", _HAZARD_WORDS),
    _Rule(_HAZARD, ("carbon_monoxide",), "binary", r"carbon_monoxide(_alarm_[12])?", _yes_no),
    _Rule(_HAZARD, ("carbon_monoxide",), "enum", r"co_state", _HAZARD_WORDS),
    _Rule(_HAZARD, ("water_leak",), "binary", r"(active_)?water_leak(_alarm_[12])?|\w+_leak_detect|water_sensor", _yes_no),
    _Rule(_HAZARD, ("water_leak",), "binary", r"\w+", _yes_no, about=r"detects water|Water leak alarm"),
    _Rule(_HAZARD, ("water_leak",), "enum", r"water_leakage_state", _HAZARD_WORDS),
    _Rule(_HAZARD, ("water_leak",), "enum", r"valve_abnormal_state|current_device_status", _parts(leakage=True)),
    _Rule(_HAZARD, ("smoke",), "enum", r"halo_alert_state", _words(smoke=True, interconnect_smoke=True, safe=None)),
    _Rule(_HAZARD, ("smoke",), "binary", r"heat", _yes_no, about="detected high temperature"),
    # By the model alone: the value says no more than that there is an alarm.
    _Rule(_HAZARD, ("carbon_monoxide",), "binary", r"alarm", _yes_no, about="CO alarm"),
    _Rule(_HAZARD, ("smoke",), "binary", r"alarm(_[12])?", _yes_no, model=r"smoke|heat alarm"),
    _Rule(_HAZARD, ("water_leak",), "enum", r"alarm_status", _HAZARD_WORDS, model=r"water leak"),
    _Rule(_PERSON, ("vibration",), "enum", r"alarm_status", _HAZARD_WORDS, model=r"vibration"),
    _Rule(_PERSON, ("contact_open",), "binary", r"alarm_1", _yes_no, model=r"door|opening"),
    _Rule(_PERSON, ("motion",), "binary", r"alarm_1", _yes_no, model=r"\bPIR\b"),
    # Persons
    _Rule(_PERSON, ("bed_occupied",), "binary", r"occupancy|presence", _yes_no, model=_BED_MODEL),
    _Rule(_PERSON, ("bed_occupied",), "binary", r"contact", _closed, model=_BED_MODEL),
    _Rule(_PERSON, ("motion",), "binary", r"occupancy(_alarm_1)?", _yes_no),
    _Rule(_PERSON, ("motion", "presence"), "binary", r"occupancy_(status|in|out|or|and)|area\dOccupancy|motion_(up|down|status)|pir_detection|motion", _yes_no),
    _Rule(_PERSON, ("presence",), "binary", r"presence", _yes_no),
    _Rule(_PERSON, ("presence", "motion", "bed_occupied"), "enum", r"(presence|motion|human_motion|pressure|work)_state|state|status|movement|sensor_status", _THERE),
    _Rule(_PERSON, ("contact_open",), "binary", r"contact(_alarm_1)?|garage_door_contact", _closed),
    _Rule(_PERSON, ("contact_open",), "enum", r"(door|opening)_state|handle_position|di_status", _OPEN),
    _Rule(_PERSON, ("contact_open",), "binary", r"dry_contact", _OPEN),
    _Rule(_PERSON, ("input_on",), "binary", r"input", _yes_no),
    _Rule(_PERSON, ("vibration",), "binary", r"vibration", _yes_no),
    _Rule(_PERSON, ("vibration", "device_moving"), "binary", r"tilt|moving", _yes_no, about="the device detected tilt|the device is moving"),
    _Rule(_PERSON, ("presence", "bed_occupied"), "binary", r"pressure", _yes_no),
    # What people use, and the room
    _Rule(_USE, ("switch_on",), "switch|light", r"state", _yes_no),
    _Rule(_USE, ("power_w",), "numeric", r"power", _numbers(62.5, 0), unit="W"),
    _Rule(_USE, ("energy_kwh",), "numeric", r"energy", _numbers(12.5), unit="kWh"),
    _Rule(_USE, ("current_a",), "numeric", r"current", _numbers(0.625), unit="A"),
    _Rule(_USE, ("current_a",), "numeric", r"current", _numbers(625, scale=0.001), unit="mA"),
    _Rule(_ROOM, ("temperature_c",), "numeric", r"(local_)?temperature", _numbers(21.5, -3), unit="°C"),
    _Rule(_ROOM, ("humidity_pct",), "numeric", r"humidity", _numbers(48, 0), unit="%"),
    _Rule(_ROOM, ("co2_ppm",), "numeric", r"co2", _numbers(640), unit="ppm"),
    _Rule(_ROOM, ("illuminance_lx",), "numeric", r"illuminance", _numbers(120, 0), unit="lx"),
    _Rule(_ROOM, ("pressure_hpa",), "numeric", r"pressure", _numbers(1004.5), unit="hPa"),
    _Rule(_ROOM, ("pressure_hpa",), "numeric", r"pressure", _numbers(100.5, scale=10), unit="kPa", about="atmospheric"),
    # The device itself
    _Rule(_DEVICE, ("battery_pct",), "numeric", r"battery(_value)?", _numbers(87, 0, 100)),
    _Rule(_DEVICE, ("battery_v", "mains_v"), "numeric", r"voltage", _numbers(2950, scale=0.001), unit="mV"),
    _Rule(_DEVICE, ("battery_low",), "binary", r"battery_low|channel_\d+_battery_low", _yes_no),
    _Rule(_DEVICE, ("battery_low",), "binary", r"battery_status", _yes_no, about="battery low"),
    _Rule(_DEVICE, ("battery_low",), "enum", r"battery_(state|level)|power_type", _LOW),
    _Rule(_DEVICE, ("charging", "battery_low"), "enum", r"battery_state|charg(e|ing)_status", _CHARGING),
    _Rule(_DEVICE, ("charging",), "binary", r"charg(e_state|ing|ing_status)", _yes_no, about=r"^(?!.*\bEV\b)"),
    _Rule(_DEVICE, ("tamper",), "binary", r"tamper(_alarm)?", _yes_no),
)
# fmt: on


def meanings(model: Model) -> Iterator[Meaning]:
    """Give what the values that a model publishes mean, as far as they say something about a person, a hazard, a call, the room or the device."""
    names = {expose.name for expose in model.exposes}
    for expose in model.exposes:
        if expose.name == "action":
            for metric, said in action_meanings(expose, model).items():
                group = Group.CALL if metric in {"sos", "fall"} else Group.PERSON
                yield Meaning(expose.key, group, tuple(metric.split("|")), said, _channel(expose))
        elif expose.name == "voltage" and expose.unit == "V":
            yield _volts(expose, is_battery=bool(names & {"battery", "battery_low"}) and "power" not in names)
        else:
            yield from _by_rules(expose, model)
    yield Meaning("linkquality", Group.DEVICE, ("link_quality",), ((96, 96),), "")


def _by_rules(expose: Expose, model: Model) -> Iterator[Meaning]:
    is_state = expose.name == "state" and expose.key.startswith("state")
    kind = expose.of if expose.of in {"switch", "light"} and is_state else expose.type
    if expose.endpoint == "water":
        # The tank's, not the room's.
        return
    if kind == expose.type and (
        expose.of not in {"", "climate"} or (expose.is_setting and expose.name not in _ALSO_SETTABLE)
    ):
        return
    for rule in _RULES:
        fits = (
            re.fullmatch(rule.types, kind)
            and re.fullmatch(rule.names, expose.name)
            and re.fullmatch(rule.unit, expose.unit)
            and re.search(rule.about, expose.description, re.IGNORECASE)
            and re.search(rule.model, model.description, re.IGNORECASE)
        )
        if fits and (said := rule.read(expose)):
            # Where several metrics are right, the name is the maker's own and may hold a place: `motion_up`.
            channel = _channel(expose) if len(rule.metrics) == 1 or expose.endpoint else None
            yield Meaning(expose.key, rule.group, rule.metrics, said, channel)
            break
    if expose.name == "status" and "falling" in expose.values:
        over: Said = tuple((str(word), None) for word in expose.values if word != "falling")
        yield Meaning(expose.key, Group.CALL, ("fall",), (("falling", True), *over), _channel(expose))
    if expose.name == "halo_alert_state":
        words = _words(carbon_monoxide=True, interconnect_carbon_monoxide=True, safe=None)(expose)
        yield Meaning(expose.key, Group.HAZARD, ("carbon_monoxide",), words, None)


# The package marks these as settable although they are what a device finds out.
_ALSO_SETTABLE = {"contact", "temperature", "local_temperature", "occupancy", "presence"}


def _volts(expose: Expose, *, is_battery: bool) -> Meaning:
    metrics, volts = (("battery_v",), 2.95) if is_battery else (("mains_v", "battery_v"), 101.5)
    return Meaning(
        expose.key, Group.DEVICE if is_battery else Group.USE, metrics, ((volts, volts),), _channel(expose)
    )


def _channel(expose: Expose) -> str | None:
    """Return the channel: the endpoint, which stands behind the name; where the name itself holds a number, it is not fixed."""
    if expose.endpoint:
        return expose.endpoint if expose.key == f"{expose.name}_{expose.endpoint}" else None
    return "" if re.fullmatch(r"[a-z_0]+", expose.name) and expose.key == expose.name else None
