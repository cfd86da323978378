"""Words of senders: one vocabulary of calls for help and hazards by meaning, and the words for the press of a button.

Names of fields and values are read by their parts, in any case and style, with or without the number of an endpoint.

One table for every sender, so that a call is a call under every name. Where the words come from:

================ ==================================================================================================
Words            Sources
================ ==================================================================================================
sos, panic,      Zigbee2MQTT exposes and actions (`sos_alarm`, `panic`, `emergency`); Abeeway `SOS_MODE_START`; MOKO
emergency, help  `sos_start`; SenseCAP `SOS event.`; Traccar alarm `sos`; Dragino and Netvox push buttons
fall, man down   Zigbee2MQTT `fall_status`, `fall_down_status`; OWON `falling`; MOKO `mandown_start`; Traccar `fallDown`
smoke, fire      Zigbee2MQTT `smoke_alarm_1`, `smoke_state`; Netvox `FireAlarm`; Tasmota `Fire`
gas              Zigbee2MQTT `gas_alarm_1`, `gas_sensor_state`; Tasmota `GasLeak`
carbon monoxide  Zigbee2MQTT `carbon_monoxide_alarm_1`, `co_state`; Tasmota `CO`
water            Zigbee2MQTT `water_leak_alarm_1`, `water_warning`; Netvox `WaterLeak`; Shelly `flood`
raised, over     Tuya's `alarm`/`normal`, `detected`/`none`; Milesight's `alarm triggered`/`alarm deactivated`
left out         settings and statistics of the same converters: `fall_sensitivity`, `sos_count`, `alarm_volume`
================ ==================================================================================================
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from core.domain.metrics import BUTTON_WORDS

# `fallDown`, `FireAlarm`, `SOS event.`, `gas_alarm_1`: a run of capitals, a word, or digits.
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_HELP = frozenset({"sos", "panic", "emergency", "help", "distress", "mayday", "call"})
_FALL = frozenset({"fall", "falls", "fallen", "falling", "falldown", "mandown", "tumble", "tumbled"})
_FIRE = frozenset({"smoke", "fire"})
_GAS = frozenset({"gas", "gasleak", "gasalarm", "methane", "lpg"})
_LEAK = frozenset({"leak", "leaking", "leakage", "waterleak", "flood", "flooded", "flooding", "wet"})
_ALARM = frozenset({"alarm", "alarms", "alarmed", "alarming", "alert"})
_SUBJECTS = _HELP | _FALL | _FIRE | _GAS | _LEAK | {"co", "monoxide"}
_WATER_WITH = frozenset({"alarm", "warning", "detected", "detection", "sensor"})
# An alarm of water with one of these is about how warm or how much it is, and a leakage with one is of electricity.
_NO_LEAK = frozenset(
    {"temp", "temperature", "volume", "shortage", "pressure", "quality", "current", "circuit"}
)
# The other emergency keys of a keypad at the door; elsewhere these words mean something else.
_KEYPAD = frozenset({"medical", "police", "fire"})

_OVER = frozenset({
    *("false", "off", "no", "not", "none", "nothing", "nobody", "normal", "clear", "cleared", "ok", "okay", "idle"),
    *("end", "ended", "stop", "stopped", "released", "release", "inactive", "deactivated", "cancelled", "canceled"),
    *("cancel", "safe", "dry", "resolved", "recovered", "recovery", "standby", "silent", "un"),
})  # fmt: skip
_RAISED = frozenset({
    *("true", "on", "yes", "alarm", "alarmed", "alarming", "alert", "warning", "warn", "trigger", "triggered"),
    *("detected", "detect", "detection", "start", "started", "event", "active", "activated", "raised", "press"),
    *("pressed", "push", "pushed", "call", "calling", "danger", "critical", "high"),
})  # fmt: skip
# What may stand beside a subject in a value without changing what it says.
_BESIDE = frozenset({
    *("mode", "button", "down", "man", "maybe", "possible", "up", "water", "message", "key", "double", "single", "long"),
    *("status", "state", "a", "of", "for", "the", "is", "was", "carbon", "mild", "heavy", "interconnect"),
})  # fmt: skip

# A field with one of these is a setting, a statistic or a schedule, or its name only sounds alike.
SETTINGS = frozenset({
    *("count", "counter", "counts", "total", "sum", "number", "num", "statistics", "history", "last", "since", "age"),
    *("sensitivity", "volume", "threshold", "limit", "range", "level", "min", "max", "calibration", "resistance"),
    *("time", "times", "timer", "timeout", "timestamp", "duration", "delay", "interval", "period", "date", "schedule"),
    *("enable", "enabled", "disable", "disabled", "setting", "settings", "config", "mode", "option", "support"),
    *("melody", "ringtone", "tone", "sound", "buzzer", "light", "led", "color", "brightness", "mute", "muted"),
    *("silence", "test", "selftest", "reset", "name", "model", "version", "id", "text", "url", "language"),
    *("density", "concentration", "value", "ppm", "lel", "unit", "units", "consumption", "meter", "flow", "usage"),
    *("heating", "heat", "asleep", "sleep", "edge", "rain", "snow", "night", "back", "fault", "battery", "lifetime"),
    *("control", "force", "invert", "logic", "beeper", "silenced", "valve", "breaker", "recloser", "trip", "shutoff"),
    *("overcurrent", "overvoltage", "undervoltage", "overheat", "overload", "load", "relay"),
})  # fmt: skip
# A field with one of these and a word such as ON says that a function is switched on, not that something was detected.
_FUNCTIONS = frozenset({"switch", "detection", "detect", "function"})
_SWITCHED_OFF = frozenset({"off", "disable", "disabled", "no", "false"})
_SWITCHED = _SWITCHED_OFF | {"on", "enable", "enabled", "yes", "true"}
# An alarm of nothing that is named, with one of these: how it rings, or what it switches.
_ALARM_SETTINGS = frozenset({
    *("switch", "ring", "ringing", "indicator", "siren", "action", "behaviour", "behavior", "broadcast"),
    *("linkage", "airtemp", "overvalue", "consumed", "energy", "pre", "set", "dismiss"),
})  # fmt: skip
# A text with one of these names a thing and not an event.
_THINGS = frozenset({"detector", "sensor", "device", "monitor", "kit", "tracker"})
# An alarm of these is no call: other fields report them, or nobody is in danger by them.
_OTHER_ALARMS = frozenset({
    *("tamper", "tampering", "removing", "low", "temp", "volume", "temperature", "humidity", "voltage", "current", "power", "contact"),
    *("door", "window", "lock", "motion", "vibration", "movement", "speed", "noise", "light", "occupancy"),
}) | _ALARM_SETTINGS  # fmt: skip
# How an alarm makes itself noticed, in the values of a siren: that it sounds, not that something happened.
_SOUNDS = frozenset({"sound", "light", "ring", "beep", "music", "siren", "flash"})
# Fields whose value may be the name of a call: `status: falling`, `dev_status: sos`, `eventName: SOS event.`.
_EVENT_FIELDS = frozenset({
    *("status", "state", "event", "events", "type", "alarm", "alarms", "action", "warning", "alert", "reason", "kind"),
})  # fmt: skip
_EVENT_FIELDS_LEFT_OUT = SETTINGS - {"name", "mode", "type", "value", "last", "valve"}
_SEPARATOR = re.compile(r"[,;&|+]")
_NUMBERED = frozenset({"gas_leak", "carbon_monoxide"})


class Call(NamedTuple):
    """What a field says of a call or a hazard.

    Attributes
    ----------
    metric : str
        The metric that it is about; empty where the words speak of an alarm and not of which.
    is_raised : bool or None
        Whether it is raised or over; None where the words do not say.
    """

    metric: str
    is_raised: bool | None


def word_parts(text: str) -> tuple[str, ...]:
    """Return the parts of a name or a text in small letters, without endpoint numbers.

    Examples
    --------
    >>> word_parts("fallDown"), word_parts("SOS event."), word_parts("gas_alarm_1"), word_parts("CO2")
    (('fall', 'down'), ('sos', 'event'), ('gas', 'alarm'), ('co2',))
    """
    parts = [part.lower() for part in _PART.findall(text)]
    # Carbon dioxide is the one word here to which the number belongs.
    joined = ["co2" if pair == ("co", "2") else pair[0] for pair in pairwise([*parts, ""])]
    return tuple(part for part in joined if not part.isdigit())


def subject_of(parts: tuple[str, ...]) -> str | None:
    """Return the metric that word parts speak of, an empty text for an alarm of something unnamed, None for no alarm."""
    found = frozenset(parts)
    pairs = frozenset(pairwise(parts))
    if found & _FALL or ("man", "down") in pairs:
        return "fall"
    if found & {"co"} or ("carbon", "monoxide") in pairs:
        return "carbon_monoxide"
    if found & _GAS:
        return "gas_leak"
    if found & _FIRE:
        return "smoke"
    if (found & _LEAK or ("water" in found and found & _WATER_WITH)) and not found & _NO_LEAK:
        return "water_leak"
    if found & _HELP:
        return "sos"
    return "" if found & _ALARM and not found & _OTHER_ALARMS else None


def is_raised(value: object) -> bool | None:
    """Return whether a value says that a call is raised or over; None if it says neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return True if value == 1 else False if value == 0 else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text in {"", "0"}:
        return False
    if text == "1":
        return True
    parts = frozenset(word_parts(text))
    if parts & _OVER:
        return False
    # One word that we do not know may turn the meaning of the others.
    return True if parts & (_RAISED | _SUBJECTS) and parts <= _RAISED | _SUBJECTS | _BESIDE else None


