"""Calls that two names say together: a field inside of another, and a field that names what another says the state of."""

from collections.abc import Iterable, Mapping
from typing import cast

from core.text_cache import TextCache
from ingest.codecs.parsing import call_words
from ingest.codecs.parsing.event_words import (
    Call,
    call_in_field,
    call_in_words,
    is_bare,
    is_number_of_gas,
    is_raised,
    raised_of,
    speaks_of,
)
from ingest.codecs.parsing.word_parts import word_parts

# Fields that name a measurement, or what happened, and fields with its state.
_NAMES = frozenset({"name", "variable", "key", "measurement", "parameter", "field"})
_KINDS = frozenset({"type", "kind"})
_EVENTS = frozenset({"event", "alarm"})
_CLASSES = frozenset({"class", "category", "group"})
_STATES = frozenset({"value", "val", "state", "status", "active", "raised"})
# These end an event; `ok` beside one may be how the device is.
_ENDED = frozenset({
    *("end", "ended", "clear", "cleared", "stop", "stopped", "resolved", "recovered", "cancelled", "canceled", "over", "off"),
    *("released", "deactivated", "false"),
})  # fmt: skip
_NAMING_WORDS = _KINDS | _EVENTS
# What may be said of beside another field of an entry.
_NAMING_ENTRY = _NAMING_WORDS | _NAMES | _CLASSES
_NO_WORDS = frozenset[str]()
_DEEPEST = 6


def _words_of(key: str) -> frozenset[str]:
    return frozenset(word_parts(key))


def _naming_event(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key for key in keys if _WORDS[key] & _NAMING_WORDS)


def _naming_any(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key for key in keys if _WORDS[key] & _NAMING_ENTRY)


_WORDS = TextCache[str, frozenset[str]](_words_of)
# Those of some fields whose text may be the name of what happened. The same fields come again and again, and of most of them none names anything.
_OF_MESSAGE = TextCache[tuple[str, ...], tuple[str, ...]](_naming_event, most=1_000, longest=1_500)
_OF_ENTRY = TextCache[tuple[str, ...], tuple[str, ...]](_naming_any, most=1_000, longest=1_500)


def call_in_part(holder: str, part: str, value: object) -> Call | None:
    """Return what a field says inside of one that speaks of a call; None if it says none, or speaks of its own.

    Examples
    --------
    >>> call_in_part("sos", "value", True), call_in_part("sos", "by_hand", True), call_in_part("sos", "battery", 3)
    (Call(metric='sos', is_raised=True), Call(metric='sos', is_raised=None), None)
    """
    if speaks_of(holder) is None or value is None:
        return None
    own = _WORDS[part]
    if own and own <= call_words.GENERIC:
        return call_in_field(holder, value)
    if (
        speaks_of(part) is not None
        or own & call_words.NAMING
        or not (value is True or isinstance(value, str) or (value == 1 and own & call_words.GENERIC))
    ):
        return None
    call = call_in_field(f"{holder} {part}", value)
    return Call(call.metric, None) if call is not None and call.is_raised else None


def name_inside(holder: str, part: str) -> str:
    """Return by which name a field inside of another is read: together with that of its holder where only both say what it is.

    Examples
    --------
    >>> name_inside("safety_status", "eb"), name_inside("temperature", "alarm"), name_inside("data", "alarm"), name_inside("door", "fall")
    ('safety_status eb', 'temperature alarm', 'alarm', 'fall')
    """
    if speaks_of(part) or speaks_of(holder) is not None:
        return part
    both = f"{holder} {part}"
    # How a door is, or a temperature, is said in words of alarms as well.
    is_other_alarm = not _WORDS[holder].isdisjoint(call_words.OTHER_ALARMS)
    return both if is_other_alarm or speaks_of(both) else part


def is_state(key: str) -> bool:
    """Return whether a field says how what another one names is: `value`, `measurementValue`."""
    return bool(_WORDS[key] & _STATES) and _WORDS[key] <= _STATES | _NAMES


