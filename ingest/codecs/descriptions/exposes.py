"""What Zigbee2MQTT says of a device model: the `exposes` of its definition in the retained `bridge/devices`.

Format: https://www.zigbee2mqtt.io/guide/usage/exposes.html
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from core.domain.device_proposal import ModelDescription
from core.domain.evidence.device_profile import FieldMeaning, ProfileField
from core.domain.evidence.sender_units import units_for
from core.domain.metrics import BUTTON, CALLS, METRICS, SOS
from ingest.codecs.parsing.event_words import speaks_of
from ingest.codecs.parsing.json_fields import JsonObject, items, number_of, objects, text_of
from ingest.codecs.parsing.word_parts import word_parts
from ingest.codecs.result import UNCLEAR_CALL, Decoded

_PUBLISHED, _SETTABLE = 1, 2
# What the codec takes the number for, under the names that Zigbee2MQTT has for these units.
_SAME: Mapping[str, tuple[str, ...]] = {
    "Cel": ("°C",),
    "kW.h": ("kWh",),
    "[ppm]": ("ppm",),
    "dB[mW]": ("dBm",),
    "hPa": ("mbar", "kPa"),
    "V": ("mV",),
}
# A button of which the description says that it is sold to call for help.
_SOLD_TO_CALL = frozenset({"sos", "panic", "emergency"})
_PRESS_IS_CALL = ProfileField("button", meaning=FieldMeaning.CALL, raised=("*",), over=("off", "release"))
_MOST_WORDS = 60
_MOST_FIELDS = 200

_Read = Callable[[JsonObject], Decoded]


class _Exposed(NamedTuple):
    """One value of the messages: its key, the values that it can have, and whether people set it."""

    key: str
    kind: str
    unit: str
    values: tuple[object, ...]
    is_setting: bool


def description(definition: JsonObject, read: _Read) -> ModelDescription:
    """Return what is read of the messages of a model, by trying every value that its definition names.

    Parameters
    ----------
    definition : mapping
        Of a device in `bridge/devices`.
    read : callable
        Returns what a message with some fields says.
    """
    understood: list[str] = []
    unread: list[str] = []
    fields: list[ProfileField] = []
    found = list(_published(objects(definition.get("exposes"))))[:_MOST_FIELDS]
    measured: JsonObject = {one.key: 1 for one in found if one.kind == "numeric" and not one.is_setting}
    # What is read of a voltage depends on whether the device has a battery.
    beside: JsonObject = {"battery": 50} if any(one.key == "battery" for one in found) else {}
    for exposed in found:
        mistaken = _mistaken_for(exposed, measured, read) or _set_alarm(exposed, read)
        if mistaken is not None:
            fields.append(ProfileField(mistaken, field=exposed.key, ignored=True))
            continue
        words, left = _tried(exposed, beside, read)
        understood += words
        # Of what people set nothing has to be read.
        unread += [] if exposed.is_setting else left
        field = _in_its_unit(exposed, read)
        if field is not None:
            fields.append(field)
    if _calls_by_any_press(text_of(definition.get("description")), understood):
        fields.append(_PRESS_IS_CALL)
        understood = [_as_call(word) for word in understood]
    return ModelDescription(tuple(understood), tuple(unread), tuple(fields))


def _calls_by_any_press(description: str, understood: list[str]) -> bool:
    """Return whether a model is sold to call for help, and says only how it was pressed."""
    said = {metric for word in understood for metric in _metrics_in(word)}
    is_sold_to_call = not _SOLD_TO_CALL.isdisjoint(word_parts(description))
    return is_sold_to_call and BUTTON.name in said and SOS.name not in said


def _metrics_in(word: str) -> list[str]:
    return [one.partition("#")[0] for one in word.rpartition(" -> ")[2].split(", ")]


def _as_call(word: str) -> str:
    value, arrow, _ = word.rpartition(" -> ")
    return f"{value}{arrow}{SOS.name}" if BUTTON.name in _metrics_in(word) else word


def _published(exposes: list[JsonObject]) -> Iterator[_Exposed]:
    """Give what stands in messages; a switch, a lock and the like are groups whose values stand beside all others."""
    for expose in exposes:
        features, key = objects(expose.get("features")), text_of(expose.get("property"))
        if features and not key:
            yield from _published(features)
            continue
        access = int(number_of(expose.get("access")) or _PUBLISHED)
        is_setting = bool(access & _SETTABLE) or text_of(expose.get("category")) == "config"
        if not key or features or not access & _PUBLISHED:
            continue
        values = items(expose.get("values")) or [
            expose[one] for one in ("value_on", "value_off") if one in expose
        ]
        yield _Exposed(
            key, text_of(expose.get("type")), text_of(expose.get("unit")), tuple(values), is_setting
        )


def _tried(exposed: _Exposed, beside: JsonObject, read: _Read) -> tuple[list[str], list[str]]:
    """Return what is read of a value, as "fall_status: fall_warning -> fall", and what of it is not."""
    understood: list[str] = []
    unread: list[str] = []
    for value in exposed.values[:_MOST_WORDS] or (1,):
        result = read({**beside, exposed.key: value})
        said = sorted(
            {one.metric for one in result.readings if exposed.key in beside or one.metric != "battery_pct"}
        )
        word = f"{exposed.key}: {_word(value)}" if exposed.values else exposed.key
        if said:
            understood.append(f"{word} -> {', '.join(said)}")
        elif result.refused or exposed.key in result.unread:
            unread.append(word)
    if unread and not understood and exposed.kind != "enum":
        # Of a value of which nothing is read the name is enough.
        return [], [exposed.key]
    return understood, unread


def _mistaken_for(exposed: _Exposed, measured: JsonObject, read: _Read) -> str | None:
    """Return the call or hazard that a field passes for where it comes alone, and not beside what the model measures; None if it does not.

    The word for a leak is that of a sensor in the soil, too, and of one that finds leaking electricity.
    """
    alone: set[str] = set()
    for value in exposed.values[:_MOST_WORDS]:
        alone |= _metrics_of(read({exposed.key: value}))
        if not alone <= set(CALLS) or alone & _metrics_of(read({**measured, exposed.key: value})):
            return None
    return min(alone, default=None)


def _set_alarm(exposed: _Exposed, read: _Read) -> str | None:
    """Return the call of which a setting speaks without raising one, as the switch of a siren or of a function does; None if it speaks of none.

    What a device finds out nobody can set.
    """
    if not exposed.is_setting:
        return None
    results = [read({exposed.key: value}) for value in exposed.values[:_MOST_WORDS]]
    is_unclear = any(one.reason == UNCLEAR_CALL for result in results for one in result.refused)
    is_raised = any(one.value is True for result in results for one in result.readings)
    return (speaks_of(exposed.key) or SOS.name) if is_unclear and not is_raised else None


def _metrics_of(result: Decoded) -> set[str]:
    return {one.metric.partition("#")[0] for one in result.readings}


def _word(value: object) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _in_its_unit(exposed: _Exposed, read: _Read) -> ProfileField | None:
    """Return how a number is read whose unit is not the one that its codec takes it for."""
    if exposed.kind != "numeric" or not exposed.unit:
        return None
    readings = read({exposed.key: 1}).readings
    if len(readings) != 1:
        return None
    name, _, channel = readings[0].metric.partition("#")
    unit = METRICS[name].unit
    if exposed.unit not in units_for(unit)[1:] or exposed.unit in _SAME.get(unit, ()):
        return None
    return ProfileField(name, channel=channel or None, field=exposed.key, unit=exposed.unit)