def call_in_field(name: str, value: object) -> Call | None:
    """Return what a field says of a call or a hazard; None if it speaks of neither.

    Examples
    --------
    >>> call_in_field("sos_alarm", True), call_in_field("fallDetected", False)
    (Call(metric='sos', is_raised=True), Call(metric='fall', is_raised=False))
    >>> call_in_field("status", "falling"), call_in_field("sos_count", 3), call_in_field("gas_state", "preheating")
    (Call(metric='fall', is_raised=True), None, Call(metric='gas_leak', is_raised=None))
    """
    meaning = _meaning_of(name)
    subject = meaning.subject
    if subject is None and not meaning.may_name_event:
        return None
    named = call_in_words(value) if meaning.may_name_event and isinstance(value, str) else None
    if subject is None or (named is not None and named.metric):
        return named
    return _call_of(subject, meaning, value)


def _call_of(subject: str, meaning: "_Meaning", value: object) -> Call | None:
    """Return what the value of a field that speaks of a call or an alarm says."""
    if meaning.is_function and (switched := _is_switched(value)) is not None:
        return Call(subject, None) if switched else None
    if meaning.is_bound and isinstance(value, (int, float)) and not isinstance(value, bool):
        return None
    raised = is_raised(value)
    # An alarm that is over says nothing, whatever it is of, and neither does how it sounds.
    is_nothing = subject == "" and (raised is False or _is_sound(value))
    return None if is_nothing else Call(subject, raised)


