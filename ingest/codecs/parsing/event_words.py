"""Words of senders: one vocabulary of calls for help and hazards (`call_words.py`), read by their parts in any case and style."""

import re
from itertools import pairwise
from typing import NamedTuple

from core.domain.metrics import CALLS
from core.text_cache import TextCache
from ingest.codecs.parsing import call_words
from ingest.codecs.parsing.value_words import is_grade, is_guarded, is_sound, is_switched
from ingest.codecs.parsing.word_parts import word_parts

_SEPARATOR = re.compile(r"[,;&|+、，；]")
_JOINING = re.compile(
    r"/|・|／|(?<=[\s_])(?:and|or)(?=[\s_])|(?<=[゠-ヿ一-鿿])と(?=[゠-ヿ一-鿿])", re.IGNORECASE
)
# Of a market or a barometer, an autumn, or somebody on the phone.
_IN_OTHER_TEXTS = frozenset(
    {"wet", "gas", "co", "falling", "falls", "call", "calling", "high", "on", "active"}
)
_WATER = frozenset({"water"})
_ALL_CALLS = frozenset(CALLS)
# That a part is there (`external: {"present": false}`), or water; nobody documents them of a call for help.
_PRESENCE = frozenset({"present", "absent"})
_PARTS = call_words.THINGS | {"button", "btn", "probe", "module", "cable"}
_PAIRS = call_words.HELP_PAIRS | call_words.FALL_PAIRS
_UNDERSTOOD = (
    call_words.OVER
    | call_words.RAISED
    | call_words.SUBJECTS
    | call_words.BESIDE
    | {"alarms"}
    | {word for pair in _PAIRS for word in pair}
)


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


def subject_of(parts: tuple[str, ...]) -> str | None:
    """Return the metric that word parts speak of, an empty text for an alarm of something unnamed, None for no alarm."""
    found = frozenset(parts)
    pairs = frozenset(pairwise(parts))
    if found & call_words.FALL or pairs & call_words.FALL_PAIRS:
        return "fall"
    if found & {"co"} or ("carbon", "monoxide") in pairs:
        return "carbon_monoxide"
    if found & call_words.GAS:
        return "gas_leak"
    if found & call_words.FIRE or pairs & call_words.HEAT_PAIRS:
        return "smoke"
    if _is_of_leak(found):
        return "water_leak"
    is_help = found & call_words.HELP or pairs & call_words.HELP_PAIRS
    if _is_other_help(found, is_help=bool(is_help)):
        return None
    if is_help:
        return "sos"
    is_other = found & call_words.OTHER_ALARMS and not pairs & call_words.STILL_PAIRS
    return "" if found & call_words.ALARM and not is_other else None


def _is_other_help(found: frozenset[str], *, is_help: bool) -> bool:
    is_assist = "assist" in found and found & call_words.NO_ASSIST
    return bool(is_assist or (is_help and found & call_words.NO_HELP))


def _is_of_leak(found: frozenset[str]) -> bool:
    is_water = found == _WATER or ("water" in found and found & call_words.WATER_WITH)
    return bool(found & call_words.LEAK or is_water) and not found & call_words.NO_LEAK