def says_why(key: str) -> bool:
    """Return whether a field says why something happened."""
    return not _WORDS[key].isdisjoint(call_words.REASONS)


def began_anew(value: object, depth: int = 0) -> bool:
    """Return whether a text in a message says that the device, or its program, began anew.

    Examples
    --------
    >>> began_anew({"info": {"event": "boot"}}), began_anew({"event": "press"})
    (True, False)
    """
    if isinstance(value, str):
        return not call_words.BEGINS_ANEW.isdisjoint(word_parts(value))
    if depth > _DEEPEST or not isinstance(value, (dict, list)):
        return False
    parts = (
        cast("Mapping[str, object]", value).values()
        if isinstance(value, dict)
        else cast("list[object]", value)
    )
    return any(began_anew(one, depth + 1) for one in parts)


def call_of_pair(fields: Mapping[str, object], *, is_entry: bool) -> tuple[str, Call] | None:
    """Return the field that names a call whose state another one says, and that call; None where there are no such two.

    Parameters
    ----------
    fields : mapping
        The fields of a message, or of an entry in it.
    is_entry : bool
        Whether they are those of an entry, which are about one thing.

    Examples
    --------
    >>> call_of_pair({"name": "sos", "value": 0}, is_entry=True)
    ('name', Call(metric='sos', is_raised=False))
    >>> call_of_pair({"event": "sos", "status": "ok"}, is_entry=True) is None
    True
    """
    keys = (_OF_ENTRY if is_entry else _OF_MESSAGE)[tuple(fields)]
    for key in keys:
        value = fields[key]
        if isinstance(value, str):
            ended = _class_of_ended(key, value, fields, keys)
            if ended is not None:
                return key, ended
            call = call_in_words(value)
            state = (
                _with_state(call, key, fields, is_entry=is_entry)
                if call and call.is_raised is not False
                else None
            )
            if state is not None:
                return key, state
    return None


def _class_of_ended(name: str, text: str, fields: Mapping[str, object], keys: tuple[str, ...]) -> Call | None:
    """Return the end of a call of which one field names the class, and another the event: `SOS`, `SOS_OFF`."""
    if not _WORDS[name] & _CLASSES or not is_bare(text):
        return None
    call = call_in_words(text)
    for key in keys:
        other = fields[key]
        event = call_in_words(other) if key != name and isinstance(other, str) else None
        if call and event and event.metric == call.metric and event.is_raised is False:
            return event
    return None


def _with_state(call: Call, name: str, fields: Mapping[str, object], *, is_entry: bool) -> Call | None:
    parts = _WORDS[name]
    # What has the first words in common belongs together: `alarm_type`, `alarm_status`.
    prefix = parts - _KINDS - _NAMES if parts & _KINDS else _NO_WORDS
    is_of_event = "event" in parts or not parts & (_KINDS | _NAMES)
    return _state(call, _states(fields, name, prefix), is_sure=not is_of_event and (is_entry or bool(prefix)))


def _states(fields: Mapping[str, object], name: str, prefix: frozenset[str]) -> Iterable[object]:
    for key, value in fields.items():
        parts = _WORDS[key]
        if key == name or not parts & _STATES or not isinstance(value, (bool, int, float, str)):
            continue
        # A code beside a measurement may be which event it was.
        is_of_name = parts - _STATES - _NAMES == prefix and is_raised(value) is not None
        if parts - _STATES == prefix or is_of_name:
            yield value


def _state(call: Call, states: Iterable[object], *, is_sure: bool) -> Call | None:
    """Return the call with its state; None where the state is of something else, or there is none."""
    for value in states:
        raised = (
            None if is_number_of_gas(call.metric, value) and value != 0 else raised_of(call.metric, value)
        )
        words = frozenset(word_parts(value)) if isinstance(value, str) else frozenset[str]()
        if is_sure:
            return Call(call.metric, raised)
        if words & _ENDED or (raised is False and call.metric not in call_words.OF_PERSONS):
            return Call(call.metric, is_raised=False)
    return None