def _is_sound(value: object) -> bool:
    parts = frozenset(word_parts(value)) if isinstance(value, str) else frozenset[str]()
    return bool(parts & _SOUNDS) and parts <= _SOUNDS | _ALARM


def _is_switched(value: object) -> bool | None:
    """Return whether a word says that a function is on or off; None for other words and values."""
    word = value.strip().lower() if isinstance(value, str) else ""
    return word not in _SWITCHED_OFF if word in _SWITCHED else None


class _Meaning(NamedTuple):
    """What a field's name speaks of, as `subject_of` does, and how its value is to be taken.

    Attributes
    ----------
    subject : str or None
        The metric, an empty text for an alarm of something unnamed, None for no alarm.
    may_name_event : bool
        Whether the value may be the name of an event.
    is_function : bool
        Whether the value may say that a function is switched on.
    is_bound : bool
        Whether a number in it is the upper or the lower bound of something.
    """

    subject: str | None
    may_name_event: bool
    is_function: bool
    is_bound: bool


@lru_cache(maxsize=10_000)
def _meaning_of(name: str) -> _Meaning:
    parts = word_parts(name)
    found = frozenset(parts)
    return _Meaning(
        None if found & SETTINGS else subject_of(parts),
        bool(found & _EVENT_FIELDS) and not found & _EVENT_FIELDS_LEFT_OUT,
        bool(found & _FUNCTIONS),
        bool(found & {"high", "low"}),
    )