def is_raised(value: object) -> bool | None:
    """Return whether a value says that a call is raised or over; None if it says neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return True if value == 1 else False if value == 0 else None
    return _RAISED[value] if isinstance(value, str) else None


def _is_raised(value: str) -> bool | None:
    text = value.strip()
    if text in {"", "0"}:
        return False
    if text == "1":
        return True
    parts = frozenset(word_parts(text))
    # One word that we do not know may turn the meaning of the others.
    if not parts <= _UNDERSTOOD:
        return None
    over = parts & call_words.OVER
    if over & call_words.NEGATIONS and over - call_words.NEGATIONS:
        # `not cleared`, `not ok`
        return None
    is_named = parts & (call_words.RAISED | call_words.SUBJECTS) or _PAIRS.intersection(
        pairwise(word_parts(text))
    )
    return False if over else True if is_named else None


_RAISED = TextCache(_is_raised)


def raised_of(metric: str, value: object) -> bool | None:
    """Return whether a value says that a call or a hazard of a metric is raised or over; None if it says neither.

    Examples
    --------
    >>> raised_of("water_leak", 3), raised_of("smoke", 3), raised_of("water_leak", "present"), raised_of("sos", "present")
    (True, None, True, None)
    """
    if metric == "sos" and isinstance(value, str) and _PRESENCE_TEXTS[value]:
        return None
    raised = is_raised(value)
    return is_grade(value) if raised is None and metric == "water_leak" else raised


def _may_be_presence(text: str) -> bool:
    return not _PRESENCE.isdisjoint(word_parts(text))


_PRESENCE_TEXTS = TextCache[str, bool](_may_be_presence)
"""Whether a text may say that a part of a device is there, or not, and nothing of what happened."""


def call_in_field(name: str, value: object) -> Call | None:
    """Return what a field says of a call or a hazard; None if it speaks of neither.

    Examples
    --------
    >>> call_in_field("sos_alarm", True)
    Call(metric='sos', is_raised=True)
    >>> call_in_field("status", "falling"), call_in_field("sos_count", 3), call_in_field("gas_state", "preheating")
    (Call(metric='fall', is_raised=True), None, Call(metric='gas_leak', is_raised=None))
    """
    meaning = _MEANINGS[name]
    subject = meaning.subject
    named = _named_in(meaning, value) if isinstance(value, str) else None
    if subject is None or (named is not None and named.metric):
        return named
    if meaning.may_be_setting:
        return Call(subject, None) if value is True else None
    return _call_of(subject, meaning, value)


def _named_in(meaning: "_Meaning", text: str) -> Call | None:
    """Return what a text says of a call: of an event what its words say, of any other field that it may be one."""
    if not meaning.may_name_event and not meaning.calls_in_text:
        return None
    if meaning.is_of_somebody and _BARE_CALLS[text]:
        return None
    call = call_in_words(text)
    if meaning.may_name_event:
        may_be_unnamed = call is None and meaning.subject is None and not meaning.is_other_alarm
        return Call("", is_raised=True) if may_be_unnamed and _ALARMS[text] else call
    is_plain = call is not None and call.is_raised is True and call.metric in meaning.calls_in_text
    if not is_plain or meaning.subject is not None or _IN_OTHER_TEXTS.intersection(word_parts(text)):
        return None
    return Call(call.metric, None) if call is not None else None


def _is_bare_call(text: str) -> bool:
    """Return whether a text speaks of a call and not of one for help: of somebody on the phone, or on call."""
    parts = word_parts(text)
    others = tuple(part for part in parts if part != "call")
    return others != parts and subject_of(others) is None and call_words.FOR_HELP.isdisjoint(others)


_BARE_CALLS = TextCache(_is_bare_call)


def _is_alarm(text: str) -> bool:
    """Return whether a text speaks of an alarm and not of what, and does not say that it is over; how it sounds, or guards, is none."""
    parts = word_parts(text)
    is_other = call_words.SETTINGS.intersection(parts) or is_sound(text) or is_guarded(text)
    return subject_of(parts) == "" and not is_other and is_raised(text) is not False


_ALARMS = TextCache(_is_alarm)


def _call_of(subject: str, meaning: "_Meaning", value: object) -> Call | None:
    """Return what the value of a field that speaks of a call or an alarm says."""
    if meaning.is_function and (switched := is_switched(value)) is not None:
        return Call(subject, None) if switched else None
    if _is_quantity(meaning, value):
        return None
    is_presence = meaning.is_thing and isinstance(value, str) and _PRESENCE_TEXTS[value]
    raised = None if is_presence else _raised(subject, meaning, value)
    if meaning.is_negated and raised is not None:
        # `no_fall`, `not_leaking`
        raised = False if raised else None
    # An alarm that is over says nothing, whatever it is of, and neither does how it sounds.
    is_nothing = subject == "" and (raised is False or is_sound(value) or is_guarded(value))
    return None if is_nothing else Call(subject, raised)


def _raised(subject: str, meaning: "_Meaning", value: object) -> bool | None:
    # Water that is no leak by its name may be measured.
    return is_raised(value) if subject == "water_leak" and not meaning.is_leak else raised_of(subject, value)


def _is_quantity(meaning: "_Meaning", value: object) -> bool:
    """Return whether a value says how much there is, and not whether."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if meaning.is_water:
        return is_number or is_raised(value) is None
    return meaning.is_bound and is_number


class _Meaning(NamedTuple):
    """What a field's name speaks of, as `subject_of` does, and how its value is to be taken.

    Attributes
    ----------
    subject : str or None
        The metric, an empty text for an alarm of something unnamed, None for no alarm.
    may_name_event : bool
        Whether the value may be the name of an event.
    calls_in_text : frozenset of str
        Of which calls words in the value may speak, although it is no event.
    is_other_alarm : bool
        Whether an alarm in it is none of persons and hazards.
    is_negated : bool
        Whether it says that something is not so.
    is_water : bool
        Whether it says no more than `water`, which may also be a quantity.
    is_function : bool
        Whether the value may say that a function is switched on.
    is_bound : bool
        Whether a number in it is the upper or the lower bound of something.
    is_leak : bool
        Whether it says that something leaks, and not only that there is water.
    is_thing : bool
        Whether it is the name of a part of a device.
    may_be_setting : bool
        Whether it may be about a part of the device and no call.
    is_of_somebody : bool
        Whether it names an event only as what somebody does.
    """

    subject: str | None
    may_name_event: bool
    calls_in_text: frozenset[str]
    is_other_alarm: bool
    is_negated: bool
    is_water: bool
    is_function: bool
    is_bound: bool
    is_leak: bool
    is_thing: bool
    may_be_setting: bool
    is_of_somebody: bool


