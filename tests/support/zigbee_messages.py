"""The messages that a device model of the Zigbee2MQTT catalogue would send, and how far each is read as it is meant.

They are read as those of a registered device are: by the library's profile of the model, else by what the bridge describes of it.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from core.domain.evidence.device_profile import DeviceProfile, ProfileSource
from core.domain.metrics import BUTTON_WORDS, CALLS, METRICS, MetricKind
from core.formats.profile_file import for_model
from ingest.codecs import decode
from ingest.codecs.result import Decoded
from ingest.processing.values import stored_value
from tests.support.decoding import said
from tests.support.zigbee_catalogue import Expose, Model
from tests.support.zigbee_meanings import Group, Meaning, Value, meanings

_TOPIC = "zigbee2mqtt/device_1"
# Of these every value is tried among all others of the device; the rest together.
_ONE_BY_ONE = {Group.CALL, Group.HAZARD, Group.PERSON}
_ACTED = {name for name, metric in METRICS.items() if metric.kind is MetricKind.LIFE} | set(CALLS)
_QUIET = ("none", "normal", "off", "ok", "idle", "clear", "closed", "safe", "inactive")


def wrongly_read(model: Model) -> Iterator[tuple[Meaning, str]]:
    """Give what is read wrong of a model's messages, and what was read in its place.

    Each value is sent alone, under a topic of its own, and among all the others.
    """
    meant = list(meanings(model))
    for found, meaning, value, right in _read(model, meant, _profile_of(model)):
        if not _is_right(found, meaning, right):
            yield meaning, f"{meaning.key} {value!r} is read as {_short(found, meaning)}"


def _read(
    model: Model, meant: list[Meaning], profile: DeviceProfile | None
) -> Iterator[tuple[dict[str, Any], Meaning, Value, Value | None]]:
    """Give what is read of every value, with what it means."""
    resting = _resting(model, meant)
    at_rest = said(_TOPIC, resting, profile)
    together = {meaning.key: meaning.said[0][0] for meaning in meant if meaning.group not in _ONE_BY_ONE}
    at_work = said(_TOPIC, {**resting, **together}, profile)
    among_others: dict[tuple[str, Value], dict[str, Any]] = {}
    for meaning in meant:
        is_alone = _stands_alone(meaning, meant)
        for value, right in meaning.said:
            yield _said(json.dumps({meaning.key: value}), profile), meaning, value, right
            yield _said_as_topic(meaning.key, json.dumps(value), value, profile), meaning, value, right
            if not is_alone:
                continue
            if meaning.group in _ONE_BY_ONE:
                if (meaning.key, value) not in among_others:
                    among_others[meaning.key, value] = said(_TOPIC, {**resting, meaning.key: value}, profile)
                yield among_others[meaning.key, value], meaning, value, right
            elif resting[meaning.key] == value:
                yield at_rest, meaning, value, right
            elif together[meaning.key] == value:
                yield at_work, meaning, value, right


def wrongly_raised(model: Model) -> Iterator[tuple[str, str]]:
    """Give the values of a model that mean no such thing and pass for a call, a hazard or somebody who acted, and the settings that pass for an unclear call."""
    meant: dict[str, set[str]] = defaultdict(set)
    for meaning in meanings(model):
        meant[meaning.key] |= set(meaning.metrics)
    profile = _profile_of(model)
    for expose in model.exposes:
        for value in _every_value(expose) if expose.key and expose.name != "action" else ():
            found = _said(json.dumps({expose.key: value}), profile)
            raised = {name.partition("#")[0] for name in _values(found) if found["values"][name] is True}
            wrong = raised & _ACTED - meant[expose.key]
            if expose.is_setting and any(one["reason"] == "unclear_call" for one in found["problems"]):
                wrong = {"an unclear call"}
            if wrong:
                yield expose.key, f"{expose.key} {value!r} is read as {sorted(wrong)}"


def is_silent(meaning: Meaning) -> bool:
    """Return whether a call or a hazard passes for nothing but a sign that the device is alive, also where nobody registered it."""
    return any(
        right is True and "heartbeat" in _said(json.dumps({meaning.key: value}))["values"]
        for value, right in meaning.said
    )


@cache
def _profile_of(model: Model) -> DeviceProfile | None:
    """Return the profile that a device of a model has once it is registered."""
    known = for_model(model.title)
    if known is not None:
        return known
    definition = {
        "vendor": model.vendor,
        "model": model.model,
        "description": model.description,
        "exposes": [_as_described(one) for one in model.exposes],
    }
    device = {"friendly_name": "device_1", "ieee_address": "0x01", "definition": definition}
    result = decode("zigbee2mqtt/bridge/devices", json.dumps([device]).encode())
    assert isinstance(result, Decoded)
    fields = tuple(one for proposal in result.proposals for one in proposal.described.fields)
    return DeviceProfile("m", 1, model.vendor, model.model, ProfileSource.EXPOSES, fields) if fields else None


def _as_described(expose: Expose) -> dict[str, object]:
    values = list(expose.values)
    ends = dict(zip(("value_on", "value_off"), values, strict=True)) if expose.type == "binary" else {}
    return {
        **{"type": expose.type, "name": expose.name, "property": expose.key, "access": expose.access},
        **{"unit": expose.unit, "category": expose.category, **ends},
        **({"values": values} if expose.type == "enum" else {}),
        **({"features": [_as_described(one) for one in expose.features]} if expose.features else {}),
    }


def _stands_alone(meaning: Meaning, meant: list[Meaning]) -> bool:
    """Return whether no other value of the model says the same, which may then count for more; calls count from anywhere."""
    if meaning.group in {Group.CALL, Group.HAZARD}:
        return True
    return not any(
        other.key != meaning.key
        and set(other.metrics) & set(meaning.metrics)
        and (other.channel == meaning.channel or None in {other.channel, meaning.channel})
        for other in meant
    )


@lru_cache(maxsize=100_000)
def _said(payload: str, profile: DeviceProfile | None = None) -> dict[str, Any]:
    return said(_TOPIC, payload, profile)


@lru_cache(maxsize=100_000)
def _said_as_topic(key: str, _distinct: str, value: Value, profile: DeviceProfile | None) -> dict[str, Any]:
    """Return what is read where the bridge publishes each value under a topic of its own (`output: attribute`), texts without quotes."""
    return said(f"{_TOPIC}/{key}", value if isinstance(value, str) else json.dumps(value), profile)


def _values(found: dict[str, Any]) -> list[str]:
    return [name for name in found["values"] if name.partition("#")[0] in METRICS]


def _is_right(found: dict[str, Any], meaning: Meaning, right: Value | None) -> bool:
    read = {
        name: found["values"][name] for name in _values(found) if name.partition("#")[0] in meaning.metrics
    }
    if right is None:
        return not any(value is True for value in read.values())
    if meaning.channel is not None:
        read = {name: value for name, value in read.items() if name.partition("#")[2] == meaning.channel}
    return any(_agree(name, value, right) for name, value in read.items())


def _agree(name: str, value: object, right: Value) -> bool:
    if isinstance(right, str):
        stored = stored_value(METRICS["button"], str(value))
        return isinstance(stored, float) and right in {"", BUTTON_WORDS[int(stored)]}
    if isinstance(value, bool) or isinstance(right, bool):
        return value is right
    return isinstance(value, (int, float)) and math.isclose(value, right, rel_tol=1e-6, abs_tol=1e-9)


def _short(found: dict[str, Any], meaning: Meaning) -> str:
    read = {
        name: found["values"][name]
        for name in _values(found)
        if name.partition("#")[0] in {*meaning.metrics, *CALLS, "heartbeat"}
    }
    return f"{read} {[problem['reason'] for problem in found['problems']]}"


def _resting(model: Model, meant: list[Meaning]) -> dict[str, object]:
    """Return the whole message of a device while nothing happens; Zigbee2MQTT publishes an action only when there is one."""
    message: dict[str, object] = {"last_seen": "2026-08-01T06:13:20+09:00"}
    over = {
        meaning.key: value
        for meaning in meant
        for value, right in meaning.said
        if right is False or isinstance(value, (int, float))
    }
    for expose in model.exposes:
        if expose.key and expose.name != "action":
            message[expose.key] = over.get(expose.key, _rest(expose))
    return {**message, "linkquality": 96}


def _rest(expose: Expose) -> object:
    if expose.type == "composite":
        return {feature.key: _rest(feature) for feature in expose.features}
    if expose.type == "binary":
        return expose.values[1]
    if expose.type == "enum":
        return next((word for word in expose.values if str(word).lower() in _QUIET), expose.values[0])
    return 20 if expose.type == "numeric" else "" if expose.type == "text" else []


def _every_value(expose: Expose) -> Iterator[object]:
    if expose.type == "numeric":
        yield from (0, 1, 2, 35)
    elif expose.type == "composite":
        for feature in expose.features:
            for value in _every_value(feature):
                yield {feature.key: value}
    else:
        yield from expose.values