@lru_cache(maxsize=10_000)
def call_in_words(text: str) -> Call | None:
    """Return what the name of an event says of a call or a hazard; None if it speaks of neither.

    Of several events in one text (`water_shortage,water_leakage`) one that is raised counts.
    """
    if _SEPARATOR.search(text):
        found = [call for event in _SEPARATOR.split(text) if (call := call_in_words(event)) is not None]
        return next((call for call in found if call.is_raised), found[0] if found else None)
    parts = word_parts(text)
    subject = subject_of(parts)
    if not subject:
        return None
    if frozenset(parts) & (_THINGS | SETTINGS - {"mode", "last"}):
        return None
    return Call(subject, is_raised(text))


def is_number_of_gas(metric: str, value: object) -> bool:
    """Whether a field about a gas holds a number, which may be a concentration."""
    return metric in _NUMBERED and isinstance(value, (int, float)) and not isinstance(value, bool)


def call_in_action(action: str) -> Call | None:
    """Return what the action of a button or a keypad says of a call; None if it is no call."""
    parts = frozenset(word_parts(action))
    is_keypad = parts & _KEYPAD and not parts & _OVER
    return Call("sos", is_raised=True) if is_keypad else call_in_words(action)


# Parts of an action's name that mean that somebody pressed, turned or shook the thing.
_PRESSED = {
    *BUTTON_WORDS,
    *("press", "pressed", "push", "click", "short", "tap", "quintuple", "quint", "on", "off", "toggle"),
    *(
        "up",
        "down",
        "brightness",
        "arrow",
        "color",
        "colour",
        "recall",
        "scene",
        "rotate",
        "rotation",
        "dial",
    ),
    *(
        "shake",
        "slide",
        "flip90",
        "flip180",
        "throw",
        "skip",
        "play",
        "pause",
        "volume",
        "track",
        "stop",
        "dots",
    ),
    *("arm", "disarm", "button", "clockwise", "step", "move"),
} - {"other"}
# Parts that mean a movement which the device felt or saw: other fields report those.
_FELT = {"vibration", "tilt", "drop", "region", "occupancy", "motion", "presence", "approach", "contact"}
_MEANT = {"short": "single", "press": "single", "click": "single", "pressed": "single", "push": "single"}
# Other words for the same kinds of presses.
_SAME = {
    **{
        "held": "hold",
        "released": "release",
        "longpress": "long",
        "doubleclick": "double",
        "tripple": "triple",
    },
    **{"once": "single", "twice": "double"},
}
_SPLIT = re.compile(r"[_\s]+")


def button_word(action: str) -> str | None:
    """Return which press an action's name means, in its sender's own word; None if it means none.

    Examples
    --------
    >>> button_word("single"), button_word("1_double"), button_word("short press"), button_word("vibration")
    ('single', 'double', 'short', None)
    """
    parts = [_SAME.get(part, part) for part in _SPLIT.split(action.strip().lower()) if part]
    if not parts or _FELT.intersection(parts):
        return None
    for part in parts:
        if part in BUTTON_WORDS:
            return part
    if not _PRESSED.intersection(parts):
        return None
    kept = [part for part in parts if part not in {"press", "pressed", "push", "click", "button"}]
    kept = [part for part in kept if not part.isdigit()]
    return "_".join(kept) if kept else "single"


def stored_button_word(word: str) -> str:
    """Return the registry's word for a sender's own: `short` is a `single`, an unknown one is `other`."""
    meant = _MEANT.get(word, word)
    return meant if meant in BUTTON_WORDS else "other"
