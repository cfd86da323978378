"""What Home Assistant's discovery says of one entity: what its messages hold, and what of that is read.

Format: https://www.home-assistant.io/integrations/binary_sensor.mqtt/, /sensor.mqtt/ and /event.mqtt/.
"""

import re
from collections.abc import Callable

import msgspec

from core.domain import metrics
from core.domain.device_proposal import NOT_DESCRIBED, ModelDescription
from core.domain.evidence.device_profile import ProfileField
from core.domain.evidence.sender_units import in_unit, units_for
from core.domain.metrics import METRICS, Evidence, Metric
from ingest.codecs.descriptions.device_classes import NUMBERS, TRUTHS
from ingest.codecs.parsing.json_fields import JsonObject, items, number_of, text_of
from ingest.codecs.result import Decoded, Rejected
from ingest.mqtt.topics import Source

Read = Callable[[Source, bytes], Decoded | Rejected]

# `{{ value_json.motion }}`, `{{ value_json['ENERGY']['Power'] | float }}`; anything that computes is not followed, for "on" may then mean
# that the value is off: only these leave it as it is.
_AS_IT_IS = "float|int|round|string|lower|upper|trim|default|is_defined"
_TEMPLATE = re.compile(
    r"\{\{-?\s*value_json((?:\.\w+|\[\s*[\"'][^\"']+[\"']\s*\])+)\s*"
    rf"(?:\|\s*(?:{_AS_IT_IS})\b(?:\([^)]*\))?\s*)*-?\}}\}}\Z"
)
_STEP = re.compile(r"\.(\w+)|\[\s*[\"']([^\"']+)[\"']\s*\]")
_PLAIN = ("", "{{ value }}", "{{value}}")
_MOST_EVENTS = 30
# Of these a sensor can say that it saw something and never that it is over.
_MAY_BE_PULSES = {metrics.MOTION.name, metrics.VIBRATION.name}


def described(component: str, entry: JsonObject, source: Source, read: Read) -> ModelDescription:
    """Return what is read of the messages of an entity, by trying every value that it names.

    Parameters
    ----------
    component : str
        What it is to Home Assistant: binary_sensor, sensor, event.
    entry : mapping
        What was said of it, in the long names.
    source : Source
        Where its messages come from.
    read : callable
        The codec of those.
    """
    path, values = _path(text_of(entry.get("value_template")).strip()), _values(component, entry)
    if path is None or not values:
        return NOT_DESCRIBED
    found = {value: _said(read(source, _message(path, value))) for value in values}
    name = ".".join(path) or "/".join(source.parts[1:])
    if not any(found.values()):
        field = _by_class(component, entry, path, source)
        if field is None:
            return ModelDescription(unread=(name,))
        return ModelDescription((f"{name} -> {field.metric}",), (), (field,))
    understood: list[str] = []
    unread: list[str] = []
    for value, said in found.items():
        word = name if component == "sensor" else f"{name}: {value}"
        if said:
            understood.append(f"{word} -> {', '.join(sorted(said))}")
        else:
            unread.append(word)
    read_as = set[str]().union(*found.values())
    fields = (*_pulses(entry, read_as), *_in_its_unit(entry, name, read_as))
    return ModelDescription(tuple(understood), tuple(unread), fields)


def _path(template: str) -> tuple[str, ...] | None:
    """Return where in a JSON message the value stands, () for the message itself; None where that is computed."""
    if template in _PLAIN:
        return ()
    found = _TEMPLATE.match(template)
    return None if found is None else tuple(one or other for one, other in _STEP.findall(found[1]))


def _values(component: str, entry: JsonObject) -> list[str]:
    if component == "binary_sensor":
        return [_word(entry.get("payload_on"), "ON"), _word(entry.get("payload_off"), "OFF")]
    if component == "event":
        return [one for one in map(text_of, items(entry.get("event_types"))[:_MOST_EVENTS]) if one]
    return ["1"] if component == "sensor" else []


def _word(value: object, usual: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return usual if value is None else str(value)


def _message(path: tuple[str, ...], value: str) -> bytes:
    if not path:
        return value.encode()
    number = number_of(value)
    held: object = {"true": True, "false": False}.get(value.lower(), value if number is None else number)
    for key in reversed(path):
        held = {key: held}
    return msgspec.json.encode(held)


def _said(result: Decoded | Rejected) -> set[str]:
    return set[str]() if isinstance(result, Rejected) else {one.metric for one in result.readings}


def _by_class(
    component: str, entry: JsonObject, path: tuple[str, ...], source: Source
) -> ProfileField | None:
    """Return how an entity is read whose name says nothing and whose class does."""
    word = text_of(entry.get("device_class"))
    field = ".".join(path) or "/".join(source.parts[1:])
    channel = source.parts[2] if source.codec == "esphome" and len(source.parts) > 2 else None
    if component == "binary_sensor" and word in TRUTHS:
        on, off = (one.strip().lower() for one in _values(component, entry))
        metric = TRUTHS[word].name
        return ProfileField(
            metric,
            _evidence(entry, metric),
            channel=channel,
            field=field,
            raised=(on,),
            over=(off,) if off != on else (),
        )
    if component == "sensor" and word in NUMBERS:
        unit = _unit(NUMBERS[word], text_of(entry.get("unit_of_measurement")))
        return (
            None
            if unit is None
            else ProfileField(NUMBERS[word].name, channel=channel, field=field, unit=unit)
        )
    return None


def _unit(metric: Metric, said: str) -> str | None:
    """Return the sender's unit, empty for that of the metric; None where there is no way from one to the other."""
    if said not in units_for(metric.unit):
        return None
    return "" if said == metric.unit else said


def _evidence(entry: JsonObject, metric: str) -> Evidence | None:
    # "For sensors that only send on state updates (like PIRs)": it never says that the movement is over.
    return Evidence.PULSE if number_of(entry.get("off_delay")) and metric in _MAY_BE_PULSES else None


def _pulses(entry: JsonObject, said: set[str]) -> list[ProfileField]:
    """Return that what is read by its name are pulses, where the entity never says the end."""
    found = (name.partition("#") for name in sorted(said))
    return [
        ProfileField(name, Evidence.PULSE, channel=channel or None)
        for name, _, channel in found
        if _evidence(entry, name) is not None
    ]


def _in_its_unit(entry: JsonObject, field: str, said: set[str]) -> list[ProfileField]:
    """Return how a number is read whose unit is not the one that its codec takes it for."""
    name, _, channel = min(said).partition("#") if len(said) == 1 else ("", "", "")
    unit = text_of(entry.get("unit_of_measurement"))
    metric = METRICS.get(name)
    if metric is None or metric.high == 1 or unit not in units_for(metric.unit):
        return []
    if in_unit(1.0, unit, metric.unit) == 1.0:
        return []
    return [ProfileField(name, channel=channel or None, field=field, unit=unit)]
