"""Unassigned calls: calls for help and hazards from senders of no resident; the staff are notified all the same."""

from core.domain.metrics import CALLS, METRICS
from core.store.alerts.unassigned_calls import SaidCall
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage
from ingest.processing.values import stored_value

_CALLS = frozenset(CALLS)


def note_calls(
    calls: dict[tuple[str, str], SaidCall], message: InboundMessage, result: Decoded, why: str
) -> None:
    """Add to the calls of a batch, by sender and metric, those that are in a message, and those of which it says that they are over."""
    if message.retained:
        return
    said: dict[str, bool] = {}
    for one in result.readings:
        name = one.metric
        if name not in _CALLS:
            if "#" not in name:
                continue
            name = name.partition("#")[0]
            if name not in _CALLS:
                continue
        value = stored_value(METRICS[name], one.value)
        # What is neither says nothing, not even that it is over.
        if value in {0.0, 1.0}:
            # Of several parts of a device one that calls counts.
            said[name] = said.get(name, False) or value == 1.0
    for name, is_raised in said.items():
        key = (result.sender, name)
        known = calls.get(key)
        if known is None:
            at = message.received_at
            known = calls[key] = SaidCall(result.sender, METRICS[name].number, why, at, at)
        known.add(message.received_at, is_raised=is_raised)
