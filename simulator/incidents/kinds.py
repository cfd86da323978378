"""Of each kind of incident: what happens, whom it concerns, what may be said about it, and what a good system does."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain import rules
from core.domain.device import DeviceKind
from simulator.incidents.incident import IncidentKind

DAY_H = 24.0


class IncidentScope(StrEnum):
    """Whom something concerns."""

    RESIDENT = "resident"
    HOME = "home"
    STREET = "street"
    WARD = "ward"


@dataclass(frozen=True)
class Kind:
    """What is known about a kind.

    Attributes
    ----------
    says : str
        What happens, in words.
    scope : Scope
        Whom it concerns.
    lasts_h : float
        How long, unless the scenario says; 0 for a moment.
    raises : tuple of str
        The rules of which one should raise an alert about it; none: nobody should be disturbed.
    within_h : float
        How soon, from its beginning.
    keys : tuple of str
        What a scenario may say besides what all kinds have.
    needs : DeviceKind or None
        The device without which nothing of it would be seen.
    has_time : bool
        Whether a scenario must say when on the day.
    """

    says: str
    scope: IncidentScope
    lasts_h: float
    raises: tuple[str, ...] = ()
    within_h: float = 0.0
    keys: tuple[str, ...] = ()
    needs: DeviceKind | None = None
    has_time: bool = True


_PERSON, _HOME, _STREET, _WARD = (
    IncidentScope.RESIDENT,
    IncidentScope.HOME,
    IncidentScope.STREET,
    IncidentScope.WARD,
)
_SILENCE = (rules.INACTIVITY.name,)
_OUTSIDE = (rules.GEOFENCE_EXIT.name, rules.WANDERING.name)
_SILENT_HOME = (rules.HOME_SILENT.name, rules.WARD_SILENT.name)
_TRACKER, _GATEWAY = DeviceKind.TRACKER, DeviceKind.GATEWAY

KINDS: dict[IncidentKind, Kind] = {
    IncidentKind.DOES_NOT_GET_UP: Kind(
        "lies still from the usual getting up until somebody comes by the front door",
        _PERSON, 8.0, (*_SILENCE, rules.LATE_MORNING.name), 3.0, has_time=False,
    ),
    IncidentKind.COLLAPSE: Kind(
        "falls at home and lies still until somebody comes",
        _PERSON, 10.0, _SILENCE, 6.0, has_time=False,
    ),
    IncidentKind.BATHROOM_FALL: Kind(
        "falls in the bathroom and lies there until somebody comes",
        _PERSON, 6.0, (rules.STILLNESS.name, rules.BATHROOM_STAY.name, *_SILENCE), 3.0, needs=DeviceKind.MOTION,
    ),
    IncidentKind.SOS: Kind("presses the button", _PERSON, 0.0, (rules.SOS.name,), 1 / 60, needs=DeviceKind.BUTTON),
    IncidentKind.LEAVES_AREA: Kind(
        "walks away along one street and comes back",
        _PERSON, 1.5, _OUTSIDE, 0.75, ("distance_m",), _TRACKER,
    ),
    IncidentKind.NIGHT_EXIT: Kind(
        "the same, out of bed", _PERSON, 1.0, (rules.NIGHT_EXIT.name, *_OUTSIDE), 0.5, ("distance_m",), _TRACKER
    ),
    IncidentKind.WANDERS: Kind(
        "walks without an aim: there and back, round a block, here and there, or lost farther off",
        _PERSON, 1.5, (rules.WANDERING.name, rules.GEOFENCE_EXIT.name), 1.0, ("distance_m", "pattern"), _TRACKER,
    ),
    IncidentKind.DOES_NOT_RETURN: Kind(
        "goes out as on other days, and stays out",
        _PERSON, 9.0, (rules.NOT_RETURNED.name, rules.GEOFENCE_EXIT.name, *_SILENCE), 8.0, needs=DeviceKind.DOOR,
    ),
    IncidentKind.TRACKER_LEFT: Kind(
        "goes out while the tracker stays at home",
        _PERSON, 2.0, (rules.LEFT_BEHIND.name,), 1.25, needs=_TRACKER,
    ),
    IncidentKind.MISSES_DAY_SERVICE: Kind(
        "stays at home on a day at the day centre",
        _PERSON, 9.0, (rules.ABSENCE_NOT_TAKEN.name,), 3.0, needs=DeviceKind.DOOR, has_time=False,
    ),
    IncidentKind.KETTLE_LEFT_ON: Kind(
        "the kettle draws its power on and on",
        _PERSON, 2.0, (rules.APPLIANCE_LEFT_ON.name,), 1.5, needs=DeviceKind.PLUG,
    ),
    IncidentKind.ROOM_HOT: Kind(
        "the rooms get hot, as when the cooling fails on a summer day",
        _HOME, 6.0, (rules.HEAT.name,), 3.0, ("temperature_c",), DeviceKind.CLIMATE,
    ),
    IncidentKind.ROOM_COLD: Kind(
        "the rooms get cold, as when the heating fails in winter",
        _HOME, 12.0, (rules.COLD.name,), 5.0, ("temperature_c",), DeviceKind.CLIMATE,
    ),
    IncidentKind.DECLINES: Kind(
        "does less from day to day, `share` less at the end, and stays so",
        _PERSON, 28 * DAY_H, (rules.DECLINE.name,), 28 * DAY_H, ("share",), has_time=False,
    ),
    IncidentKind.ILL: Kind(
        "rests a lot, goes nowhere, and is up often at night",
        _PERSON, 4 * DAY_H, (rules.RESTLESS_NIGHT.name, rules.DECLINE.name), 4 * DAY_H, has_time=False,
    ),
    IncidentKind.SLEEPS_IN: Kind(
        "gets up later than usual, and is well", _PERSON, 1.5, has_time=False
    ),
    IncidentKind.LONG_NAP: Kind("lies down by day for hours, and is well", _PERSON, 3.0),
    IncidentKind.TRAVELS: Kind(
        "leaves for days by the front door without notice",
        _PERSON, 5 * DAY_H, (rules.NOT_RETURNED.name, rules.GEOFENCE_EXIT.name, *_SILENCE), 14.0, needs=DeviceKind.DOOR,
    ),
    IncidentKind.PLANNED_JOURNEY: Kind(
        "leaves for days by the front door, as was laid down before", _PERSON, 5 * DAY_H, needs=DeviceKind.DOOR
    ),
    IncidentKind.VISITOR: Kind("has a guest, who moves about", _PERSON, 4.0),
    IncidentKind.PET: Kind(
        "a cat has moved in: sensors see movement at any hour, also when nobody is at home",
        _HOME, 28 * DAY_H, has_time=False,
    ),
    IncidentKind.GATEWAY_DIES: Kind(
        "the home's gateway is dark; what its sensors measure is lost; a tracker goes on",
        _HOME, 4.0, _SILENT_HOME, 0.25, needs=_GATEWAY,
    ),
    IncidentKind.POWER_CUT: Kind(
        "the gateways of all homes of a neighbourhood are dark", _STREET, 2.0, (rules.AREA_SILENT.name, rules.WARD_SILENT.name), 0.25, needs=_GATEWAY
    ),
    IncidentKind.LINE_CUT: Kind(
        "the home's line is cut; the gateway keeps what it receives and sends it all when the line is back",
        _HOME, 3.0, _SILENT_HOME, 0.25, needs=_GATEWAY,
    ),
    IncidentKind.WARD_SILENT: Kind(
        "nothing arrives from any home, and what was measured is lost", _WARD, 2.0, (rules.WARD_SILENT.name,), 0.25
    ),
    IncidentKind.BROKER_AWAY: Kind(
        "nobody takes messages; all devices keep theirs and send them afterwards",
        _WARD, 1.0, (rules.WARD_SILENT.name,), 0.25,
    ),
    IncidentKind.BATTERY_DIES: Kind(
        "a battery runs down over ten days and is empty until somebody changes it",
        _HOME, 48.0, (rules.BATTERY.name, rules.DEVICE_SILENT.name), 24.0, ("device",),
    ),
    IncidentKind.SENSOR_STUCK: Kind(
        "a sensor repeats itself: a motion sensor sees somebody all the time, a contact or a bed stays as it is, others report one value",
        _HOME, 24.0, (rules.DEVICE_STUCK.name,), 24.0, ("device",),
    ),
    IncidentKind.LOSS: Kind("messages get lost", _HOME, 12.0, keys=("device", "share")),
    IncidentKind.DELAY: Kind("messages come late", _HOME, 12.0, keys=("device", "share", "seconds")),
    IncidentKind.DUPLICATES: Kind("messages come twice", _HOME, 12.0, keys=("device", "share")),
    IncidentKind.REORDER: Kind("messages overtake each other", _HOME, 12.0, keys=("device", "share", "seconds")),
    IncidentKind.CLOCK_OFF: Kind("clocks jump, and jump back at the end", _HOME, 12.0, keys=("device", "seconds")),
    IncidentKind.CLOCK_DRIFT: Kind(
        "clocks drift, and are set right at the end", _HOME, 7 * DAY_H, keys=("device", "seconds")
    ),
    IncidentKind.RETAINED: Kind(
        "firmware asks the broker to keep its readings, which then come again as old states",
        _HOME, 12.0, keys=("device",),
    ),
    IncidentKind.BRIDGE_RESTARTS: Kind(
        "a bridge starts anew every `seconds` and says again, without a time, what all its devices said last",
        _HOME, 20.0, keys=("seconds",), needs=_GATEWAY,
    ),
    IncidentKind.RADAR_REPEATS: Kind(
        "motion sensors are radars that say every `seconds` that somebody is there, also of one who lies on the floor",
        _HOME, 20.0, keys=("device", "seconds"), needs=DeviceKind.MOTION,
    ),
    IncidentKind.MOTION_HELD: Kind(
        "motion sensors stay on after a movement, and every `seconds` they report all they know by the clock",
        _HOME, 20.0, keys=("device", "seconds"), needs=DeviceKind.MOTION,
    ),
    IncidentKind.STATUS_ANSWERS: Kind(
        "something asks all devices every `seconds` for their states, and they answer",
        _HOME, 20.0, keys=("device", "seconds"),
    ),
    IncidentKind.AVAILABILITY_PINGS: Kind(
        "a bridge looks every `seconds` whether its devices are there, and publishes their states with a new time",
        _HOME, 20.0, keys=("device", "seconds"),
    ),
    IncidentKind.UPDATE_CHECKS: Kind(
        "devices look every `seconds` for new firmware, and the bridge publishes their states with the answer",
        _HOME, 20.0, keys=("device", "seconds"),
    ),
}  # fmt: skip
# What a scenario may leave open, and between which limits it may say it.
EXTRAS: dict[str, tuple[float, float]] = {
    "distance_m": (100.0, 10_000.0),
    "temperature_c": (-5.0, 45.0),
    "share": (0.0, 1.0),
    "seconds": (-5_000_000.0, 5_000_000.0),
}
DEFAULTS: dict[IncidentKind, dict[str, float]] = {
    IncidentKind.LEAVES_AREA: {"distance_m": 1200.0},
    IncidentKind.NIGHT_EXIT: {"distance_m": 1200.0},
    IncidentKind.WANDERS: {"distance_m": 300.0},
    IncidentKind.ROOM_HOT: {"temperature_c": 35.0},
    IncidentKind.ROOM_COLD: {"temperature_c": 6.0},
    IncidentKind.DECLINES: {"share": 0.3},
    IncidentKind.LOSS: {"share": 0.2},
    IncidentKind.DELAY: {"share": 1.0, "seconds": 600.0},
    IncidentKind.DUPLICATES: {"share": 0.3},
    IncidentKind.REORDER: {"share": 0.5, "seconds": 60.0},
    IncidentKind.CLOCK_OFF: {"seconds": 7200.0},
    IncidentKind.CLOCK_DRIFT: {"seconds": 30.0},
    IncidentKind.BRIDGE_RESTARTS: {"seconds": 10_800.0},
    IncidentKind.RADAR_REPEATS: {"seconds": 300.0},
    IncidentKind.MOTION_HELD: {"seconds": 300.0},
    IncidentKind.STATUS_ANSWERS: {"seconds": 3600.0},
    IncidentKind.AVAILABILITY_PINGS: {"seconds": 600.0},
    IncidentKind.UPDATE_CHECKS: {"seconds": 3600.0},
}