def _meaning_of(name: str) -> _Meaning:
    parts = word_parts(name)
    found = frozenset(parts)
    settings = found & call_words.SETTINGS
    if call_words.HEAT_PAIRS.intersection(pairwise(parts)):
        settings -= {"heat"}
    is_kind_of_thing = (
        found & {"type", "kind"}
        and found & call_words.NAMES_OF_THINGS
        and not call_words.KINDS_OF_EVENT.intersection(pairwise(parts))
    )
    subject = subject_of(parts)
    # The last word says what it is: `battery_sos`, and not `emergency_light` or `fallback`.
    is_named_last = bool(frozenset(parts[-1:]) & (call_words.HELP | call_words.FALL))
    may_be_setting = bool(settings) and settings <= call_words.MAYBE_SETTINGS and is_named_last
    may_name_event = found & call_words.EVENT_FIELDS and not found & call_words.EVENT_FIELDS_LEFT_OUT
    return _Meaning(
        None if (settings and not may_be_setting) or is_kind_of_thing else subject,
        bool(may_name_event and not is_kind_of_thing),
        _calls_in_text(found),
        bool(found & call_words.OTHER_ALARMS),
        parts[:1] in {("no",), ("not",)} and not call_words.STILL_PAIRS.intersection(pairwise(parts)),
        found == _WATER,
        bool(found & call_words.FUNCTIONS),
        bool(found & {"high", "low"}),
        bool(found & call_words.LEAK),
        bool(found & _PARTS),
        may_be_setting,
        found & call_words.EVENT_FIELDS <= call_words.OF_SOMEBODY,
    )


_MEANINGS = TextCache(_meaning_of)


def _calls_in_text(found: frozenset[str]) -> frozenset[str]:
    if "mode" in found:
        # Of a mode, also of that of the device, a hazard may be what it is set to look for.
        return frozenset({"sos", "fall"})
    return frozenset() if found & (call_words.NAMING - {"value", "text", "sound"}) else _ALL_CALLS


def call_in_words(text: str) -> Call | None:
    """Return what the name of an event, or of several (one that is raised counts), says of a call; None if it speaks of none."""
    calls = _CALLS[text]
    return next((call for call in calls if call.is_raised), calls[0] if calls else None)


def calls_in_words(text: str) -> tuple[Call, ...]:
    """Return every call and hazard of which the name of an event, or a list of such names, speaks.

    Examples
    --------
    >>> [(call.metric, call.is_raised) for call in calls_in_words("fall,smoke")]
    [('fall', True), ('smoke', True)]
    >>> [(call.metric, call.is_raised) for call in calls_in_words("smoke and gas cleared")]
    [('smoke', False), ('gas_leak', False)]
    """
    return _CALLS[text]


def _calls_in_words(text: str) -> tuple[Call, ...]:
    if _SEPARATOR.search(text):
        return tuple(call for event in _SEPARATOR.split(text) for call in _CALLS[event])
    found = [(name, _call_of_event(name)) for name in _JOINING.split(text)]
    calls = [(call, is_bare(name) and call.is_raised is True) for name, call in found if call is not None]
    if len(calls) == 1 or len(calls) < len(found):
        whole = _call_of_event(text)
        return () if whole is None else (whole,)
    meant = _meant_by_all(calls)
    return tuple(Call(call.metric, meant) if is_bare else call for call, is_bare in calls)


_CALLS = TextCache(_calls_in_words)


def _meant_by_all(calls: list[tuple[Call, bool]]) -> bool | None:
    """Return what is so of the calls in a list that are only named: "smoke and gas cleared" is about both; of "no smoke and gas" nobody knows."""
    said = {call.is_raised for call, is_bare in calls if not is_bare}
    if said <= {True}:
        return True
    return False if said == {False} and not calls[-1][1] else None


def is_bare(name: str) -> bool:
    """Return whether the name of an event says neither that it is raised nor that it is over."""
    return not (call_words.RAISED | call_words.OVER).intersection(word_parts(name))


def _call_of_event(text: str) -> Call | None:
    parts = word_parts(text)
    subject = subject_of(parts)
    if not subject:
        return None
    if frozenset(parts) & (call_words.THINGS | call_words.SETTINGS - {"mode", "last"}):
        return None
    return Call(subject, raised_of(subject, text))


def several_calls(call: Call, value: object) -> tuple[Call, ...]:
    """Return the calls of a field that was found to speak of one: all of them where its text names several."""
    named = calls_in_words(value) if isinstance(value, str) else ()
    return named if len(named) > 1 and call in named else (call,)


def speaks_of(name: str) -> str | None:
    """Return the metric of which a field's name speaks, an empty text for an alarm of something unnamed, None for no alarm."""
    return _MEANINGS[name].subject


def is_number_of_gas(metric: str, value: object) -> bool:
    """Whether a field about a gas holds a number, which may be a concentration."""
    return metric in call_words.NUMBERED and isinstance(value, (int, float)) and not isinstance(value, bool)


def call_in_action(action: str) -> Call | None:
    """Return what the action of a button or a keypad says of a call; None if it is no call.

    Examples
    --------
    >>> call_in_action("police"), call_in_action("alarm"), call_in_action("single")
    (Call(metric='sos', is_raised=True), Call(metric='', is_raised=True), None)
    """
    parts = frozenset(word_parts(action))
    if parts & call_words.KEYPAD and not parts & call_words.OVER:
        return Call("sos", is_raised=True)
    call = call_in_words(action)
    return Call("", is_raised=True) if call is None and _ALARMS[action] else call
