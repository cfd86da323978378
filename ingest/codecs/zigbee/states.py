"""States that devices behind Zigbee2MQTT put into words: whether somebody is there, whether a door is open, how the battery is.

What a name is about is read by its words, so that `presence_state`, `pir_detection` and `mmwave_area1_occupancy` need no row of their own.
Where the words come from: https://www.zigbee2mqtt.io/guide/usage/exposes.html and the values that its device pages list.
"""

from collections.abc import Callable, Mapping

from core.text_cache import TextCache
from ingest.codecs.parsing.call_words import SETTINGS
from ingest.codecs.parsing.event_words import speaks_of
from ingest.codecs.parsing.json_fields import truth_of
from ingest.codecs.parsing.word_parts import word_parts
from ingest.codecs.result import Measured

Reader = Callable[[object, Mapping[str, object]], list[Measured]]

_MOTION = frozenset({"occupancy", "motion", "pir"})
_SOMEBODY = frozenset({"presence", "human", "movement", "pressure"}) | _MOTION
_DOOR = frozenset({"door", "opening", "handle", "di"})
_CHARGE = frozenset({"charge", "charging"})
_SUPPLY = frozenset({"power", "type"})
# What a radar calls its whole state.
_OF_A_SENSOR = {frozenset({"work", "state"}), frozenset({"sensor", "status"})}
# With one of these a name is about a setting, or about something that the device works out for others.
_NOT_STATES = (SETTINGS - {"battery", "level"}) | {
    *("switch", "external", "thermostat", "control", "linkage", "indicator", "report", "alarm", "warning", "warn", "event"),
    *("direction", "speed", "trend", "tend", "invert", "distance", "siren", "limit", "current", "protection", "datetime"),
    *("feedback", "source", "defect", "link", "type", "neutral", "output", "broadcast", "valve", "window", "lock", "voltage", "percentage", "energy", "factor"),
}  # fmt: skip

_NOBODY = frozenset({
    *("none", "no_one", "nobody", "absent", "absence", "no_presence", "unoccupied", "vacant", "none_5min", "none_30min"),
})  # fmt: skip
# Words that mean that somebody is there, whatever the field is called.
_SURELY_THERE = frozenset({
    *("presence", "present", "occupied", "presence_detected", "presence_5min", "presence_30min", "sit", "sitting"),
    *("sedentary", "on_the_bed", "low_posture", "peaceful", "small_movement", "large_movement", "small_move", "large_move"),
})  # fmt: skip
# In a field about persons these do too: still, or moving near or far.
_THERE = _SURELY_THERE | {
    *(
        "still",
        "static",
        "stationary",
        "small",
        "medium",
        "large",
        "move",
        "moving",
        "movement",
        "no_movement",
        "motion",
    ),
    *("active", "activity", "micro", "near", "far"),
}
_OPEN, _CLOSED = frozenset({"open", "opened", "tilted", "ajar"}), frozenset({"close", "closed"})
_LOW = {
    **dict.fromkeys(("low", "critical", "battery_low", "true", "yes", "on"), True),
    **dict.fromkeys(("middle", "medium", "high", "normal", "full", "false", "no", "off"), False),
    **dict.fromkeys(("battery_medium", "battery_high", "battery_full"), False),
}
_CHARGING = {
    "charging": True,
    **dict.fromkeys(
        ("not_charging", "notcharged", "no_charge", "uncharged", "charged", "fullycharged"), False
    ),
    **dict.fromkeys(("full", "discharging"), False),
}


def reader_by_words(name: str) -> Reader | None:
    """Return how a state of this name is read; None if its words do not say that it is one, or speak of a call or a hazard.

    Examples
    --------
    >>> reader_by_words("pir_detection")(True, {})
    [Measured(metric='motion', value=True, time=None)]
    >>> reader_by_words("door_state")("closed", {}), reader_by_words("presence_timeout")
    ([Measured(metric='contact_open', value=False, time=None)], None)
    """
    return _READERS[name]


