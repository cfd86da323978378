"""Unclear calls: fields that look like a call for help or a hazard and are not understood; the staff are notified once for each device.

A native device may name its calls as it likes: what the registry does not have is understood by its words, as with every other sender.
"""

from collections.abc import Iterable

from msgspec import structs

from core.domain.metrics import CALLS, METRICS
from core.store.alerts.unclear_calls import FieldKey, UnclearCall, key_of
from ingest.codecs.parsing.event_words import call_in_field, raised_of
from ingest.codecs.result import UNCLEAR_CALL, UNCLEAR_COMPONENT, Decoded, Measured, Rejected, unclear_call
from ingest.mqtt.message import InboundMessage

_CALLS = frozenset(CALLS)
_OTHERS = frozenset(METRICS) - _CALLS


def unclear_fields(sender: str, problems: Iterable[Rejected]) -> set[FieldKey]:
    """Return the fields that look like a call and are not understood, among what is wrong with a message."""
    return {key_of(sender, one.field) for one in problems if one.reason == UNCLEAR_CALL}


def of_registered(problems: Iterable[Rejected]) -> list[Rejected]:
    """Return what is wrong with a message of a registered device: of that, a part that may be a press for help is an unclear call.

    Of senders that nobody registered it is not: whatever is on the air around a ward has such parts.
    """
    return [
        unclear_call(one.field, one.detail) if one.reason == UNCLEAR_COMPONENT else one for one in problems
    ]


def note_unclear(
    calls: dict[FieldKey, UnclearCall], message: InboundMessage, sender: str, problems: Iterable[Rejected]
) -> None:
    """Add to the fields of a batch those of a message; what the broker had kept is no call of now."""
    if message.retained:
        return
    for key in unclear_fields(sender, problems):
        known = calls.get(key)
        first_at = message.received_at if known is None else known.first_at
        calls[key] = UnclearCall(*key, first_at, message.received_at)


def with_named_calls(result: Decoded, problems: list[Rejected]) -> Decoded:
    """Return a result with the calls that its readings name in other words: `panic`, or `fall` with the value "yes".

    What looks like a call and is not understood is left out, and added to `problems` as an unclear call; what speaks of none stays as it is.
    """
    for one in result.readings:
        if not _is_plain(one):
            break
    else:
        return result
    readings: list[Measured] = []
    for one in result.readings:
        said = one if _is_plain(one) else _call_in(one)
        if isinstance(said, Rejected):
            problems.append(said)
        else:
            readings.append(said)
    return structs.replace(result, readings=readings)


def _is_plain(reading: Measured) -> bool:
    name = reading.metric
    if name in _OTHERS:
        return True
    if name not in _CALLS:
        name = name.partition("#")[0]
        if name not in METRICS:
            return False
    return name not in _CALLS or (not isinstance(reading.value, str) and reading.value in {0, 1})


def _call_in(reading: Measured) -> Measured | Rejected:
    name, _, channel = reading.metric.partition("#")
    if name in _CALLS:
        metric, raised = name, raised_of(name, reading.value)
    else:
        call = call_in_field(name, reading.value)
        if call is None:
            return reading
        metric, raised = call
    if not metric or raised is None:
        return unclear_call(name, f"{name[:40]} looks like a call or an alarm; its value is not understood")
    return Measured(f"{metric}#{channel}" if channel else metric, raised, reading.time)