def _reader_by_words(name: str) -> Reader | None:
    parts = frozenset(word_parts(name))
    if "tamper" in parts and not parts & SETTINGS:
        return _tamper
    if parts == _SUPPLY:
        return battery
    if parts & _NOT_STATES or _is_call(speaks_of(name), parts):
        return None
    if "battery" in parts:
        return battery
    if parts & _CHARGE:
        return charging
    if "contact" in parts:
        return door
    if parts & _DOOR:
        return _door_in_words
    if parts & _SOMEBODY and parts & {"detection", "detect"}:
        return _detected
    if parts & _SOMEBODY:
        return _motion if parts & _MOTION else presence
    if parts in _OF_A_SENSOR:
        return state
    return _said_plainly if parts & {"state", "status"} else None


def _is_call(subject: str | None, parts: frozenset[str]) -> bool:
    """Return whether a name with the word of a state speaks of a call or a hazard; a door of a room with a hazard is a door."""
    return subject in {"sos", "fall"} or (bool(subject) and not parts & (_DOOR | {"contact"}))


def somebody(value: object, metric: str = "presence") -> list[Measured]:
    """Read whether somebody is there: a truth as the given metric, a word as `presence`."""
    if isinstance(value, bool):
        return [Measured(metric, value)]
    word = _word(value)
    if word in _THERE or word in _NOBODY:
        return [Measured("presence", word in _THERE)]
    truth = truth_of(value) if word in {"on", "off", "true", "false", "yes", "no"} else None
    return [] if truth is None else [Measured(metric, truth)]


def presence(value: object, body: Mapping[str, object]) -> list[Measured]:
    """Read a radar that says how somebody moves, in place of whether somebody is there; the plain field counts for more."""
    return [] if "presence" in body or "occupancy" in body else somebody(value)


def state(value: object, body: Mapping[str, object]) -> list[Measured]:
    """Read `state`: of a switch ON or OFF, of a radar whether somebody is there."""
    on = {"on": True, "off": False}.get(_word(value))
    if on is not None:
        return [Measured("switch_on", on)]
    return presence(value, body) if _word(value) in _SURELY_THERE | _NOBODY | {"move", "activity"} else []


def door(value: object, _body: Mapping[str, object]) -> list[Measured]:
    """Read a contact or a door: true means that the magnet touches, so the door is closed."""
    if isinstance(value, str):
        parts = set(word_parts(value))
        if parts & (_OPEN | _CLOSED) and "not" not in parts and "error" not in parts:
            return [Measured("contact_open", bool(parts & _OPEN))]
    closed = truth_of(value) if _word(value) not in _OPEN | _CLOSED else None
    return [] if closed is None else [Measured("contact_open", not closed)]


def _door_in_words(value: object, body: Mapping[str, object]) -> list[Measured]:
    """Read the state of a door in words; a truth would not say whether it is open or closed."""
    return door(value, body) if _word(value) in _OPEN | _CLOSED else []


def battery(value: object, body: Mapping[str, object]) -> list[Measured]:
    """Read the state of a battery in a word, or whether it is low."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return []
    low = value if isinstance(value, bool) else _LOW.get(_word(value))
    return charging(value, body) if low is None else [Measured("battery_low", low)]


def charging(value: object, _body: Mapping[str, object]) -> list[Measured]:
    """Read whether a battery is being charged."""
    if isinstance(value, bool):
        return [Measured("charging", value)]
    word = _word(value)
    truth = {"true": True, "false": False, "none": False}.get(word, _CHARGING.get(word))
    return [] if truth is None else [Measured("charging", truth)]


def _tamper(value: object, _body: Mapping[str, object]) -> list[Measured]:
    truth = truth_of(value)
    return [] if truth is None else [Measured("tamper", truth)]


def _detected(value: object, _body: Mapping[str, object]) -> list[Measured]:
    """Read a detection: true or false; ON and OFF switch it."""
    return somebody(value, "motion") if isinstance(value, bool) else []


def _motion(value: object, body: Mapping[str, object]) -> list[Measured]:
    if isinstance(value, bool) or _word(value) in {"on", "off"}:
        return somebody(value, "motion")
    return presence(value, body)


def _said_plainly(value: object, body: Mapping[str, object]) -> list[Measured]:
    """Read a state of anything: only words that are about persons and nothing else say whether somebody is there."""
    return presence(value, body) if _word(value) in (_SURELY_THERE | _NOBODY) - {"none"} else []


def _word(value: object) -> str:
    return value.strip().lower().replace(" ", "_") if isinstance(value, str) else ""


_READERS = TextCache(_reader_by_words)
